"""Residents and events of the council's files, as the persons and subjects that the broker reasons about. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import orjson

from broker.directory.file import FiledEvent, Resident
from broker.person import Person, Stay
from schemas.address import Address, AddressState
from schemas.name import Name, PreviousName
from schemas.subject import Sex, Subject

_SEXES: Final = {"M": Sex.MALE, "F": Sex.FEMALE}
#: of these a person has one
_SINGLE: Final = ("date_of_birth", "sex", "nino", "phone", "email", "deceased_on")
Record = Mapping[str, Any]
Part = TypeVar("Part", Name, Address)


def record_of(resident: Resident) -> bytes:
    """What is kept of a resident: canonical, so that the same line is always the same bytes."""
    return orjson.dumps(resident.model_dump(mode="json", exclude_defaults=True), option=orjson.OPT_SORT_KEYS)


def person_of(person: str, record: bytes) -> Person:
    """The person that a kept record describes; it was checked when it was read from the extract."""
    held: Record = orjson.loads(record)
    addresses = tuple(_addresses(held))
    return Person(
        id=person,
        names=tuple(_names(held)),
        date_of_birth=held.get("dob"),
        sex=_SEXES.get(held.get("sex", "")),
        nino=held.get("nino"),
        addresses=addresses,
        stays=tuple(Stay(address=each, until="" if place else None) for place, each in enumerate(addresses)),
        phone=held.get("phone"),
        email=held.get("email"),
        references=_references(held),
        deceased_on=held.get("deceased"),
        restricted=held.get("restricted", False),
        not_same_as=tuple(held.get("not_same_as", ())),
        bound_subjects=tuple(held.get("bound_subjects", ())),
    )


def combined(people: Sequence[Person]) -> Person:
    """One person of what several sources say: the earliest speaks first, the others fill gaps and add names and homes."""
    first = people[0]
    return replace(
        first,
        names=tuple({str(name): name for person in people for name in person.names}.values()),
        stays=tuple(stay for person in people for stay in person.stays),
        addresses=tuple(address for person in people for address in person.addresses),
        references={key: value for person in reversed(people) for key, value in person.references.items()},
        restricted=any(person.restricted for person in people),
        not_same_as=tuple(dict.fromkeys(each for person in people for each in person.not_same_as)),
        bound_subjects=tuple(dict.fromkeys(each for person in people for each in person.bound_subjects)),
        **{field: _first_known(people, field) for field in _SINGLE},
    )


def _first_known(people: Sequence[Person], field: str) -> Any:  # noqa: ANN401 - fields of several kinds
    return next((value for person in people if (value := getattr(person, field)) is not None), None)


def references_of(record: bytes) -> list[tuple[str, str]]:
    """Every department's reference, as (department, reference), whatever the person's role in it."""
    return [(each["department"], each["reference"]) for each in orjson.loads(record).get("references", ())]


def subject_of(event: FiledEvent) -> Subject:
    """Whom an event of a file is about; perhaps by less than a door would take."""
    forenames = " ".join([*([event.forenames] if event.forenames else []), *event.middle]) or None
    return Subject.model_construct(
        name=_name(forenames, event.surname),
        previous_names=tuple(_previous_names(forenames, event.previous_surname)),
        date_of_birth=event.dob,
        sex=_SEXES.get(event.sex or ""),
        nino=event.nino,
        address=_address(event.uprn, event.postcode, event.line1),
        phone=event.phone,
        email=event.email,
    )


def _names(held: Record) -> Iterator[Name]:
    """The present name first: it is the one that a subject is completed with."""
    present = _name(held.get("forenames"), held.get("surname"))
    if present is not None:
        yield present
    for other in (*held.get("known_as", ()), *held.get("previous_names", ())):
        name = _name(other.get("forenames"), other.get("surname") or held.get("surname"))
        if name is not None:
            yield name


def _name(forenames: str | None, surname: str | None) -> Name | None:
    """A name, whichever field of the extract a single name stands in."""
    if surname is None:
        forenames, surname = None, forenames
    return None if surname is None else _made(Name, {"title": None, "forenames": forenames, "surname": surname})


def _previous_names(forenames: str | None, surname: str | None) -> Iterator[PreviousName]:
    if surname is not None:
        yield PreviousName.model_construct(title=None, forenames=forenames, surname=surname, restricted=False)


def _addresses(held: Record) -> Iterator[Address]:
    """The present home first: it is the one that a subject is completed with, so without it there is none."""
    for home in (held, *held.get("previous", ())):
        address = _address(home.get("uprn"), home.get("postcode"), home.get("line1"))
        if address is not None:
            yield address
        elif home is held:
            return


def _address(uprn: str | None, postcode: str | None, line1: str | None) -> Address | None:
    """An address as far as an extract has it, which may be less than a life event must say."""
    if uprn is None and postcode is None and line1 is None:
        return None
    lines = () if line1 is None else (line1,)
    known = {"state": AddressState.UK, "lines": lines, "postcode": postcode, "uprn": uprn, "country": None}
    return _made(Address, known)


def _made(kind: type[Part], fields: dict[str, Any]) -> Part:
    """What ``model_construct`` makes of all of a model's fields, in a quarter of its time: a look-up makes dozens."""
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", fields)
    object.__setattr__(made, "__pydantic_fields_set__", set(fields))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


def _references(held: Record) -> dict[str, str]:
    """One for each department: the first that is listed."""
    listed = held.get("references", ())
    return {each["department"]: each["reference"] for each in reversed(listed)}
