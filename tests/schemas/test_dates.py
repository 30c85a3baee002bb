"""Dates and times: one way to read them, judged by the calendar in London."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from schemas.day import read_day
from schemas.moment import read_moment
from schemas.partial_date import PartialDate


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30",
        "2023-02-29",
        "10000-01-01",
        "12/31/2025",
        "31/12/2025",
        "1700000000",
        1700000000,
        1938,
        True,
        "٢٠٢٤-٠١-٠١",
        "２０２４-01-01",
        "26-7-1",
        "2024-1-1",
        "2024-13-01",
        "0000-01-01",
        "0938-01-01",
        "2024-01-01T00:00:00",
        " 2024-01-01",
        "2024-01-01\n",
        "20240101",
        "2024-W01-1",
        "",
        None,
        {},
    ],
)
def test_what_is_no_date_is_refused(value: object) -> None:
    for read in (read_day, PartialDate.of):
        with pytest.raises(PydanticCustomError) as caught:
            read(value)
        assert caught.value.type == "bad_date"


@pytest.mark.parametrize("value", ["1938-00", "1938-13", "1938-1", "19", "1938-"])
def test_what_is_no_part_of_a_date_is_refused(value: str) -> None:
    with pytest.raises(PydanticCustomError, match="real date"):
        PartialDate.of(value)


def test_a_leap_day_is_a_date() -> None:
    assert read_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "whole"),
    [
        ("1938", date(1938, 1, 1), date(1938, 12, 31), None),
        ("1940-02", date(1940, 2, 1), date(1940, 2, 29), None),
        ("1938-11-02", date(1938, 11, 2), date(1938, 11, 2), date(1938, 11, 2)),
    ],
)
def test_a_partial_date_knows_the_days_it_can_mean(text: str, earliest: date, latest: date, whole: date | None) -> None:
    partial = PartialDate.of(text)
    assert (partial.earliest, partial.latest, partial.whole) == (earliest, latest, whole)


def test_a_partial_date_cannot_be_made_of_what_is_no_date() -> None:
    with pytest.raises(ValueError, match="day"):
        PartialDate(year=2026, month=2, day=30)
    with pytest.raises(ValueError, match="month"):
        PartialDate(year=2026, day=3)


@settings(deadline=None)
@given(st.dates(date(1800, 1, 1)), st.sampled_from([4, 7, 10]))
def test_a_partial_date_is_written_as_it_was_read(day: date, known: int) -> None:
    text = day.isoformat()[:known]
    partial = PartialDate.of(text)
    assert str(partial) == text
    assert partial.earliest <= day <= partial.latest


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        # London's clock showed 01:30 twice that night; the first was still summer time.
        ("2026-10-25T01:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T01:30:00 Europe/London", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T01:30:00[Europe/London]", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T01:30:00+00:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-07-01T09:30", datetime(2026, 7, 1, 8, 30, tzinfo=UTC)),
        ("2026-01-01T00:00:00-00:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00+23:59", datetime(2025, 12, 31, 0, 1, tzinfo=UTC)),
        ("2026-03-27T09:30:00.5Z", datetime(2026, 3, 27, 9, 30, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_kept_in_utc(text: str, utc: datetime) -> None:
    assert read_moment(text) == utc
    assert read_moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T00:00:00+24:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "٢٠٢٦-01-01T00:00:00Z",
        "2026-01-01T00:00:00 Europe/Paris",
        "1700000000",
        1700000000,
        None,
        "",
    ],
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read_moment(value)
    assert caught.value.type == "bad_time"
