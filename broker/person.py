"""A person as the directory knows them, and the answer to "who is this about?"."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from schemas.address import Address
from schemas.life_event import Acts
from schemas.name import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A home and when it was theirs; dates are YYYY-MM-DD, none where it has no end, empty where it is not known when."""

    address: Address
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One resident. ``id`` is random and opaque: the only thing that may stand in a Kafka key."""

    id: str
    names: tuple[Name, ...]
    date_of_birth: str | None = None
    sex: str | None = None
    nino: str | None = None
    #: the present home first
    addresses: tuple[Address, ...] = ()
    #: the same homes, with their dates where a life event told them
    stays: tuple[Stay, ...] = ()
    phone: str | None = None
    email: str | None = None
    #: the departments' own references for this person
    references: Mapping[str, str] = field(default_factory=dict)
    deceased_on: str | None = None
    #: known to a named team only
    restricted: bool = False
    #: senders' own names for people whom a colleague has said this is not
    not_same_as: tuple[str, ...] = ()
    #: senders' own, lasting names for this person, such as a sign-in's
    bound_subjects: tuple[str, ...] = ()


class Agreement(StrEnum):
    """How one field of the subject compares with one candidate's."""

    AGREES = "agrees"
    CLOSE = "close"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One field of subject and candidate side by side."""

    field: str
    agreement: Agreement
    #: what it speaks for the same person, against a stranger; 0 where nothing can be compared
    bits: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """How a match was weighed: kept with the event, so that anybody can read why later."""

    #: how surely the best candidate is the person, against strangers and relatives: base-2 logarithm of the odds
    bits: float = 0.0
    #: by how many bits the next candidate is behind
    gap: float = 0.0
    #: what a wrong match would do
    band: Acts
    #: how many of date of birth, home, number, phone and e-mail agree
    corroborations: int = 0
    #: codes of what kept us from acting alone
    guards: tuple[str, ...] = ()
    #: the model's version
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """This is the person, and how we know."""

    person: Person
    comparisons: tuple[Comparison, ...]
    because: str
    weighed: Weighed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """Two plausible people, or one who is not sure enough: clerical review decides."""

    #: best first
    candidates: tuple[Person, ...]
    because: str
    #: the best candidate's
    comparisons: tuple[Comparison, ...] = ()
    #: two or more are so alike that nothing said tells them apart
    ambiguous: bool = False
    weighed: Weighed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The directory was asked, and knows nobody who could be the subject."""

    because: str
    weighed: Weighed | None = None


Match: TypeAlias = Matched | Unsure | Unknown
