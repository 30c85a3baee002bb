"""Opening: when each department is open, from its adapter and the council's own settings."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from broker.adapter import Adapter
from broker.settings import BackOffice, ClosedDays, Settings
from broker.windows import OfficeHours, Planned, Window, Yearly

_ALWAYS = (frozenset(range(7)), time(0), time(23, 59, 59))


def windows_of(adapters: Sequence[Adapter], settings: Settings) -> Mapping[str, tuple[Window, ...]]:
    """Every closing window of every department that has one."""
    every = {each.department: _windows(each, settings.back_offices.get(each.department)) for each in adapters}
    return {department: windows for department, windows in every.items() if windows}


def _windows(adapter: Adapter, office: BackOffice | None) -> tuple[Window, ...]:
    if office is None:
        return adapter.windows
    hours = (frozenset(office.open_days) or _ALWAYS[0], office.opens, office.closes)
    daily = (OfficeHours(days=hours[0], opens=hours[1], closes=hours[2]),) if hours != _ALWAYS else ()
    return (*adapter.windows, *(_window(each) for each in office.closed), *daily)


def _window(said: ClosedDays) -> Window:
    if "T" in said.first:
        begins, ends = datetime.fromisoformat(said.first), datetime.fromisoformat(said.last)
        return Planned(begins=begins, ends=ends, reason=said.reason)
    return Yearly(first=_day(said.first), last=_day(said.last), reason=said.reason)


def _day(said: str) -> tuple[int, int]:
    month, day = said.split("-")
    return int(month), int(day)
