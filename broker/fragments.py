"""Fragments: the small shared shapes that disclosures are made of. A department takes only those it needs."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from broker.disclosure import Disclosure
from broker.effective_dates import is_aged
from broker.facts import Facts
from schemas.bereavement import Bereavement
from schemas.leaves_household import LeavesHousehold
from schemas.mourners import Survivor
from schemas.move import Direction, Move
from schemas.name import Name
from schemas.name_change import NameChange
from schemas.partial_date import PartialDate
from schemas.person import OtherPerson
from schemas.relationship import Relationship


def _written(value: object) -> object:
    return str(value) if isinstance(value, PartialDate) else value


#: A date as it was told: a day, a month (``2026-07``) or a year.
Written = Annotated[str | None, BeforeValidator(_written)]


class SeenName(Disclosure):
    """A name, as written."""

    title: str | None = None
    forenames: str | None = None
    surname: str


class SeenAddress(Disclosure):
    """An address, by its lines and its property reference."""

    state: str
    lines: tuple[str, ...] = ()
    postcode: str | None = None
    uprn: str | None = None
    country: str | None = None


class SeenContact(Disclosure):
    """How somebody wants to be reached."""

    phone: str | None = None
    email: str | None = None
    language: str | None = None
    large_print: bool | None = None


class SeenPerson(Disclosure):
    """Somebody by name, birth and National Insurance number."""

    name: SeenName
    date_of_birth: Written = None
    nino: str | None = None


class SeenMember(Disclosure):
    """Somebody in the household, and what they are to the subject."""

    name: SeenName
    date_of_birth: Written = None
    relationship: str | None = None


class SeenLandlord(Disclosure):
    """Who lets a home, or their agent."""

    name: str
    address: SeenAddress | None = None


class SeenIncome(Disclosure):
    """One income."""

    income_kind: str
    amount: Decimal
    frequency: str


class SeenEvidence(Disclosure):
    """A paper that supports what was told: which, and whether it was seen. Never the paper."""

    kind: str
    seen: bool
    reference: str | None = None
    needed_by: date | None = None


class SeenParty(Disclosure):
    """A living person or a company to write to."""

    name: str
    phone: str | None = None
    email: str | None = None
    address: SeenAddress | None = None


# -- Rules over the facts that more than one department's disclosures draw on

#: Where no birth date is known, these count as adults and nobody else does.
_GROWN_UP = frozenset(
    {
        Relationship.SPOUSE,
        Relationship.CIVIL_PARTNER,
        Relationship.PARTNER,
        Relationship.PARENT,
        Relationship.GRANDPARENT,
    }
)


def previous_name_unless_restricted(facts: Facts) -> Name | None:
    """The name before a change; none where it may not be disclosed (Gender Recognition Act 2004, s 22)."""
    event = facts.event
    return event.previous_name if isinstance(event, NameChange) and not event.previous_name.restricted else None


def contact_details(facts: Facts) -> SeenContact | None:
    """How the subject is reached, as told; none where nothing is known."""
    of = facts.subject
    if not (of.phone or of.email or of.language or of.large_print):
        return None
    return SeenContact(phone=of.phone, email=of.email, language=of.language, large_print=of.large_print or None)


def whereabouts_may_be_shown(facts: Facts) -> bool:
    """Whether whereabouts in this event may be shown: the subject's, and those of somebody who left. Never why."""
    event = facts.event
    of_leaver = event.leaver.address_may_be_shown if isinstance(event, LeavesHousehold) else True
    return facts.subject.address_may_be_shown and of_leaver


def adult(person: OtherPerson, on: date) -> bool | None:
    """Whether somebody in the household is 18 on a day; None where we cannot tell."""
    if person.date_of_birth is None:
        return True if person.relationship in _GROWN_UP else None
    return is_aged(18, person.date_of_birth, on)


def of_a_move(field: str, *directions: Direction) -> Callable[[Facts], object]:
    """Draw a field of a move only where it goes in one of these directions."""

    def drawn(facts: Facts) -> object:
        event = facts.event
        return getattr(event, field) if isinstance(event, Move) and event.direction in directions else None

    drawn.__name__ = f"{field}_of_a_move_{'_or_'.join(directions)}"
    return drawn


def day_of(facts: Facts) -> date:
    """The day of the event; of a date known in part, the last day it can mean."""
    return facts.event.happened.latest


def the_one_meant(facts: Facts) -> object:
    """Whose income or work it is: the person the event names, or else the subject."""
    return getattr(facts.event, "person", None) or (facts.subject if facts.subject.name else None)


def who_deals_with_the_estate(facts: Facts) -> SeenParty | None:
    """Whom to write to about the estate: who was named for it, or whoever of those in the story deals with it."""
    event = facts.event
    if not isinstance(event, Bereavement):
        return None
    if event.estate is not None:
        return _party(event.estate.company or event.estate.name, event.estate)
    if event.informant.deals_with_estate:
        return _party(event.informant.name, event.informant)
    kin = event.next_of_kin
    if kin is not None and kin.deals_with_estate and kin.may_be_contacted:
        return _party(kin.name, kin)
    survivor = survivor_who_agreed(facts)
    return _party(survivor.name, survivor) if survivor is not None and survivor.deals_with_estate else None


def survivor_who_agreed(facts: Facts) -> Survivor | None:
    """The surviving partner, where they agreed that we are told about them."""
    event = facts.event
    survivor = event.survivor if isinstance(event, Bereavement) else None
    return survivor if survivor is not None and survivor.permission_to_share else None


def _party(name: object, reached: object) -> SeenParty:
    address = getattr(reached, "address", None)
    return SeenParty(
        name=str(name),
        phone=getattr(reached, "phone", None),
        email=getattr(reached, "email", None),
        address=SeenAddress.model_validate(address) if address is not None else None,
    )
