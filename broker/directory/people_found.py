"""People found: what an adviser's search answers, and what the audit keeps of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from broker.directory.search import Wanted
from broker.notifications import note_audit
from broker.person import Person
from broker.ports import Broker


class Result(StrEnum):
    """How a search ended."""

    FOUND = "found"
    NOBODY = "nobody"
    #: more fit than may be shown: more must be typed, and nobody is shown
    TOO_MANY = "too_many"


class FoundPerson(BaseModel):
    """One resident who fits."""

    model_config = ConfigDict(frozen=True)

    person: str = Field(description="what the broker calls them")
    name: str = Field(description="the name they use")
    other_names: tuple[str, ...] = Field(description="names they had, or are known by")
    date_of_birth: str | None = Field(description="YYYY-MM-DD, if it is held")
    address: str | None = Field(description="where they live, if it is held")
    deceased: bool = Field(description="they are recorded as having died")


class PeopleFound(BaseModel):
    """Who fits, closest first."""

    model_config = ConfigDict(frozen=True)

    result: Result = Field(description="found, nobody, or too_many: then type more")
    people: tuple[FoundPerson, ...] = Field(description="whoever fits, closest first; at most 20")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedByAdviser:
    """What an adviser typed, who they are, and why they look."""

    name: str
    postcode: str | None
    birth_year: int | None
    actor: str
    reason: str
    sees_protected: bool


async def search_people(asked: WantedByAdviser, broker: Broker) -> PeopleFound:
    """Search, and write down who was shown to whom before the answer leaves. Raises TooLittle or DirectoryUnavailable."""
    wanted = Wanted(name=asked.name, postcode=asked.postcode, birth_year=asked.birth_year)
    found = await broker.directory.search(wanted, reviewer=asked.sees_protected)
    shown = () if found.more else found.people
    await broker.store.write(_noted(asked, shown, broker.now()))
    result = Result.TOO_MANY if found.more else Result.FOUND if shown else Result.NOBODY
    return PeopleFound(result=result, people=tuple(found_person(person) for person in shown))


def found_person(person: Person) -> FoundPerson:
    """What a search shows of somebody."""
    names = [str(name) for name in person.names]
    home = person.addresses[0] if person.addresses else None
    return FoundPerson(
        person=person.id,
        name=names[0] if names else "",
        other_names=tuple(names[1:]),
        date_of_birth=person.date_of_birth,
        address=", ".join([*home.lines, home.postcode or ""]).strip(", ") if home else None,
        deceased=person.deceased_on is not None,
    )


def _noted(asked: WantedByAdviser, shown: tuple[Person, ...], at: datetime) -> Callable[[Connection], None]:
    def unit(tx: Connection) -> None:
        note_audit(tx, at, asked.actor, "people.searched", "directory", asked.reason)
        for person in shown:
            note_audit(tx, at, asked.actor, "person.shown", person.id, asked.reason)

    return unit
