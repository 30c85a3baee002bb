"""A moment: when the council was told. Kept in UTC; without an offset it is London's clock that was read."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.today import LONDON

# RFC 3339, with the offset left out or London named after it (RFC 9557, and as people write it).
_SHAPE: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?(?:\[Europe/London\]| Europe/London)?"
)


def read_moment(value: object) -> datetime:
    """Return the moment in UTC, or raise bad_time; in the hour that clocks repeat, the first is meant (fold 0)."""
    if isinstance(value, str) and (found := _SHAPE.fullmatch(value)):
        try:
            value = datetime.fromisoformat(_padded(found[1]) + (found[2] or ""))
        except ValueError:
            value = None
    if isinstance(value, datetime):
        try:
            return (value if value.tzinfo else value.replace(tzinfo=LONDON)).astimezone(UTC)
        except OverflowError:
            pass  # raised below, so that the error does not carry the value
    raise PydanticCustomError("bad_time", "Enter a date and time with its offset, as in 2026-03-27T09:30:00Z.")


def _padded(clock: str) -> str:
    """Give a fraction of a second six digits."""
    whole, point, fraction = clock.partition(".")
    return f"{whole}.{fraction:0<6}" if point else whole


Moment = Annotated[
    datetime,
    BeforeValidator(read_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-27T09:30:00Z"]}),
]
