"""Days and moments as people read them, in English and Welsh, in London's time."""

from datetime import date, datetime
from typing import Final

from broker.screens.words import Tongue
from schemas.partial_date import PartialDate
from schemas.today import LONDON

_ENGLISH: Final = "January February March April May June July August September October November December".split()
_WELSH: Final = "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr".split()
MONTHS: Final = {Tongue.ENGLISH: _ENGLISH, Tongue.WELSH: _WELSH}


def day_in_words(day: object, tongue: Tongue = Tongue.ENGLISH) -> str:
    """A day as it is said, such as 3 March 2026; a partial one, or its text, as far as it is known."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = day.astimezone(LONDON).date()
    known = PartialDate.of(day if isinstance(day, date | PartialDate) else str(day))
    month = MONTHS[tongue][known.month - 1] if known.month else ""
    return " ".join(str(part) for part in (known.day, month, known.year) if part)


def moment_in_words(moment: datetime | None, tongue: Tongue = Tongue.ENGLISH) -> str:
    """A moment, such as 3 March 2026, 14:05."""
    if moment is None:
        return ""
    there = moment.astimezone(LONDON)
    return f"{day_in_words(there.date(), tongue)}, {there:%H:%M}"
