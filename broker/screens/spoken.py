"""What people say, as life events write it: days, addresses, sums of money. Pure."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from broker.folding import folded
from broker.screens.worded import MONTHS
from broker.screens.words import Tongue

_TODAY: Final = {"today", "now", "heddiw"}
_YESTERDAY: Final = {"yesterday", "ddoe", "doe"}
_TOMORROW: Final = {"tomorrow", "yfory"}
_WEEKDAYS: Final = (
    ("monday", "llun"), ("tuesday", "mawrth"), ("wednesday", "mercher"), ("thursday", "iau"), ("friday", "gwener"),
    ("saturday", "sadwrn"), ("sunday", "sul"),
)  # fmt: skip
_PADDING: Final = re.compile(r"\b(?:on|the|of|about|around|in|last|this|dydd|tua|yn|ym|mis)\b|[,]")
_ENDING: Final = re.compile(r"(?<=\d)(?:st|nd|rd|th|af|ain|fed|eg|ydd|il)\b")
_POSTCODE: Final = re.compile(r"[,\s]*\b([A-Za-z]{1,2}[0-9][A-Za-z0-9]?)\s*([0-9][A-Za-z]{2})\s*$")
_NOWHERE: Final = {"nofixedabode", "nofixedaddress", "nfa", "homeless", "dimcartrefsefydlog", "digartref"}
_MOST_LINES: Final = 5
#: letters by which a month or a day of the week is known
_SHORT: Final = 3


def spoken_day(text: str, today: date) -> str:
    """A day as YYYY-MM-DD, YYYY-MM or YYYY; what cannot be read comes back as it was, for the schema to refuse.

    Reads today, yesterday, last Tuesday, 3 March, 3rd of March 2026, 3/3/26, March 1938, 1938, and the Welsh of these.
    """
    said = _ENDING.sub("", " ".join(_PADDING.sub(" ", text.lower()).split()))
    near = _near(said, today, text.lower().split())
    return near or _written(said, today) or text.strip()


def _near(said: str, today: date, words: Sequence[str]) -> str | None:
    for near, days in ((_TODAY, 0), (_YESTERDAY, -1), (_TOMORROW, 1)):
        if said in near:
            return (today + timedelta(days=days)).isoformat()
    for number, names in enumerate(_WEEKDAYS):
        english = len(said) >= _SHORT and names[0].startswith(said)
        if english or ("dydd" in words and names[1] in said.split()):
            back = (today.weekday() - number) % 7
            last = "last" in words or "diwethaf" in words
            return (today - timedelta(days=back or (7 if last else 0))).isoformat()
    return None


def _written(said: str, today: date) -> str | None:
    parts = re.split(r"[\s/.\-]+", said)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
        return said
    numbers = [_month(part) or part for part in parts]
    named = any(not part.isdecimal() for part in parts)
    if not all(part.isdecimal() for part in numbers):
        return None
    match numbers:
        case [year] if len(year) == 4:
            return year
        case [month, year] if len(year) == 4:
            return _partial(int(year), int(month))
        case [day, month] if named:
            return _day(int(day), int(month), _latest_year(int(day), int(month), today))
        case [year, month, day] if len(year) == 4:
            return _day(int(day), int(month), int(year))
        case [day, month, year]:
            return _day(int(day), int(month), _full_year(year, today))
        case _:
            return None


def _month(part: str) -> str | None:
    """A month's number by its name, or its first three letters or more, in either language."""
    if part.isdecimal() or len(part) < _SHORT:
        return None
    for names in (MONTHS[Tongue.ENGLISH], MONTHS[Tongue.WELSH]):
        for number, name in enumerate(names, 1):
            if name.lower().startswith(part):
                return str(number)
    return None


def _full_year(year: str, today: date) -> int:
    """Of two digits, the year that is not in the future by more than one."""
    if len(year) != 2:
        return int(year)
    this = today.year - today.year % 100 + int(year)
    return this if this <= today.year + 1 else this - 100


def _latest_year(day: int, month: int, today: date) -> int:
    """Without a year, the nearest such day: up to two months ahead, else the last one."""
    ahead = today + timedelta(days=61)
    return next(
        (year for year in (ahead.year, today.year) if (year, month, day) <= (ahead.year, ahead.month, ahead.day)),
        today.year - 1,
    )


def _day(day: int, month: int, year: int) -> str | None:
    fits = 1 <= month <= 12 and 1 <= year <= 9999 and 1 <= day <= monthrange(year, month)[1]
    return f"{year:04}-{month:02}-{day:02}" if fits else None


def _partial(year: int, month: int) -> str | None:
    return f"{year:04}-{month:02}" if 1 <= month <= 12 else None


def spoken_address(text: str, country: str = "") -> dict[str, Any] | None:
    """An address in one line, such as ``4 Dock Road, Sampleton, AA3 6TU``; none where nothing was typed."""
    said = " ".join(text.split())
    if not said:
        return None
    if folded(said).replace(" ", "") in _NOWHERE:
        return {"state": "no_fixed_abode"}
    found = _POSTCODE.search(said)
    street = said[: found.start()] if found else said
    lines = [line.strip() for line in street.split(",") if line.strip()]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], ", ".join(lines[_MOST_LINES - 1 :])]
    address: dict[str, Any] = {"state": "overseas" if country.strip() else "uk", "lines": lines}
    if found:
        address["postcode"] = f"{found[1]} {found[2]}".upper()
    return address | ({"country": country.strip()} if country.strip() else {})


def address_in_words(address: dict[str, Any]) -> str:
    """An address in one line, as it is typed."""
    if address.get("state") == "no_fixed_abode":
        return "no fixed abode"
    return ", ".join([*address.get("lines", ()), *([address["postcode"]] if address.get("postcode") else [])])


def spoken_pounds(text: str) -> str:
    """A sum of money without its sign and commas: £1,450 is 1450.00."""
    return text.strip().lstrip("£").replace(",", "").strip()


def spoken_name(forenames: str, surname: str) -> dict[str, str] | None:
    """A name; a single one is the surname; none where nothing was typed."""
    forenames, surname = forenames.strip(), surname.strip()
    if not surname:
        forenames, surname = "", forenames
    if not surname:
        return None
    return {"surname": surname, **({"forenames": forenames} if forenames else {})}
