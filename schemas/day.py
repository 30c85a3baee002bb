"""A calendar date, in the one form that cannot be misread."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

EARLIEST_YEAR: Final = 1800
_SHAPE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(value: object) -> date:
    """Return the date of `YYYY-MM-DD` (1800 or later), or raise bad_date."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _SHAPE.fullmatch(value) and int(value[:4]) >= EARLIEST_YEAR:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # raised below, so that the error does not carry the value
    raise PydanticCustomError("bad_date", "Enter a real date as year-month-day, as in 2026-03-27.")


Day = Annotated[
    date,
    BeforeValidator(read_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-27"]}),
]
