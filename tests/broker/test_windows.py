from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.adapter import Adapter, HandOver
from broker.opening import windows_of
from broker.settings import BackOffice, ClosedDays, Settings
from broker.windows import Closed, OfficeHours, Planned, Window, Yearly, closed
from schemas.today import LONDON

BILLING = Yearly(first=(2, 24), last=(3, 14), reason="annual-billing")
OFFICE = OfficeHours(days=frozenset(range(5)), opens=time(8), closes=time(18))
moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=LONDON)  # type: ignore[misc, arg-type]


def test_annual_billing_shuts_from_the_first_day_to_the_end_of_the_last() -> None:
    assert closed([BILLING], at(2027, 2, 23, 23, 59)) is None
    shut = Closed(until=at(2027, 3, 15).astimezone(UTC), reason="annual-billing")
    assert closed([BILLING], at(2027, 2, 24)) == closed([BILLING], at(2027, 3, 14, 23, 59)) == shut
    assert closed([BILLING], at(2027, 3, 15)) is None


def test_a_window_may_pass_the_end_of_the_year() -> None:
    christmas = Yearly(first=(12, 24), last=(1, 2), reason="christmas")
    shut = closed([christmas], at(2026, 12, 31, 12))
    assert shut is not None
    assert shut.until == at(2027, 1, 3)
    assert closed([christmas], at(2027, 1, 1)) == shut


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (at(2026, 11, 2, 7, 59), at(2026, 11, 2, 8)),
        (at(2026, 11, 2, 8), None),
        (at(2026, 11, 2, 18), at(2026, 11, 3, 8)),
        (at(2026, 11, 6, 18), at(2026, 11, 9, 8)),
        (at(2026, 10, 24, 12), at(2026, 10, 26, 8)),  # the clocks go back that night
        (at(2027, 3, 27, 12), at(2027, 3, 29, 8)),
    ],
)
def test_office_hours_are_those_of_london(moment: datetime, until: datetime | None) -> None:
    shut = closed([OFFICE], moment.astimezone(UTC))
    assert (shut.until if shut else None) == until


def test_windows_that_follow_on_each_other_are_one() -> None:
    work = Planned(begins=at(2027, 3, 15), ends=at(2027, 3, 15, 12), reason="planned-work")
    shut = closed([BILLING, OFFICE, work], at(2027, 3, 14, 20))
    assert shut == Closed(until=at(2027, 3, 15, 12).astimezone(UTC), reason="annual-billing")


@given(moments)
def test_when_a_window_ends_it_is_open_and_just_before_it_was_not(moment: datetime) -> None:
    windows: list[Window] = [BILLING, OFFICE]
    shut = closed(windows, moment)
    if shut is None:
        return
    assert shut.until > moment
    assert closed(windows, shut.until) is None
    assert closed(windows, shut.until - timedelta(seconds=1)) is not None


def test_a_council_adds_windows_to_those_of_the_adapter() -> None:
    adapter = Adapter("x", title="X", hand_over=HandOver.CALLED, lawful_basis="y", windows=[BILLING])
    office = BackOffice(
        closed=[
            ClosedDays(first="12-24", last="12-31", reason="christmas"),
            ClosedDays(first="2027-05-01T06:00Z", last="2027-05-01T12:00+01:00", reason="planned-work"),
        ],
        opens=time(8),
        closes=time(18),
    )
    found = windows_of([adapter], Settings(back_offices={"x": office}))["x"]
    assert found[0] == BILLING
    assert found[1] == Yearly(first=(12, 24), last=(12, 31), reason="christmas")
    assert isinstance(found[2], Planned)
    assert found[2].ends - found[2].begins == timedelta(hours=5)
    assert found[3] == OfficeHours(days=frozenset(range(7)), opens=time(8), closes=time(18))
    assert windows_of([Adapter("z", title="Z", hand_over=HandOver.CALLED, lawful_basis="y")], Settings()) == {}


@pytest.mark.parametrize(("first", "last"), [("02-30", "03-01"), ("02-24", "2027-03-01T06:00Z"), ("24.2.", "03-01")])
def test_days_that_are_none_are_refused(first: str, last: str) -> None:
    with pytest.raises(ValueError, match=r"first|last|day|month|string"):
        ClosedDays(first=first, last=last, reason="x")


def test_the_leap_day_belongs_to_a_window_around_it() -> None:
    shut = closed([Yearly(first=(2, 27), last=(3, 1), reason="x")], at(2028, 2, 29, 12))
    assert shut is not None
    assert shut.until.astimezone(LONDON).date() == date(2028, 3, 2)
