"""Changing: what a life event leaves different in how a person is held, and the person as it makes them. Pure.

Nothing is written over: a move closes one home and opens another at its date, a new name stands before the old one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from broker.person import Person, Stay
from schemas.address import Address
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.life_event import LifeEvent
from schemas.move import Move
from schemas.name import Name, PreviousName
from schemas.name_change import NameChange

_CONTACTS: Final = ("phone", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one life event changed, and from which day."""

    event_id: str
    #: YYYY-MM-DD
    effective_on: str
    #: died_on, address, left, name, phone, email: only what is different
    said: Mapping[str, Any]

    @property
    def canonical(self) -> bytes:
        """As it is kept."""
        return orjson.dumps(dict(self.said), option=orjson.OPT_SORT_KEYS)


def change_of(event_id: str, event: LifeEvent) -> Change | None:
    """What the directory holds otherwise after this event; none for what changes nothing in it."""
    said = _said(event)
    if not said:
        return None
    return Change(event_id=event_id, effective_on=event.happened.earliest.isoformat(), said=said)


def _said(event: LifeEvent) -> dict[str, Any]:
    match event:
        case Bereavement():
            return {"died_on": str(event.occurred_on)}
        case Move():
            left = event.previous_address or event.subject.address
            return _written(address=event.new_address, left=left)
        case NameChange():
            return _written(name=event.new_name, was=event.previous_name)
        case ContactChange():
            return _written(phone=event.new_phone, email=event.new_email)
        case _:
            return {}


def _written(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - values of several schemas
    return {
        key: value if isinstance(value, str) else value.model_dump(mode="json", exclude_none=True)
        for key, value in values.items()
        if value is not None
    }


def changed(person: Person, changes: Iterable[Change], today: str) -> Person:
    """The person after these changes; ``today`` (YYYY-MM-DD) says which home is the present one."""
    for change in sorted(changes, key=lambda each: (each.effective_on, each.event_id)):
        person = _after(person, change)
    present = sorted(person.stays, key=lambda stay: _is_past_or_to_come(stay, today))
    return replace(person, stays=tuple(present), addresses=tuple(stay.address for stay in present))


def _is_past_or_to_come(stay: Stay, today: str) -> bool:
    return (stay.since is not None and stay.since > today) or (stay.until is not None and stay.until <= today)


def _after(person: Person, change: Change) -> Person:
    said = change.said
    if "died_on" in said:
        person = replace(person, deceased_on=person.deceased_on or said["died_on"])
    if "name" in said:
        names = [Name.model_validate(said["name"]), *person.names, *_old_name(said)]
        person = replace(person, names=tuple({str(name): name for name in names}.values()))
    if "address" in said or "left" in said:
        person = _moved(person, change)
    return replace(person, **{contact: said[contact] for contact in _CONTACTS if contact in said})


def _old_name(said: Mapping[str, Any]) -> list[Name]:
    # It stays marked, if it must not be disclosed.
    return [PreviousName.model_validate(said["was"])] if "was" in said else []


def _moved(person: Person, change: Change) -> Person:
    """Whatever home was open is closed, the new one is opened, and the one they said they left is held too."""
    day = change.effective_on
    opened = Address.model_validate(change.said["address"]) if "address" in change.said else None
    left = Address.model_validate(change.said["left"]) if "left" in change.said else None
    closed = [_closed(stay, day, opened) for stay in person.stays]
    if left is not None and not any(is_same_home(stay.address, left) for stay in closed):
        closed.append(Stay(address=left, until=day))
    already = any(opened is not None and is_same_home(stay.address, opened) and stay.until is None for stay in closed)
    new = [Stay(address=opened, since=day)] if opened is not None and not already else []
    return replace(person, stays=(*new, *closed))


def _closed(stay: Stay, day: str, opened: Address | None) -> Stay:
    if stay.until is not None or (opened is not None and is_same_home(stay.address, opened)):
        return stay
    return replace(stay, until=day)


def is_same_home(one: Address, other: Address) -> bool:
    """Whether two addresses are one home: by the property's number, or postcode and first line."""
    if one.uprn and other.uprn:
        return one.uprn == other.uprn
    return (one.postcode, one.lines[:1]) == (other.postcode, other.lines[:1])
