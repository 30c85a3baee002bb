"""What electoral services see of each life event, and why. They collect it from the broker."""

from datetime import date
from typing import Annotated

from adapters.electoral_registration.rules import (
    adults_who_moved_too,
    contact_in_the_area,
    last_day_to_invite,
    name_if_old_enough,
    name_of_joiner,
    name_of_leaver,
)
from broker.disclosure import Disclosure, Sees
from broker.facts import Facts
from broker.fragments import (
    SeenAddress,
    SeenContact,
    SeenName,
    Written,
    contact_details,
    of_a_move,
    previous_name_unless_restricted,
    whereabouts_may_be_shown,
)
from schemas.bereavement import Bereavement
from schemas.move import Direction


class Registration(Disclosure):
    """The registrar's own references for a death."""

    source: str | None = None
    number: str | None = None
    district: str | None = None
    tuo_reference: str | None = None


class Informant(Disclosure):
    """Who reported a death, and whether they said that they know the penalty for false information."""

    name: SeenName
    address: SeenAddress | None = None
    relationship: str
    declaration: bool


def informant_of_the_death(facts: Facts) -> Informant | None:
    """What a close relative must give with their report (SI 2001/341, reg 31C)."""
    told = facts.event.informant if isinstance(facts.event, Bereavement) else None
    if told is None:
        return None
    return Informant.model_validate(
        {
            "name": told.name,
            "address": told.address,
            "relationship": told.relationship,
            "declaration": told.penalty_declaration,
        }
    )


class Moved(Disclosure):
    """A move: reason to invite those who came, and one source that they left."""

    move: Annotated[str, Sees("event.direction", "to invite, or to note one source of two that they left")]
    occurred_on: Annotated[date, Sees("event.occurred_on", "residence counts from the day")]
    name: Annotated[SeenName | None, Sees(name_if_old_enough, "an invitation goes to a person by name")] = None
    adults: Annotated[tuple[SeenName, ...], Sees(adults_who_moved_too, "each adult is invited by name")] = ()
    old_home: Annotated[
        SeenAddress | None,
        Sees(of_a_move("previous_address", Direction.WITHIN, Direction.OUT), "to find the entry there"),
    ] = None
    new_home: Annotated[SeenAddress | None, Sees("event.new_address", "an invitation goes to an address")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]
    invite_by: Annotated[date | None, Sees(last_day_to_invite, "28 days for an invitation")] = None
    contact: Annotated[SeenContact | None, Sees(contact_in_the_area, "an invitation may go by e-mail")] = None


class Died(Disclosure):
    """A death, and what the report rests on. The registration officer decides whether it suffices."""

    occurred_on: Annotated[Written, Sees("event.occurred_on", "to tell this death from another")]
    name: Annotated[SeenName, Sees(name_if_old_enough, "the full name is needed to remove an entry")]
    home: Annotated[SeenAddress, Sees("subject.address", "the address is needed to remove an entry")]
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]
    evidence_class: Annotated[str, Sees("event.evidence_class", "only some evidence suffices")]
    informant: Annotated[Informant, Sees(informant_of_the_death, "only some people's word suffices")]
    registration: Annotated[Registration | None, Sees("event.registration", "the registrar is a source")] = None


class Renamed(Disclosure):
    """A change of name: reason to invite the elector to apply for the change."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "to see what applications came since")]
    previous_name: Annotated[SeenName | None, Sees(previous_name_unless_restricted, "to find the entry")] = None
    name: Annotated[SeenName | None, Sees(name_if_old_enough, "to invite them under it")] = None
    home: Annotated[SeenAddress | None, Sees("subject.address", "to find the entry")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]
    contact: Annotated[SeenContact | None, Sees(contact_details, "an invitation may go by e-mail")] = None


class Joined(Disclosure):
    """Somebody joined a household: reason to invite them."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "residence counts from the day")]
    name: Annotated[SeenName | None, Sees(name_of_joiner, "an invitation goes to a person by name")] = None
    home: Annotated[SeenAddress | None, Sees("subject.address", "an invitation goes to an address")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]
    invite_by: Annotated[date | None, Sees(last_day_to_invite, "28 days for an invitation")] = None
    phone: Annotated[str | None, Sees("event.joiner.phone", "to ring the joiner")] = None
    email: Annotated[str | None, Sees("event.joiner.email", "an invitation may go by e-mail")] = None


class Left(Disclosure):
    """Somebody left a household: one source of two, never a removal."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "residence ended on the day")]
    name: Annotated[SeenName | None, Sees(name_of_leaver, "to find the entry")] = None
    old_home: Annotated[SeenAddress | None, Sees("subject.address", "to find the entry")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]


class Reached(Disclosure):
    """New contact details."""

    phone: Annotated[str | None, Sees("event.new_phone", "to ring")] = None
    email: Annotated[str | None, Sees("event.new_email", "to write")] = None
    language: Annotated[str | None, Sees("event.new_language", "to write in their language")] = None
    large_print: Annotated[bool | None, Sees("event.new_large_print", "to write so that they can read it")] = None


class TakenBack(Disclosure):
    """An earlier change did not happen."""

    earlier_delivery: Annotated[str, Sees("earlier_delivery", "to undo what followed from it")]
    reason: Annotated[str, Sees("event.reason", "a duplicate is undone otherwise than a mistake")]
    told_on: Annotated[date, Sees("told_on", "the register's history shows when we knew")]
