"""Completing a subject from the directory: what was not said, where we are sure who it is. Pure."""

from broker.person import Person
from schemas.partial_date import PartialDate
from schemas.subject import Subject


def completed(told: Subject, person: Person) -> Subject:
    """The subject as told, with gaps filled from the directory; what was told is never overruled."""
    held: dict[str, object] = {
        "name": person.names[0] if person.names else None,
        "date_of_birth": PartialDate.of(person.date_of_birth) if person.date_of_birth else None,
        "nino": person.nino,
        "address": person.addresses[0] if person.addresses else None,
    }
    gaps = {name: value for name, value in held.items() if getattr(told, name) is None and value is not None}
    return told.model_copy(update=gaps)
