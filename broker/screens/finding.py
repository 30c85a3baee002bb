"""Finding the person: an adviser types what the caller says, in any order, into one box."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import PydanticCustomError
from sqlalchemy import Connection

from broker.blocking import keys_of_subject, kind_of, number_of
from broker.directory.finding import people_at
from broker.directory.keys import filed_under
from broker.directory.people import whole_person
from broker.directory.search import Found, TooLittle, Wanted, search
from broker.folding import folded
from broker.identity.attainable import attainable
from broker.identity.homes import home_of
from broker.identity.traits import traits_of_subject
from broker.notifications import note_audit
from broker.person import Person
from broker.ports import Broker
from schemas.address import Address, AddressState
from schemas.email import read_email
from schemas.kinds import life_events
from schemas.name import Name
from schemas.nino import looks_like_nino
from schemas.partial_date import PartialDate
from schemas.phone import read_phone
from schemas.subject import Subject

_POSTCODE: Final = re.compile(r"\b([A-Za-z]{1,2}[0-9][A-Za-z0-9]?)\s*([0-9][A-Za-z]{2})\b")
_NINO: Final = re.compile(r"\b[A-Za-z]{2}\s?(?:[0-9]{2}\s?){3}[A-Da-d]\b")
_YEAR: Final = re.compile(r"\b(?:1[89]|20)[0-9]{2}\b")
_DAY: Final = re.compile(r"\b[0-9]{1,2}[/.-][0-9]{1,2}[/.-]((?:1[89]|20)[0-9]{2})\b")
_REFERENCE: Final = re.compile(r"\b[A-Za-z]{0,3}[0-9]{6,12}[A-Za-z]?\b")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE: Final = re.compile(r"(?:\+44|\b0)[0-9 ]{9,13}[0-9]\b")
_OWN: Final = ("nino", "phone", "email")
_MOST: Final = 20
#: it would tell much, but few records hold it: asked for last
_SELDOM_HELD: Final = frozenset({"phone", "email"})
#: what an adviser is told to ask for
_MOST_HELP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed, taken apart."""

    name: str = ""
    postcode: str | None = None
    birth_year: int | None = None
    nino: str | None = None
    phone: str | None = None
    email: str | None = None
    reference: str | None = None


def taken_apart(text: str) -> Typed:
    """Take what was typed apart: numbers, an e-mail address, a postcode, a birth date; the rest is a name."""
    email, text = _take(_EMAIL, text)
    nino, text = _take(_NINO, text)
    phone, text = _take(_PHONE, text)
    day, text = _take(_DAY, text, group=1)
    year, text = (day, text) if day else _take(_YEAR, text)
    postcode, text = _take(_POSTCODE, text)
    reference, text = _take(_REFERENCE, text)
    words = re.sub(r"[^\w'’\-\s]", " ", text).split()
    name = " ".join(word for word in words if not any(char.isdigit() for char in word))  # a house's number is no name
    return Typed(
        name=name,
        postcode=postcode,
        birth_year=int(year) if year else None,
        nino=folded(nino).upper().replace(" ", "") if nino and looks_like_nino(nino) else None,
        phone=_read(read_phone, phone),
        email=_read(read_email, email),
        reference=reference,
    )


def _take(pattern: re.Pattern[str], text: str, group: int = 0) -> tuple[str | None, str]:
    found = pattern.search(text)
    return (found[group], text[: found.start()] + " " + text[found.end() :]) if found else (None, text)


def _keys(typed: Typed, departments: tuple[str, ...]) -> list[str]:
    """What is one person's alone, as the directory files it."""
    said = Subject.model_construct(nino=typed.nino, phone=typed.phone, email=typed.email)
    own = [key for key in keys_of_subject(traits_of_subject(said)) if kind_of(key) in _OWN]
    reference = folded(typed.reference) if typed.reference else ""
    return own + [f"reference:{department}:{reference}" for department in departments if reference]


def _read(reader: Callable[[str], str], text: str | None) -> str | None:
    """A number or address as it is kept; none where it is none."""
    try:
        return reader(text) if text else None
    except PydanticCustomError:
        return None


async def look_for(text: str, actor: str, broker: Broker) -> Found:
    """Who could be meant; of too many, nobody. Whoever is shown stands in the audit first.

    Raises TooLittle or StoreUnavailable.
    """
    found = await found_by(text, broker)
    await note_shown(found.people, "search", actor, broker)
    return found


async def found_by(text: str, broker: Broker) -> Found:
    """Who could be meant; of too many, nobody. Nobody may be shown who is not written down first.

    Raises TooLittle or StoreUnavailable.
    """
    typed = taken_apart(text)
    departments = tuple(adapter.department for adapter in broker.adapters)
    found = await broker.store.read(lambda tx: _look(tx, typed, departments))
    return Found(people=() if found.more else found.people, more=found.more)


async def note_shown(people: Sequence[Person], why: str, actor: str, broker: Broker) -> None:
    """Write down who is shown to whom, before the page leaves. Raises StoreUnavailable."""

    def unit(tx: Connection) -> None:
        for person in people:
            note_audit(tx, broker.now(), actor, "person.shown", person.id, why)

    if people:
        await broker.store.write(unit)


def _look(tx: Connection, typed: Typed, departments: tuple[str, ...]) -> Found:
    keys = _keys(typed, departments)
    if keys:
        filed = filed_under(tx, {number_of(key) for key in keys}, _MOST)
        people = people_at(tx, {seq for seqs in filed.values() for seq in seqs}).values()
        seen = {person.id: person for person in people if not person.restricted}
        if seen or not typed.name:
            return Found(people=tuple(seen.values()), more=False)
    if not typed.name:
        raise TooLittle("no name")
    return search(tx, Wanted(name=typed.name, postcode=typed.postcode, birth_year=typed.birth_year), reviewer=False)


def would_help(text: str, kind: str) -> tuple[str, ...]:
    """Which fields, asked of the caller, would help most to be sure who is meant; the most first."""
    typed = taken_apart(text)
    *forenames, surname = typed.name.split() or [""]
    name = Name.model_construct(title=None, forenames=" ".join(forenames) or None, surname=surname) if surname else None
    home = (
        Address.model_construct(state=AddressState.UK, lines=(), postcode=typed.postcode, uprn=None, country=None)
        if typed.postcode
        else None
    )
    born = PartialDate(year=typed.birth_year) if typed.birth_year else None
    said = Subject.model_construct(
        name=name, nino=typed.nino, date_of_birth=born, address=home, phone=typed.phone, email=typed.email
    )
    missing = [one.field for one in attainable(said, life_events()[kind].acts).missing]
    return tuple(sorted(missing, key=_SELDOM_HELD.__contains__)[:_MOST_HELP])


async def person_by(person: str | None, broker: Broker) -> Person | None:
    """The person of an id; none where nobody was chosen, or they are known to a named team only."""
    if person is None:
        return None
    found = await broker.store.read(lambda tx: whole_person(tx, person))
    return None if found is None or found.restricted else found


async def others_at_home(person: Person, broker: Broker) -> tuple[Person, ...]:
    """Who else lives, as far as we know, where this person does: the change may be theirs too."""
    if not person.addresses:
        return ()
    people = await broker.store.read(lambda tx: _at(tx, person.addresses[0]))
    return tuple(one for one in people if one.id != person.id and one.deceased_on is None)


async def known_home(address: dict[str, Any] | None, broker: Broker) -> dict[str, Any] | None:
    """The address as the directory holds it, with its property number, where exactly one home fits."""
    if address is None or address.get("state") != "uk" or not address.get("lines") or not address.get("postcode"):
        return address
    asked = Address.model_construct(
        state=AddressState.UK, lines=tuple(address["lines"]), postcode=address["postcode"], uprn=None, country=None
    )
    people = await broker.store.read(lambda tx: _at(tx, asked))
    uprns = {held.uprn for person in people for held in person.addresses if held.uprn and _same_door(held, asked)}
    return {**address, "uprn": uprns.pop()} if len(uprns) == 1 else address


def _same_door(held: Address, asked: Address) -> bool:
    one, other = home_of(held), home_of(asked)
    return (one.postcode, one.door) == (other.postcode, other.door)


def _at(tx: Connection, address: Address) -> tuple[Person, ...]:
    home = home_of(address)
    keys = [f"home:{home.uprn}"] if home.uprn else []
    keys += [f"home:{home.postcode} {home.door}"] if home.postcode and home.door else []
    filed = filed_under(tx, {number_of(key) for key in keys}, _MOST)
    people = people_at(tx, {seq for seqs in filed.values() for seq in seqs}).values()
    seen = {person.id: person for person in people if not person.restricted and _lives_at(person, address)}
    return tuple(sorted(seen.values(), key=lambda one: (one.date_of_birth or "", one.id)))


def _lives_at(person: Person, address: Address) -> bool:
    if not person.addresses:
        return False
    present, asked = home_of(person.addresses[0]), home_of(address)
    return bool(asked.uprn and present.uprn == asked.uprn) or (present.postcode, present.door) == (
        asked.postcode,
        asked.door,
    )
