"""Births: how two dates of birth compare. Pure."""

from enum import StrEnum
from typing import Final

WHOLE_DATE: Final = len("1938-11-02")
_NEW_YEAR: Final = "-01-01"
#: years; a parent and a child of one name are further apart, whatever single digit differs
_ONE_GENERATION: Final = 10
_TWO: Final = 2


class BirthLevel(StrEnum):
    """How two dates of birth compare, closest first."""

    EXACT = "exact"
    SWAPPED = "swapped"
    ONE_SLIP = "one_slip"
    TWO_PARTS = "two_parts"
    YEAR = "year"
    FITS = "fits"
    DIFFERS = "differs"
    MISSING = "missing"


def compare_births(told: str, held: str) -> BirthLevel:
    """Compare two dates, written `1938`, `1938-11` or `1938-11-02`; empty is not known."""
    if not told or not held:
        return BirthLevel.MISSING
    if len(told) != WHOLE_DATE or len(held) != WHOLE_DATE:
        return BirthLevel.FITS if told.startswith(held) or held.startswith(told) else BirthLevel.DIFFERS
    if told == held:
        return BirthLevel.EXACT
    if told == swapped_birth(held):
        return BirthLevel.SWAPPED
    near = abs(int(told[:4]) - int(held[:4])) <= _ONE_GENERATION
    if near and one_slip_apart(told, held):
        return BirthLevel.ONE_SLIP
    if near and _parts_shared(told, held) == _TWO:
        return BirthLevel.TWO_PARTS
    defaulted = told.endswith(_NEW_YEAR) or held.endswith(_NEW_YEAR)
    return BirthLevel.YEAR if defaulted and told[:4] == held[:4] else BirthLevel.DIFFERS


def _parts_shared(one: str, other: str) -> int:
    """How many of year, month and day are the same."""
    return sum(mine == theirs for mine, theirs in zip(one.split("-"), other.split("-"), strict=True))


def swapped_birth(date: str) -> str:
    """The date with its day and month exchanged, whether or not that is a date."""
    return f"{date[:4]}-{date[8:]}-{date[5:7]}"


def is_default(date: str) -> bool:
    """Whether the date is what is entered where only the year, or nothing, is known."""
    return date.endswith(_NEW_YEAR)


def one_slip_apart(one: str, other: str) -> bool:
    """Whether one wrong character, or two neighbours exchanged, is all the difference; for texts of one length."""
    if len(one) != len(other):
        return False
    apart = [place for place, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
    match apart:
        case [_]:
            return True
        case [first, second]:
            return second == first + 1 and one[first] == other[second] and one[second] == other[first]
        case _:
            return False
