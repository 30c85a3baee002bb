"""Calendar: what will go to which department, and when, as far as it is known today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from broker.department_state import NO_END, State, states
from broker.ledger import ITS_DAY
from broker.standing import Standing
from broker.tables import EARLY, HOLDS_THE_LANE, delivery, event

#: entries at once, unless asked for fewer
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: from a moment to another, of one department or all."""

    begins: datetime
    ends: datetime | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that happens at a moment. It names no person: the reference does that for who may see it."""

    at: datetime
    department: str
    #: its day, cool-off, opens, or resumes
    what: str
    reference: str | None
    kind: str | None
    #: how many deliveries go then
    deliveries: int


def calendar(wanted: Wanted, now: datetime, most: int = MOST) -> Callable[[Connection], tuple[Entry, ...]]:
    """What goes out when, the soonest first. Run it with ``store.read``."""

    def query(tx: Connection) -> tuple[Entry, ...]:
        found = [*_single(tx, wanted, now, most), *_openings(tx, now)]
        kept = [each for each in found if _is_wanted(each, wanted)]
        return tuple(sorted(kept, key=lambda each: (each.at, each.department, each.reference or ""))[:most])

    return query


def _is_wanted(entry: Entry, wanted: Wanted) -> bool:
    in_time = entry.at >= wanted.begins and (wanted.ends is None or entry.at < wanted.ends)
    return in_time and wanted.department in (None, entry.department)


def _single(tx: Connection, wanted: Wanted, now: datetime, most: int) -> list[Entry]:
    early = (
        select(delivery.c.not_before, delivery.c.department, delivery.c.waits_for, delivery.c.kind, event.c.reference)
        .join_from(delivery, event, event.c.id == delivery.c.event_id)
        .where(EARLY, delivery.c.not_before > max(now, wanted.begins), delivery.c.standing == Standing.WAITING)
        .order_by(delivery.c.not_before)
        .limit(most)
    )
    if wanted.ends is not None:
        early = early.where(delivery.c.not_before < wanted.ends)
    if wanted.department is not None:
        early = early.where(delivery.c.department == wanted.department)
    return [
        Entry(
            at=row.not_before,
            department=row.department,
            what="its day" if row.waits_for == ITS_DAY else "cool-off",
            reference=row.reference,
            kind=row.kind,
            deliveries=1,
        )
        for row in tx.execute(early)
    ]


def _openings(tx: Connection, now: datetime) -> list[Entry]:
    """Departments that open or are resumed, and how many deliveries wait for that."""
    ends = [(state.department, what, end) for state in states(tx).values() for what, end in _ends(state, now)]
    if not ends:
        return []
    waiting = select(delivery.c.department, func.count().label("how_many")).where(HOLDS_THE_LANE)
    rows = tx.execute(waiting.where(delivery.c.standing == Standing.WAITING).group_by(delivery.c.department))
    counted = {row.department: row.how_many for row in rows}
    return [
        Entry(at=end, department=of, what=what, reference=None, kind=None, deliveries=counted.get(of, 0))
        for of, what, end in ends
    ]


def _ends(state: State, now: datetime) -> list[tuple[str, datetime]]:
    ends = [("opens", state.closed_until), ("resumes", state.paused_until)]
    return [(what, end) for what, end in ends if end is not None and now < end < NO_END]
