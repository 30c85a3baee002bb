"""How long a pause lasts: a few usual lengths, a moment of one's own in London's time, or until somebody resumes."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from broker.screens.fields import Wrong
from schemas.today import LONDON


class Length(StrEnum):
    """How long a pause lasts."""

    HALF_AN_HOUR = "half-an-hour"
    HOUR = "hour"
    FOUR_HOURS = "four-hours"
    MORNING = "morning"
    OTHER = "other"
    OPEN_END = "open-end"


LENGTHS: Final = MappingProxyType(
    {
        Length.HALF_AN_HOUR: "30 minutes",
        Length.HOUR: "1 hour",
        Length.FOUR_HOURS: "4 hours",
        Length.MORNING: "Until tomorrow at 08:00",
        Length.OTHER: "Until another time",
        Length.OPEN_END: "Until somebody resumes it",
    }
)
_FIXED: Final = MappingProxyType(
    {
        Length.HALF_AN_HOUR: timedelta(minutes=30),
        Length.HOUR: timedelta(hours=1),
        Length.FOUR_HOURS: timedelta(hours=4),
    }
)
_OPENS: Final = time(8)


def ends_at(length: str, moment: str, now: datetime) -> datetime | Wrong | None:
    """When a pause ends by itself; None where it does not, Wrong where nothing was chosen or it cannot be read."""
    if length not in set(Length):
        return Wrong(field="length", message="Choose when the pause ends")
    match Length(length):
        case Length.OPEN_END:
            return None
        case Length.OTHER:
            return _written(moment, now)
        case Length.MORNING:
            tomorrow = now.astimezone(LONDON).date() + timedelta(days=1)
            return datetime.combine(tomorrow, _OPENS, LONDON).astimezone(UTC)
        case fixed:
            return now + _FIXED[fixed]


def _written(moment: str, now: datetime) -> datetime | Wrong:
    try:
        until = datetime.fromisoformat(moment)
        until = until.replace(tzinfo=until.tzinfo or LONDON).astimezone(UTC)
    except (ValueError, OverflowError):
        return Wrong(field="until", message="Enter the day and the time when the pause ends")
    if until <= now:
        return Wrong(field="until", message="Enter a time that is still to come")
    return until
