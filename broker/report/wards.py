"""Wards: which ward a postcode lies in, and how many live there, as the council's own file says.

The file is CSV with a heading: ``postcode,ward,population``. A postcode may be given whole or cut short (``AA1 1``);
the longest that fits decides. The population is written in any one line of the ward.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

#: where no ward can be named
ELSEWHERE: Final = "not known"
_SHORTEST: Final = 2


class WardsUnreadable(ValueError):
    """The wards file cannot be used; the text names the line and what to do, and holds no other text of it."""


@dataclass(frozen=True, slots=True)
class Wards:
    """A council's wards."""

    by_postcode: Mapping[str, str] = field(default_factory=dict)
    population: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path | None) -> Self:
        """Read the file; none where there is none. Raises WardsUnreadable or OSError."""
        if file is None:
            return cls()
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return cls.from_rows(csv.DictReader(lines))

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, str | None]]) -> Self:
        """Take the lines of a file. Raises WardsUnreadable."""
        by_postcode: dict[str, str] = {}
        population: dict[str, int] = {}
        for number, row in enumerate(rows, start=2):
            postcode, ward = _squeezed(row.get("postcode")), (row.get("ward") or "").strip()
            if len(postcode) < _SHORTEST or not ward:
                raise WardsUnreadable(f"line {number} of the wards file needs a postcode and a ward")
            by_postcode[postcode] = ward
            if said := (row.get("population") or "").strip():
                if not said.isdigit():
                    raise WardsUnreadable(f"line {number} of the wards file needs a whole number as population")
                population[ward] = int(said)
        return cls(by_postcode, population)

    def of(self, postcode: str | None) -> str:
        """The ward of a postcode."""
        squeezed = _squeezed(postcode)
        for length in range(len(squeezed), _SHORTEST - 1, -1):
            if (ward := self.by_postcode.get(squeezed[:length])) is not None:
                return ward
        return ELSEWHERE


def _squeezed(postcode: str | None) -> str:
    return "".join((postcode or "").split()).upper()
