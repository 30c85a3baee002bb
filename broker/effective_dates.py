"""Effective dates: from which day a change counts, by each department's rules. No award is computed here."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from broker.working_days import working_day_from
from schemas.partial_date import PartialDate

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)

NOT_KNOWN_TO_THE_DAY = "the date is not known to the day"


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilTaxMove:
    """The days on which council tax passes from the old home to the new."""

    old_home_until: date
    new_home_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitDates:
    """From when a change counts for housing benefit, both ways where telling late could matter.

    The broker does not know whether a change was beneficial: housing benefit decides that, and so which day applies.
    """

    #: the day the change takes effect where it was told in time; None with a reason
    effective_on: date | None
    #: told more than one calendar month after it happened
    told_late: bool
    #: the day instead, if it was beneficial and told late and no longer time is allowed (SI 2001/1002, reg 9)
    if_beneficial_and_late_on: date | None = None
    #: why there is no day
    why_not: str | None = None


# -- Council tax


def council_tax_move(moved_on: date) -> CouncilTaxMove:
    """The old home until the day before the move, the new one from the day of it.

    Local Government Finance Act 1992, s 2(2)(a): what holds at the end of a day is taken to have held all day.
    """
    return CouncilTaxMove(old_home_until=moved_on - _DAY, new_home_from=moved_on)


def discount_counts_from(changed_on: date) -> date:
    """A discount or disregard begins or ends with the day (Local Government Finance Act 1992, ss 2(2)(a) and 11)."""
    return changed_on


def last_day_to_tell_council_tax(changed_on: date) -> date:
    """The last of the 21 days that begin with the day of the change.

    SI 1992/613, reg 16 (a discount that should end); SI 2012/2885, Sch 8, para 9 (council tax reduction).
    """
    return changed_on + 20 * _DAY


def told_council_tax_late(changed_on: date, told_on: date) -> bool:
    """Whether the 21 days for council tax and its reduction had passed; whether with reason is theirs to decide."""
    return told_on > last_day_to_tell_council_tax(changed_on)


# -- Housing benefit


def benefit_week_end(day: date) -> date:
    """The Sunday of this day's benefit week, which begins on a Monday (SI 2006/213 and SI 2006/214, reg 2(1))."""
    return day + (6 - day.weekday()) * _DAY


def monday_after(day: date) -> date:
    """The first day of the next benefit week: always after the day, also when the day is a Monday."""
    return benefit_week_end(day) + _DAY


def month_after(day: date) -> date:
    """The same day of the next month, or its last day where there is none (Dodds v Walker [1981] 1 WLR 1027)."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def told_benefit_late(changed_on: date, told_on: date) -> bool:
    """Whether more than one calendar month had passed (Decisions and Appeals, SI 2001/1002, reg 8(3))."""
    return told_on > month_after(changed_on)


def benefit_change(changed_on: date, told_on: date) -> BenefitDates:
    """An ordinary change: the Monday after it (SI 2006/213, reg 79(1); SI 2006/214, reg 59(1)).

    If beneficial and told late, the day of telling stands for the day of the change (SI 2001/1002, reg 8(3)). The 26
    weeks for a pensioner's non-dependant (SI 2006/214, reg 59(10) to (13)) are for housing benefit: it knows the claim.
    """
    late = told_benefit_late(changed_on, told_on)
    instead = monday_after(told_on) if late else None
    return BenefitDates(effective_on=monday_after(changed_on), told_late=late, if_beneficial_and_late_on=instead)


def benefit_move(moved_on: date, told_on: date) -> BenefitDates:
    """A move with entitlement going on: the very day (SI 2006/213, reg 79(2A); SI 2006/214, reg 59(2A))."""
    late = told_benefit_late(moved_on, told_on)
    return BenefitDates(effective_on=moved_on, told_late=late, if_beneficial_and_late_on=told_on if late else None)


def benefit_end(ended_on: date, told_on: date) -> BenefitDates:
    """An end of entitlement: the Monday after the week it happened in (SI 2006/213, reg 79(8); SI 2006/214, reg 59(8)).

    Never beneficial, so telling late moves no date. A hostel paid by the day, and rent for two homes at once, are
    exceptions that housing benefit knows of (regs 79(8) and 79(9)).
    """
    return BenefitDates(effective_on=monday_after(ended_on), told_late=told_benefit_late(ended_on, told_on))


def benefit_death(died_on: PartialDate, told_on: date) -> BenefitDates:
    """A death: the award runs to the end of its benefit week, so a Sunday's death ends it that Sunday (reg 79(8)).

    A date known only in part has no effective date, and the reason why.
    """
    if died_on.whole is None:
        late = told_benefit_late(died_on.latest, told_on)
        return BenefitDates(effective_on=None, told_late=late, why_not=NOT_KNOWN_TO_THE_DAY)
    return benefit_end(died_on.whole, told_on)


def last_day_of_award(died_on: PartialDate) -> date | None:
    """The Sunday on which a dead person's award ends; None where the date is known only in part (reg 79(8))."""
    return None if died_on.whole is None else benefit_week_end(died_on.whole)


# -- Electoral registration


def invitation_due(known_on: date) -> date:
    """The last day for an invitation to register: 28 days on, or the next working day.

    Representation of the People Act 1983, s 9E(1); SI 2001/341, regs 8 and 32ZC. The clock starts when the registration
    officer knows of a name and an address, so at the earliest when the council was told.
    """
    return working_day_from(known_on + 4 * _WEEK)


# -- Birthdays


def birthday(born_on: date, age: int) -> date:
    """The day an age is reached, at its first moment (Family Law Reform Act 1969, s 9(1)).

    Born on 29 February: 1 March in a year that has no such day, so always for an 18th birthday.
    """
    year = born_on.year + age
    if (born_on.month, born_on.day) == (2, 29) and monthrange(year, 2)[1] == 28:
        return date(year, 3, 1)
    return born_on.replace(year=year)


def is_aged(age: int, born_on: PartialDate, on: date) -> bool | None:
    """Whether an age is reached on a day; None where a date of birth known only in part leaves it open."""
    if birthday(born_on.latest, age) <= on:
        return True
    return False if birthday(born_on.earliest, age) > on else None
