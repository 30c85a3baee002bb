"""Rules for what Housing Benefit sees that is not simply a field of the life event. Pure.

Whether a change was beneficial, and what an award becomes, is for the office: it gets facts and dates.
"""

from datetime import date

from broker.effective_dates import (
    BenefitDates,
    benefit_change,
    benefit_death,
    benefit_end,
    benefit_move,
    is_aged,
    last_day_of_award,
    told_council_tax_late,
)
from broker.facts import Facts
from broker.fragments import day_of
from schemas.bereavement import Bereavement
from schemas.birth import Birth, BirthOutcome
from schemas.move import Direction, Move
from schemas.name import Name
from schemas.name_change import NameChange, Partner
from schemas.tenure import Tenure

#: The lowest pension age since 2020 (Pensions Act 2014, s 26): the office knows each person's own.
PENSION_AGE = 66
STILL_HOUSING_BENEFIT = frozenset({Tenure.SUPPORTED_HOUSING, Tenure.TEMPORARY_ACCOMMODATION})


def dates_of_the_change(facts: Facts) -> BenefitDates | None:
    """From when the change counts. A move in is a new claim, and a still-birth no change: they have no such dates."""
    event, told_on = facts.event, facts.told_on
    match event:
        case Move(direction=Direction.IN) | Birth(outcome=BirthOutcome.STILL):
            return None
        case Move(direction=Direction.OUT):
            return benefit_end(event.occurred_on, told_on)
        case Move():
            return benefit_move(event.occurred_on, told_on)
        case Bereavement():
            return benefit_death(event.occurred_on, told_on)
        case _:
            return benefit_change(day_of(facts), told_on)


def told_after_21_days(facts: Facts) -> bool:
    """Whether the 21 days for Council Tax Reduction had passed (SI 2012/2885, Schedule 8, paragraph 9)."""
    return told_council_tax_late(day_of(facts), facts.told_on)


def sunday_of_the_week_of_death(facts: Facts) -> date | None:
    """The Sunday of the benefit week of the death, where the day is known."""
    return last_day_of_award(facts.event.happened)


def child_born_alive(facts: Facts) -> Name | None:
    """The child's name; of a still-birth nothing is ever passed on."""
    child = facts.event.child if isinstance(facts.event, Birth) and was_live_birth(facts) else None
    return child.name if child is not None else None


def day_of_live_birth(facts: Facts) -> date | None:
    """The day the child was born; of a still-birth nothing is ever passed on."""
    return facts.event.occurred_on if isinstance(facts.event, Birth) and was_live_birth(facts) else None


def partner_who_moves_in(facts: Facts) -> Partner | None:
    """The partner, only where they live in the same home: then the two are assessed as a couple."""
    partner = facts.event.partner if isinstance(facts.event, NameChange) else None
    return partner if partner is not None and partner.moves_in else None


def day_partner_moved_in(facts: Facts) -> date | None:
    """The day from which the two are a couple in one home."""
    partner = partner_who_moves_in(facts)
    return partner.moved_in_on if partner is not None else None


def was_live_birth(facts: Facts) -> bool:
    """Still-birth data are never passed on."""
    return isinstance(facts.event, Birth) and facts.event.outcome is BirthOutcome.LIVE


def may_have_a_claim(facts: Facts) -> bool:
    """Not told of a move in unless there is a claim, or help with rent could still be Housing Benefit."""
    event, born = facts.event, facts.subject.date_of_birth
    if not isinstance(event, Move) or event.direction is not Direction.IN:
        return True
    pensioner = born is not None and is_aged(PENSION_AGE, born, event.occurred_on) is not False
    return facts.case_reference is not None or event.tenure in STILL_HOUSING_BENEFIT or pensioner
