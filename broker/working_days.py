"""Working days in England and Wales: a pure calendar, bank holidays by rule with the proclaimed ones in a table."""

from datetime import date, timedelta
from functools import lru_cache

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
_DAY = timedelta(days=1)

#: Holidays by Royal Proclamation that no rule gives (gov.uk/bank-holidays). A new one is added here.
PROCLAIMED = frozenset({date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)})
#: Spring holidays that a proclamation moved, by the year: the last Monday of May was then an ordinary day.
MOVED_SPRING_HOLIDAY = {2022: date(2022, 6, 2)}


def easter_sunday(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous rule: Meeus, Astronomical Algorithms, chapter 8)."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    leaps, left = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarters, rest = divmod(in_century, 4)
    weekday = (32 + 2 * left + 2 * quarters - moon - rest) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank and public holidays of England and Wales (Banking and Financial Dealings Act 1971, Schedule 1)."""
    easter = easter_sunday(year)
    christmas, boxing = date(year, 12, 25), date(year, 12, 26)
    days = {
        _weekday_from(date(year, 1, 1)),
        easter - 2 * _DAY,
        easter + _DAY,
        _monday_from(date(year, 5, 1)),
        MOVED_SPRING_HOLIDAY.get(year, _monday_from(date(year, 5, 25))),
        _monday_from(date(year, 8, 25)),
        *_christmas_holidays(christmas, boxing),
    }
    return frozenset(days | {day for day in PROCLAIMED if day.year == year})


def is_working_day(day: date) -> bool:
    """Whether time may end on this day: not a weekend, Christmas Eve, Christmas Day, Good Friday or a bank holiday.

    Representation of the People (England and Wales) Regulations 2001 (SI 2001/341), reg 8(3).
    """
    if day.weekday() >= SATURDAY or (day.month, day.day) in {(12, 24), (12, 25)}:
        return False
    return day not in bank_holidays(day.year)


def working_day_from(day: date) -> date:
    """This day, or the next day after it that is a working day (SI 2001/341, reg 8(1))."""
    while not is_working_day(day):
        day += _DAY
    return day


def _monday_from(day: date) -> date:
    """This day, or the next Monday after it."""
    return day + timedelta(days=-day.weekday() % 7)


def _weekday_from(day: date) -> date:
    return _monday_from(day) if day.weekday() >= SATURDAY else day


def _christmas_holidays(christmas: date, boxing: date) -> set[date]:
    """The two days kept for Christmas; a weekend one is kept on the next weekday that the other does not take."""
    if christmas.weekday() == SUNDAY:
        return {boxing, boxing + _DAY}
    if christmas.weekday() == SATURDAY:
        return {christmas + 2 * _DAY, boxing + 2 * _DAY}
    return {christmas, boxing + 2 * _DAY if boxing.weekday() == SATURDAY else boxing}
