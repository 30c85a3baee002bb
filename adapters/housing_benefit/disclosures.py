"""What Housing Benefit sees of each life event, and why. Sent on ``departments.housing-benefit``."""

from datetime import date
from typing import Annotated

from adapters.housing_benefit.rules import (
    child_born_alive,
    dates_of_the_change,
    day_of_live_birth,
    day_partner_moved_in,
    partner_who_moves_in,
    sunday_of_the_week_of_death,
    told_after_21_days,
)
from broker.disclosure import Disclosure, Sees
from broker.fragments import (
    SeenAddress,
    SeenEvidence,
    SeenIncome,
    SeenLandlord,
    SeenMember,
    SeenName,
    SeenParty,
    SeenPerson,
    Written,
    of_a_move,
    previous_name_unless_restricted,
    survivor_who_agreed,
    the_one_meant,
    whereabouts_may_be_shown,
    who_deals_with_the_estate,
)
from schemas.move import Direction

_HERE = (Direction.WITHIN, Direction.IN)
_FROM_HERE = (Direction.WITHIN, Direction.OUT)


class CountsFrom(Disclosure):
    """From when a change counts, both ways where telling late could matter; the office decides which applies."""

    effective_on: date | None = None
    told_late: bool
    if_beneficial_and_late_on: date | None = None
    why_not: str | None = None


class Joiner(SeenPerson):
    """Somebody who joined, and what they are to the claimant."""

    relationship: str | None = None
    is_partner: bool = False


class Claim(Disclosure):
    """What every change carries: which claim, and when the council was told."""

    claim: Annotated[str | None, Sees("case_reference", "to find the claim")] = None
    told_on: Annotated[date, Sees("told_on", "a beneficial change told late counts from that day")]


class Change(Claim):
    """What every change with dates of its own carries besides."""

    counts_from: Annotated[CountsFrom | None, Sees(dates_of_the_change, "benefit weeks start on Mondays")] = None
    told_late_for_reduction: Annotated[bool, Sees(told_after_21_days, "the 21 days to tell of a change")]


class Moved(Change):
    """A move within the area, into it or out of it."""

    move: Annotated[str, Sees("event.direction", "to change the claim, take a new one or end it")]
    occurred_on: Annotated[date, Sees("event.occurred_on", "rent changes on the day")]
    name: Annotated[SeenName | None, Sees("subject.name", "to find the claimant")] = None
    date_of_birth: Annotated[Written, Sees("subject.date_of_birth", "to find the claimant; age decides the rate")] = (
        None
    )
    nino: Annotated[str | None, Sees("subject.nino", "claims are held by it")] = None
    old_home: Annotated[SeenAddress | None, Sees(of_a_move("previous_address", *_FROM_HERE), "the rent there ends")] = (
        None
    )
    new_home: Annotated[SeenAddress | None, Sees(of_a_move("new_address", *_HERE), "the rent there starts")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]
    household: Annotated[
        tuple[SeenMember, ...] | None, Sees(of_a_move("household", *_HERE), "who lives there decides the size of home")
    ] = None
    tenure: Annotated[str | None, Sees(of_a_move("tenure", *_HERE), "rent rules differ by tenure")] = None
    landlord: Annotated[
        SeenLandlord | None, Sees(of_a_move("landlord", *_HERE), "to confirm the rent, or pay the landlord")
    ] = None
    tenancy_starts_on: Annotated[
        date | None, Sees(of_a_move("tenancy_starts_on", *_HERE), "rent is owed from then")
    ] = None
    tenancy_ends_on: Annotated[
        date | None, Sees(of_a_move("tenancy_ends_on", Direction.WITHIN), "rent may be owed on two homes at once")
    ] = None
    evidence: Annotated[
        tuple[SeenEvidence, ...] | None, Sees(of_a_move("evidence", *_HERE), "rent and identity must be proved")
    ] = None


class Died(Change):
    """A death of a claimant or a partner."""

    occurred_on: Annotated[Written, Sees("event.occurred_on", "the award ends with that week")]
    award_ends_on: Annotated[date | None, Sees(sunday_of_the_week_of_death, "the Sunday of the week of death")] = None
    name: Annotated[SeenName | None, Sees("subject.name", "to find the claim")] = None
    date_of_birth: Annotated[Written, Sees("subject.date_of_birth", "to find the claim")] = None
    nino: Annotated[str | None, Sees("subject.nino", "claims are held by it")] = None
    home: Annotated[SeenAddress | None, Sees("subject.address", "to find the claim")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]
    claimant_or_partner: Annotated[str | None, Sees("event.claimant_or_partner", "to end the claim or change it")] = (
        None
    )
    survivor: Annotated[SeenPerson | None, Sees(survivor_who_agreed, "the survivor may need a claim")] = None
    estate: Annotated[SeenParty | None, Sees(who_deals_with_the_estate, "to settle what was overpaid or owed")] = None


class Born(Change):
    """A child was born alive."""

    occurred_on: Annotated[date | None, Sees(day_of_live_birth, "the child's age, and when the family grew")] = None
    child: Annotated[SeenName | None, Sees(child_born_alive, "to add the child to the family")] = None


class Renamed(Change):
    """A change of name, and a partner who moves in with it."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "the claim changes from then")]
    previous_name: Annotated[SeenName | None, Sees(previous_name_unless_restricted, "to find the claim")] = None
    name: Annotated[SeenName, Sees("event.new_name", "to put the name on the claim")]
    partner: Annotated[SeenPerson | None, Sees(partner_who_moves_in, "a couple is assessed together")] = None
    partner_moved_in_on: Annotated[date | None, Sees(day_partner_moved_in, "a couple from then")] = None
    evidence_seen: Annotated[bool, Sees("event.evidence_seen", "whether proof must still be asked for")]


class Joined(Change):
    """Somebody joined the household."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "a deduction can start")]
    joiner: Annotated[Joiner, Sees("event.joiner", "a non-dependant or a partner changes the award")]
    income: Annotated[SeenIncome | None, Sees("event.joiner.income", "deductions go by income")] = None
    evidence: Annotated[tuple[SeenEvidence, ...], Sees("event.evidence", "income and identity must be proved")] = ()


class Left(Change):
    """Somebody left the household."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "a deduction can end")]
    leaver: Annotated[SeenName, Sees("event.leaver.name", "to take them off the claim")]
    reason: Annotated[str, Sees("event.reason", "the class of absence decides whether they still count")]


class Paid(Change):
    """A change of income."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "the award changes from the week after")]
    person: Annotated[SeenPerson | None, Sees(the_one_meant, "whose income it is")] = None
    change: Annotated[str, Sees("event.change", "it starts, stops, rises or falls")]
    income: Annotated[SeenIncome, Sees("event.income", "the award goes by income")]
    evidence: Annotated[tuple[SeenEvidence, ...], Sees("event.evidence", "income must be proved")] = ()


class Worked(Change):
    """A start or an end of work."""

    occurred_on: Annotated[date, Sees("event.occurred_on", "the first or last day of work")]
    person: Annotated[SeenPerson | None, Sees(the_one_meant, "whose work it is")] = None
    change: Annotated[str, Sees("event.change", "it starts or stops")]
    employer: Annotated[str | None, Sees("event.employer", "to confirm pay")] = None
    hours_a_week: Annotated[int | None, Sees("event.hours_a_week", "hours decide what is disregarded")] = None
    first_pay_on: Annotated[date | None, Sees("event.first_pay_on", "income counts from pay")] = None
    last_pay_on: Annotated[date | None, Sees("event.last_pay_on", "income counts until pay")] = None
    evidence: Annotated[tuple[SeenEvidence, ...], Sees("event.evidence", "pay must be proved")] = ()


class Reached(Claim):
    """New contact details."""

    phone: Annotated[str | None, Sees("event.new_phone", "to ring")] = None
    email: Annotated[str | None, Sees("event.new_email", "to write")] = None
    language: Annotated[str | None, Sees("event.new_language", "to write in their language")] = None
    large_print: Annotated[bool | None, Sees("event.new_large_print", "to write so that they can read it")] = None


class TakenBack(Disclosure):
    """An earlier change did not happen."""

    earlier_delivery: Annotated[str, Sees("earlier_delivery", "to undo that change")]
    reason: Annotated[str, Sees("event.reason", "a duplicate is undone otherwise than a mistake")]
    told_on: Annotated[date, Sees("told_on", "an overpayment is classed by when we knew")]
