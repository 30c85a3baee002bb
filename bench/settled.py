"""With millions of settled deliveries in the ledger: what the same work costs and how long it waits, beside an empty one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.backlog import Worked, work_off
from bench.findings import Finding, Section, at_percentile
from bench.ground import Ground
from bench.past import fill
from bench.stage import half_stage
from bench.telling import Told

#: how much dearer a past may make everything
DEARER = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one ledger was seen to do."""

    past: int
    seconds_to_fill: float
    worked: Worked
    told: Told
    #: first answer, 95th percentile, seconds
    first: float
    megabytes: float
    faults: Sequence[Finding]


def settled(on: Ground, *, deliveries: int, events: int, rate: float, seconds: float, people: int) -> Section:
    """A backlog, and then a rate, on an empty ledger and on one with a past."""
    empty = _measure(on, "empty", 0, events, rate, seconds, people)
    past = _measure(on, "past", deliveries, events, rate, seconds, people)
    before, now = empty.worked, past.worked
    told = f"at {rate:g} events/s, p95"
    return Section(
        title=f"With {past.past} settled deliveries in the ledger, beside an empty one",
        circumstances=f"empty: {before.used.circumstances}; with a past: {now.used.circumstances}",
        findings=[
            *_compared("backlog: CPU", before.cost, now.cost, "ms a delivery"),
            *_compared("backlog: time", 1000 / before.rate, 1000 / now.rate, "ms an event"),
            *_compared(f"acknowledged {told}", empty.told.acknowledged_ms, past.told.acknowledged_ms, "ms"),
            *_compared(f"first answer {told}", empty.first, past.first, "s"),
            Finding(what="the database", figure=past.megabytes, unit="MB", beside="empty", other=empty.megabytes),
            *past.faults,
        ],
        notes=[f"The past was laid into the database in {past.seconds_to_fill:.0f} s."],
    )


def _compared(what: str, empty: float, past: float, unit: str) -> list[Finding]:
    return [
        Finding(what=what, figure=past, unit=unit, beside="empty", other=empty),
        Finding(what=f"{what}, as a multiple", figure=past / empty, unit="times", most=DEARER),
    ]


def _measure(on: Ground, name: str, past: int, events: int, rate: float, seconds: float, people: int) -> Measured:
    with half_stage(on, name, people) as here:
        began = time.monotonic()
        laid = fill(here.council.home / "tuo.db", past) if past else 0
        took = time.monotonic() - began
        worked = work_off(here, events)
        told = here.tell(int(rate * seconds), rate).end()
        here.until_answered()
        return Measured(
            past=laid,
            seconds_to_fill=took,
            worked=worked,
            told=told,
            first=at_percentile(here.waits(told)["first"], 95),
            megabytes=(here.council.home / "tuo.db").stat().st_size / 1e6,
            faults=here.faults(),
        )
