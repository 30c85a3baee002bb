"""A date of which we may know only the year, or the year and month."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Self

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from schemas.day import EARLIEST_YEAR, read_day

_SHAPE: Final = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A year, a month of a year, or a day; written `1938`, `1938-11` or `1938-11-02`."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day and not self.month:
            raise ValueError("a day needs its month")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a date or its text, or raise bad_date."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and (found := _SHAPE.fullmatch(value)) and int(found[1]) >= EARLIEST_YEAR:
            return cls(year=int(found[1]), month=int(found[2]) if found[2] else None)
        whole = read_day(value)
        return cls(year=whole.year, month=whole.month, day=whole.day)

    @property
    def whole(self) -> date | None:
        """The day itself, if it is known."""
        return date(self.year, self.month, self.day) if self.month and self.day else None

    @property
    def earliest(self) -> date:
        """The first day it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        steps = (f"{self.year:04}", *(f"{step:02}" for step in (self.month, self.day) if step))
        return "-".join(steps)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of, serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", "examples": ["1938-11"]}


def _whole(value: PartialDate) -> PartialDate:
    if value.whole is None:
        raise PydanticCustomError("date_incomplete", "Enter the day, month and year.")
    return value


WholeDate = Annotated[
    PartialDate,
    AfterValidator(_whole),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["1938-11-02"]}),
]
