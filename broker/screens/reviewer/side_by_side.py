"""The event beside its records: one row a field, one column a record, and in words how they compare. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from types import MappingProxyType
from typing import Final

from broker.identity.wording import FIELDS
from broker.person import Agreement
from broker.reviews.reviewing import Case, FieldRow

#: a mark beside the word, for whoever scans a column; the word is what is read out
_MARKS: Final[Mapping[Agreement, str]] = MappingProxyType(
    {Agreement.AGREES: "=", Agreement.CLOSE: "≈", Agreement.DIFFERS: "✕", Agreement.MISSING: "–"}
)
_BORN: Final = FIELDS["date_of_birth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one record holds of a field."""

    held: str
    #: agrees, close, differs, not held or not said
    word: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field: what was told, and what each record holds."""

    field: str
    told: str
    #: a date of birth is read as a day, everything else as it stands
    is_day: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One record: the letter it is called by, and one sentence on how it compares."""

    letter: str
    person: str
    because: str


def columns_of(case: Case) -> tuple[Column, ...]:
    """The records of a case, each under its letter. How sure each is stays out: a reviewer decides without it."""
    return tuple(
        Column(letter=letter, person=record.person, because=record.because)
        for letter, record in zip(ascii_uppercase, case.records, strict=False)
    )


def rows_of(case: Case) -> tuple[Row, ...]:
    """One row a field, in the order in which they are weighed; a field that nobody has is left out."""
    by_record = [{row.field: row for row in record.rows} for record in case.records[: len(ascii_uppercase)]]
    return tuple(_rows(by_record))


def _rows(by_record: list[dict[str, FieldRow]]) -> Iterator[Row]:
    for field in FIELDS.values():
        found = [rows.get(field) for rows in by_record]
        if any(found):
            told = next((row.told for row in found if row and row.told), None)
            cells = tuple(_cell(row, told) for row in found)
            yield Row(field=field, told=told or "", is_day=field == _BORN, cells=cells)


def _cell(row: FieldRow | None, told: str | None) -> Cell:
    held = row.held if row else None
    agreement = row.agreement if row else Agreement.MISSING
    word = "not held" if not held else "not said" if not told else agreement.value
    return Cell(held=held or "", word=word, mark=_MARKS[agreement if held and told else Agreement.MISSING])
