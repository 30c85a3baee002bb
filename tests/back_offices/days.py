"""Days counted as councils count them (without bank holidays)."""

from datetime import date, timedelta

SATURDAY = 5


def working_day_from(day: date) -> date:
    """The day itself, or the Monday after when it falls on a weekend."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day


def working_days_after(day: date, count: int) -> date:
    """The day that is so many working days later."""
    for _ in range(count):
        day = working_day_from(day + timedelta(days=1))
    return day


def day_in(text: object) -> date | None:
    """A full date, or None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text) if len(text) == len("2026-07-01") else None
    except ValueError:
        return None
