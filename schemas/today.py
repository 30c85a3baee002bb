"""The day it is in London, by which dates are judged."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationInfo

LONDON: Final = ZoneInfo("Europe/London")


def london_today() -> date:
    """Say the calendar date now in London: just after midnight in summer it is still yesterday in UTC."""
    return datetime.now(LONDON).date()


def today_of(info: ValidationInfo) -> date:
    """Take the date from the validation context (key `today`), or the real one."""
    given = info.context.get("today") if isinstance(info.context, dict) else None
    return given if isinstance(given, date) else london_today()
