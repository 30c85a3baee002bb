"""Filters of the failures page: they stand in its address, so that a page can be sent to a colleague. No personal data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import urlencode

from broker.failures.causes import Cause
from broker.failures.failures import Wanted
from schemas.kinds import life_events


class Period(StrEnum):
    """How far back failures are shown."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


PERIOD_CAPTIONS: Final = MappingProxyType(
    {Period.HOUR: "In the last hour", Period.DAY: "In the last 24 hours", Period.WEEK: "In the last 7 days"}
)
_LENGTHS: Final = MappingProxyType(
    {Period.HOUR: timedelta(hours=1), Period.DAY: timedelta(days=1), Period.WEEK: timedelta(days=7)}
)
E = TypeVar("E", bound=StrEnum)
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_GROUP: Final = re.compile(r"G-[0-9A-F]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which failures a page shows; the names are those of the address."""

    department: str | None = None
    cause: Cause | None = None
    kind: str | None = None
    code: str | None = None
    period: Period | None = None
    group: str | None = None

    def wanted(self, now: datetime) -> Wanted:
        """The same for the broker."""
        return Wanted(
            department=self.department,
            cause=self.cause,
            kind=self.kind,
            reason=self.code,
            group=self.group,
            since=now - _LENGTHS[self.period] if self.period else None,
        )

    @property
    def query(self) -> str:
        """The same as an address says it, always in the same order."""
        return urlencode(self.said())

    def said(self) -> dict[str, str]:
        """What is filtered by, in the order of the address."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) for name, value in found.items() if value is not None}

    def options(self, now: datetime) -> str:
        """The same as the command line says it."""
        words = {"department": "--department", "cause": "--cause", "kind": "--kind", "code": "--failed-with"}
        said = [f"{words[name]} {value}" for name, value in self.said().items() if name in words]
        if self.group:
            said.append(f"--group {self.group}")
        if self.period:
            said.append(f"--since {now - _LENGTHS[self.period]:%Y-%m-%dT%H:%M:%S}")
        return " ".join(said)


def filters_of(said: Mapping[str, str]) -> tuple[Filters, bool]:
    """The filters in an address or a form, and whether each could be read; one that cannot be is left out."""
    found = Filters(
        department=_fits(_WORD, said.get("department")),
        cause=_one_of(Cause, said.get("cause")),
        kind=said.get("kind") if said.get("kind") in life_events() else None,
        code=_fits(_WORD, said.get("code")),
        period=_one_of(Period, said.get("period")),
        group=_fits(_GROUP, (said.get("group") or "").upper()),
    )
    asked = {one.name for one in fields(Filters) if said.get(one.name)}
    return found, asked == set(found.said())


def _fits(form: re.Pattern[str], text: str | None) -> str | None:
    return text if text and form.fullmatch(text) else None


def _one_of(kind: type[E], text: str | None) -> E | None:
    return kind(text) if text in set(kind) else None
