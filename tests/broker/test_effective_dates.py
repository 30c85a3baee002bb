"""From which day a change counts: worked cases from the regulations, and what must hold on every day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import effective_dates as rules
from broker.working_days import bank_holidays, is_working_day, working_day_from
from schemas.partial_date import PartialDate

days = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31))
births = st.dates(min_value=date(1900, 1, 1), max_value=date(2030, 12, 31))
MONDAY, SUNDAY = 0, 6


# -- council tax


@given(days)
def test_a_move_leaves_no_day_uncharged_and_none_charged_twice(moved_on: date) -> None:
    move = rules.council_tax_move(moved_on)
    assert move.new_home_from == moved_on
    assert move.new_home_from - move.old_home_until == timedelta(days=1)


@given(days)
def test_a_discount_counts_from_the_day_itself(changed_on: date) -> None:
    assert rules.discount_counts_from(changed_on) == changed_on


@pytest.mark.parametrize(
    ("told_on", "late"),
    [(date(2026, 6, 25), False), (date(2026, 7, 1), False), (date(2026, 7, 21), False), (date(2026, 7, 22), True)],
)
def test_the_21_days_for_council_tax_begin_with_the_day_of_the_change(told_on: date, late: bool) -> None:
    assert rules.told_council_tax_late(date(2026, 7, 1), told_on) is late


# -- housing benefit


@pytest.mark.parametrize(
    ("changed_on", "effective_on"),
    [
        (date(2026, 6, 29), date(2026, 7, 6)),  # a Monday: the Monday after, not the same day
        (date(2026, 7, 1), date(2026, 7, 6)),
        (date(2026, 7, 5), date(2026, 7, 6)),  # a Sunday: the next day
    ],
)
def test_an_ordinary_change_counts_from_the_monday_after(changed_on: date, effective_on: date) -> None:
    assert rules.benefit_change(changed_on, changed_on).effective_on == effective_on


@given(days, days)
def test_an_ordinary_change_counts_from_a_monday_within_the_week_after_it(changed_on: date, told_on: date) -> None:
    effective_on = rules.benefit_change(changed_on, told_on).effective_on
    assert effective_on is not None
    assert effective_on.weekday() == MONDAY
    assert timedelta(days=1) <= effective_on - changed_on <= timedelta(days=7)


@given(days, days)
def test_a_day_for_a_change_told_late_is_given_only_when_it_was_told_late_and_is_never_before_the_telling(
    changed_on: date, told_on: date
) -> None:
    for dates in (rules.benefit_change(changed_on, told_on), rules.benefit_move(changed_on, told_on)):
        assert (dates.if_beneficial_and_late_on is not None) is dates.told_late
        if dates.if_beneficial_and_late_on is not None and dates.effective_on is not None:
            assert dates.if_beneficial_and_late_on >= told_on > changed_on
            assert dates.if_beneficial_and_late_on >= dates.effective_on


@given(days, st.integers(min_value=0, max_value=28))
def test_telling_within_four_weeks_is_never_late_and_telling_before_it_happens_never_is(on: date, wait: int) -> None:
    assert not rules.told_benefit_late(on, on + timedelta(days=wait))
    assert not rules.told_benefit_late(on, on - timedelta(days=wait))


@pytest.mark.parametrize(
    ("changed_on", "last_day"),
    [
        (date(2026, 1, 15), date(2026, 2, 15)),
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 2, 28), date(2026, 3, 28)),
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_one_calendar_month_ends_on_the_same_day_of_the_next_month_or_its_last(
    changed_on: date, last_day: date
) -> None:
    assert not rules.told_benefit_late(changed_on, last_day)
    assert rules.told_benefit_late(changed_on, last_day + timedelta(days=1))


def test_a_beneficial_change_told_late_counts_as_if_it_happened_on_the_day_of_telling() -> None:
    dates = rules.benefit_change(date(2026, 5, 1), told_on=date(2026, 7, 1))
    assert dates.effective_on == date(2026, 5, 4)
    assert dates.told_late
    assert dates.if_beneficial_and_late_on == date(2026, 7, 6)


@given(days, days)
def test_a_move_with_entitlement_going_on_counts_from_the_very_day(moved_on: date, told_on: date) -> None:
    assert rules.benefit_move(moved_on, told_on).effective_on == moved_on


@given(days, days)
def test_an_end_of_entitlement_counts_from_the_monday_after_and_telling_late_does_not_move_it(
    on: date, told: date
) -> None:
    dates = rules.benefit_end(on, told)
    assert dates.effective_on == rules.monday_after(on)
    assert dates.if_beneficial_and_late_on is None


def test_a_death_on_a_sunday_ends_the_award_that_sunday() -> None:
    sunday = date(2026, 7, 5)
    assert sunday.weekday() == SUNDAY
    assert rules.last_day_of_award(PartialDate.of(sunday)) == sunday
    assert rules.benefit_death(PartialDate.of(sunday), sunday).effective_on == date(2026, 7, 6)


@given(days)
def test_an_award_ends_on_the_sunday_of_the_week_of_death(died_on: date) -> None:
    last = rules.last_day_of_award(PartialDate.of(died_on))
    assert last is not None
    assert last.weekday() == SUNDAY
    assert timedelta(0) <= last - died_on <= timedelta(days=6)
    assert rules.benefit_death(PartialDate.of(died_on), died_on).effective_on == last + timedelta(days=1)


def test_a_death_known_only_to_the_month_has_no_effective_date_and_a_reason() -> None:
    june = PartialDate(year=2026, month=6)
    dates = rules.benefit_death(june, told_on=date(2026, 7, 1))
    assert dates == rules.BenefitDates(effective_on=None, told_late=False, why_not=rules.NOT_KNOWN_TO_THE_DAY)
    assert rules.benefit_death(june, told_on=date(2026, 8, 1)).told_late
    assert rules.last_day_of_award(june) is None


# -- electoral registration


@given(days)
def test_an_invitation_is_due_on_a_working_day_28_days_on_or_just_after(known_on: date) -> None:
    due = rules.invitation_due(known_on)
    assert is_working_day(due)
    assert timedelta(days=28) <= due - known_on <= timedelta(days=28 + 6)


@pytest.mark.parametrize(
    ("known_on", "due"),
    [
        (date(2026, 7, 1), date(2026, 7, 29)),
        (date(2026, 11, 26), date(2026, 12, 29)),  # Christmas Eve, then Christmas, a weekend and a substitute day
        (date(2026, 3, 6), date(2026, 4, 7)),  # Good Friday to Easter Monday
        (date(2027, 5, 3), date(2027, 6, 1)),  # the late May holiday
    ],
)
def test_an_invitation_that_would_fall_due_on_a_holiday_is_due_on_the_next_working_day(
    known_on: date, due: date
) -> None:
    assert rules.invitation_due(known_on) == due


@given(days)
def test_the_next_working_day_skips_no_working_day(day: date) -> None:
    found = working_day_from(day)
    assert is_working_day(found)
    assert not any(is_working_day(day + timedelta(days=n)) for n in range((found - day).days))


@pytest.mark.parametrize(
    ("year", "holidays"),
    [  # as published for England and Wales
        (2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"),
        (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
        (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
    ],
)
def test_bank_holidays_are_those_published_for_england_and_wales(year: int, holidays: str) -> None:
    assert " ".join(day.strftime("%m-%d") for day in sorted(bank_holidays(year))) == holidays


# -- birthdays


@given(births)
def test_a_person_is_an_adult_from_the_18th_birthday_and_not_the_day_before(born_on: date) -> None:
    eighteenth, born = rules.birthday(born_on, 18), PartialDate.of(born_on)
    assert rules.is_aged(18, born, eighteenth) is True
    assert rules.is_aged(18, born, eighteenth - timedelta(days=1)) is False


def test_a_person_born_on_29_february_is_18_on_1_march() -> None:
    assert rules.birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert rules.birthday(date(2008, 2, 29), 20) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("on", "adult"),
    [(date(2025, 12, 31), False), (date(2026, 1, 1), None), (date(2026, 12, 30), None), (date(2026, 12, 31), True)],
)
def test_a_birth_year_alone_tells_an_adult_from_a_child_only_outside_the_year_of_the_birthday(
    on: date, adult: bool | None
) -> None:
    assert rules.is_aged(18, PartialDate(year=2008), on) is adult
