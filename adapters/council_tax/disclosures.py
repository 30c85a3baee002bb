"""What Council Tax sees of each life event. The fields are those of docs/back-offices/council-tax.md, and no others."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from adapters.council_tax.rules import (
    adults_known_of,
    day_partner_moved_in,
    disregard_class,
    home_left_empty,
    joiner_if_adult,
    landlord_concerned,
    name_of_partner_who_moves_in,
    name_of_the_one_meant,
    name_of_the_survivor,
    partners_who_moved_too,
    print_wanted,
    tenure_in_brief,
    where_a_liable_leaver_went,
    whereabouts_must_be_kept,
)
from broker.disclosure import Disclosure, Sees
from broker.fragments import (
    Written,
    contact_details,
    of_a_move,
    previous_name_unless_restricted,
    who_deals_with_the_estate,
)
from schemas.address import AddressState
from schemas.move import Direction

_HERE = (Direction.WITHIN, Direction.IN)
_FROM_HERE = (Direction.WITHIN, Direction.OUT)


class PartyName(Disclosure):
    """A name in the two parts that the accounts have."""

    forenames: str | None = None
    surname: str


class Home(Disclosure):
    """An address as the accounts have it; a country overseas is its last line."""

    lines: tuple[str, ...] = ()
    postcode: str | None = None
    uprn: str | None = None


def _postal(value: object) -> object:
    state = getattr(value, "state", None)
    if state == AddressState.NO_FIXED_ABODE:
        return None
    country = getattr(value, "country", None)
    if state is None or country is None:
        return value
    return Home(lines=(*getattr(value, "lines", ()), country), postcode=getattr(value, "postcode", None))


Postal = Annotated[Home | None, BeforeValidator(_postal)]


class Reach(Disclosure):
    """Somebody to write to or ring."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    address: Postal = None
    language: str | None = None


class Told(Disclosure):
    """What every change carries: whose it is, in which order, and since when the council knows."""

    person: Annotated[str, Sees("person", "to keep one person's changes together without naming them")]
    reference: Annotated[str, Sees("notification", "to speak of it with the caller")]
    revision: Annotated[int, Sees("revision", "to tell an edited delivery from the first")]
    sequence: Annotated[int, Sees("sequence", "to apply one person's changes in order")]
    told_at: Annotated[datetime, Sees("told_at", "the 21 days to tell are counted to it")]


class Change(Told):
    """What every change but a withdrawal carries besides."""

    corrects: Annotated[str | None, Sees("earlier_delivery", "to undo the change that this one puts right")] = None
    account: Annotated[str | None, Sees("case_reference", "to find the account")] = None
    safety: Annotated[bool, Sees(whereabouts_must_be_kept, "to keep whereabouts from others")]


class Moved(Change):
    """A move within the area, into it or out of it."""

    name: Annotated[PartyName | None, Sees("subject.name", "to name who is liable")] = None
    move: Annotated[str, Sees("event.direction", "to open an account, close it, or both")]
    moved_on: Annotated[date, Sees("event.occurred_on", "tax is charged by the day")]
    old_home: Annotated[
        Postal, Field(serialization_alias="from"), Sees("event.previous_address", "to close the account there")
    ] = None
    new_home: Annotated[
        Postal, Field(serialization_alias="to"), Sees("event.new_address", "to open an account or send the last bill")
    ] = None
    emptied_on: Annotated[
        date | None, Sees(of_a_move("old_home_empty_from", *_FROM_HERE), "an empty home is charged otherwise")
    ] = None
    adults: Annotated[int | None, Sees(adults_known_of, "one adult alone pays less")] = None
    liable_with: Annotated[tuple[PartyName, ...], Sees(partners_who_moved_too, "partners are liable together")] = ()
    liable_at_new: Annotated[
        bool | None, Sees(of_a_move("responsible_for_tax", *_HERE), "whoever is liable gets the bill")
    ] = None
    tenure: Annotated[str | None, Sees(tenure_in_brief, "liability follows how the home is held")] = None
    tenancy_starts_on: Annotated[
        date | None, Sees(of_a_move("tenancy_starts_on", *_HERE), "liability can start before")
    ] = None
    tenancy_ends_on: Annotated[
        date | None, Sees(of_a_move("tenancy_ends_on", *_FROM_HERE), "liability can last until then")
    ] = None
    landlord: Annotated[Reach | None, Sees(landlord_concerned, "the landlord pays for an empty home")] = None
    single_person_discount: Annotated[
        bool | None, Sees(of_a_move("single_person", *_HERE), "to offer the discount")
    ] = None
    previous_council: Annotated[
        str | None, Sees(of_a_move("previous_council", Direction.IN), "to confirm a move in")
    ] = None
    contact: Annotated[Reach | None, Sees(contact_details, "to ask about the bill, in their language")] = None


class Died(Change):
    """A death."""

    name: Annotated[PartyName | None, Sees("subject.name", "to find who was liable")] = None
    died_on: Annotated[Written, Sees("event.occurred_on", "liability ends with the death")] = None
    address: Annotated[Postal, Sees("subject.address", "to find the home")] = None
    adults_remaining: Annotated[int | None, Sees("event.adults_remaining", "one adult alone pays less")] = None
    survivor: Annotated[PartyName | None, Sees(name_of_the_survivor, "the survivor may be liable alone")] = None
    executor: Annotated[Reach | None, Sees(who_deals_with_the_estate, "bills and refunds go to the estate")] = None
    left_empty: Annotated[bool | None, Sees(home_left_empty, "to look at the exemption of class F")] = None


class Renamed(Change):
    """A change of name, and a partner who moves in with it."""

    new_name: Annotated[PartyName, Sees("event.new_name", "to put the name on the bill")]
    previous_name: Annotated[PartyName | None, Sees(previous_name_unless_restricted, "to find the account")] = None
    changed_on: Annotated[date, Sees("event.occurred_on", "the bill changes from then")]
    partner: Annotated[PartyName | None, Sees(name_of_partner_who_moves_in, "partners are liable together")] = None
    partner_moved_in_on: Annotated[date | None, Sees(day_partner_moved_in, "a discount ends on that day")] = None


class Joined(Change):
    """Somebody joined the household."""

    on: Annotated[date, Sees("event.occurred_on", "a discount ends on that day")]
    other: Annotated[PartyName | None, Sees(joiner_if_adult, "an adult who joins may be liable too")] = None
    adult: Annotated[bool, Sees("event.joiner.is_adult", "only adults are counted")]
    disregard: Annotated[str | None, Sees("event.joiner.disregard", "some adults are not counted")] = None
    adults_now: Annotated[int | None, Sees("event.adults_now", "one adult alone pays less")] = None


class Left(Change):
    """Somebody left the household."""

    on: Annotated[date, Sees("event.occurred_on", "a discount starts on that day")]
    other: Annotated[PartyName, Sees("event.leaver.name", "to end their liability")]
    adults_now: Annotated[int | None, Sees("event.adults_remaining", "one adult alone pays less")] = None
    forwarding: Annotated[Postal, Sees(where_a_liable_leaver_went, "to send the last bill")] = None


class Counted(Change):
    """A reason not to count somebody began or ended."""

    name: Annotated[PartyName | None, Sees(name_of_the_one_meant, "to know whom it is about")] = None
    disregard: Annotated[str, Field(serialization_alias="class"), Sees(disregard_class, "some adults are not counted")]
    change: Annotated[str, Sees("event.disregard_change.change", "it began or it ended")]
    on: Annotated[date, Sees("event.occurred_on", "a discount starts or ends on that day")]


class Reached(Change):
    """New contact details."""

    phone: Annotated[str | None, Sees("event.new_phone", "to ring")] = None
    email: Annotated[str | None, Sees("event.new_email", "to write")] = None
    language: Annotated[str | None, Sees("event.new_language", "to write in their language")] = None
    preferred: Annotated[str | None, Sees(print_wanted, "to write so that they can read it")] = None


class TakenBack(Told):
    """An earlier change did not happen."""

    withdraws: Annotated[str, Sees("earlier_delivery", "to undo that change")]
