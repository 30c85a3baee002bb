"""Windows: when a back office is closed by its own calendar (annual billing, office hours, planned work). Pure.

A closed department is told nothing; what waits is released when it opens. Days and hours are those of London.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from schemas.today import LONDON

#: further than this nobody looks for the next opening
FURTHEST = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """Closed on the same days every year, both inclusive, as (month, day); it may pass the year's end."""

    first: tuple[int, int]
    last: tuple[int, int]
    reason: str

    def shuts(self, day: date) -> bool:
        """Whether it is closed all this day."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """Open from one hour to another on these days of the week only; Monday is 0."""

    days: frozenset[int]
    opens: time
    closes: time
    reason: str = "office-hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Closed from one moment to another, once."""

    begins: datetime
    ends: datetime
    reason: str


Window: TypeAlias = Yearly | OfficeHours | Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """It is closed, until when, and why."""

    until: datetime
    reason: str


def closed(windows: Sequence[Window], at: datetime) -> Closed | None:
    """Whether a department is closed at a moment. ``until`` is when every window lets it be told again."""
    first = next(((window, end) for window in windows if (end := _end(window, at)) is not None), None)
    if first is None:
        return None
    window, until = first
    for _ in range(FURTHEST):
        later = max((end for each in windows if (end := _end(each, until)) is not None), default=None)
        if later is None:
            break
        until = later
    return Closed(until=until, reason=window.reason)


def _end(window: Window, at: datetime) -> datetime | None:
    """When the window that is on at this moment ends; None while it is not on."""
    match window:
        case Planned():
            return window.ends if window.begins <= at < window.ends else None
        case Yearly():
            return _year_end(window, at)
        case OfficeHours():
            return _opening(window, at)


def _year_end(window: Yearly, at: datetime) -> datetime | None:
    day = at.astimezone(LONDON).date()
    if not window.shuts(day):
        return None
    for _ in range(366):
        day += timedelta(days=1)
        if not window.shuts(day):
            break
    return _moment(day, time())


def _opening(window: OfficeHours, at: datetime) -> datetime | None:
    here = at.astimezone(LONDON)
    if here.weekday() in window.days and window.opens <= here.time() < window.closes:
        return None
    for ahead in range(8):
        day = here.date() + timedelta(days=ahead)
        opens = _moment(day, window.opens)
        if day.weekday() in window.days and opens > at:
            return opens
    return None


def _moment(day: date, hour: time) -> datetime:
    # An hour that the clock change leaves out is the one an hour later.
    return datetime.combine(day, hour, tzinfo=LONDON).astimezone(UTC)
