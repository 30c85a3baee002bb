"""A month of a report, from its first moment in London to the first of the next."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self

from schemas.today import LONDON

_SHAPE: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_FIRST_YEAR: Final = 2000


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of the calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The month that a moment falls in, in London."""
        there = moment.astimezone(LONDON)
        return cls(there.year, there.month)

    @classmethod
    def read(cls, said: str) -> Self:
        """Read YYYY-MM. Raises ValueError."""
        found = _SHAPE.fullmatch(said)
        if found is None or int(found[1]) < _FIRST_YEAR or not 1 <= int(found[2]) <= 12:
            raise ValueError("a month is written YYYY-MM, such as 2026-11")
        return cls(int(found[1]), int(found[2]))

    @property
    def began(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=LONDON)

    @property
    def ended(self) -> datetime:
        """The first moment of the next."""
        return self.next().began

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    def next(self) -> "Month":
        """The month after."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def before(self) -> "Month":
        """The month before."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"
