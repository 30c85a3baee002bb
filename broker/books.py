"""The books: every accepted event is, at every department, in exactly one state, or the rows are named."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Connection, FromClause, Row, Select, Table, and_, func, or_, select, text

from broker.adapter import Adapter, HandOver
from broker.department_tables import department_state
from broker.ports import Broker
from broker.standing import Progress, Standing
from broker.store import StoreUnavailable
from broker.tables import HOLDS_THE_LANE, RECEIVED, delivery, event, outbox, step
from broker.telemetry import BOOKS_DRAWN, BOOKS_FINDINGS, log

#: seconds between looks of a running broker, and how many of the newest events it looks back over
EVERY, NEWEST = 60.0, 10_000
#: rows named for one finding, at most
MOST_NAMED = 100
#: what has not moved on after so many times the republishing wait is lost
PATIENCE = 5
#: with the alias, word for word as in the partial index
_EARLIER_HOLDS_THE_LANE = text("earlier.standing NOT IN ('settled', 'cancelled', 'awaited')")
_OTHER_HOLDS_THE_LANE = text("other.standing NOT IN ('settled', 'cancelled', 'awaited')")

WHAT: dict[str, str] = {
    "not-routed": "written down long ago, and departments have not been chosen",
    "routed-to-nobody": "routed, but with no delivery and no reason for telling nobody",
    "delivery-missing": "a department was to be told, and there is no delivery",
    "event-missing": "a delivery of a notification that is not there",
    "not-moving": "offered long ago, and nobody will offer it again",
    "never-offered": "nothing is before it or on its way, and it has not been offered",
    "lease-ended": "being sent, by nobody",
    "answer-missing": "settled without an answer",
    "no-such-state": "in a state that does not exist",
    "no-adapter": "open, at a department that no adapter speaks to",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row that is not where it should be."""

    #: a key of WHAT
    what: str
    #: a delivery id, or a notification id
    id: str
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The books at one moment."""

    at: datetime
    findings: tuple[Finding, ...]
    notifications: dict[str, int]
    deliveries: dict[str, int]
    #: department to standing to count
    departments: dict[str, dict[str, int]]
    #: by department: deliveries that wait behind a dead or an unknown one of the same person
    blocked: dict[str, int]
    outbox: int
    #: when the oldest letter in the outbox was written
    outbox_since: datetime | None

    @property
    def balanced(self) -> bool:
        """Whether every row is where it should be."""
        return not self.findings


def book(
    tx: Connection, adapters: Sequence[Adapter], now: datetime, *, republish_after: timedelta = timedelta(minutes=1)
) -> Books:
    """Draw up the books. Reads every row: seconds for some millions."""
    departments: dict[str, dict[str, int]] = {}
    for row in tx.execute(_counted(delivery, delivery.c.department, delivery.c.standing)):
        departments.setdefault(row.department, {})[row.standing] = row.how_many
    every: Counter[str] = Counter()
    for standings in departments.values():
        every.update(standings)
    return Books(
        at=now,
        findings=findings(tx, adapters, now, republish_after=republish_after),
        notifications={row.progress: row.how_many for row in tx.execute(_counted(event, event.c.progress))},
        deliveries=dict(every),
        departments=departments,
        blocked={row.department: row.how_many for row in tx.execute(_blocked())},
        outbox=int(tx.execute(select(func.count()).select_from(outbox)).scalar_one()),
        outbox_since=_oldest_letter(tx),
    )


def findings(
    tx: Connection,
    adapters: Sequence[Adapter],
    now: datetime,
    *,
    republish_after: timedelta,
    newest: int | None = None,
) -> tuple[Finding, ...]:
    """Name the rows that are not where they should be; ``newest`` looks back over that many events only.

    What is open is always looked at whole, whatever its age.
    """
    before = now - PATIENCE * republish_after
    since = 0 if newest is None else int(tx.execute(select(func.max(event.c.seq))).scalar() or 0) - newest
    asked = {
        "not-routed": _not_routed(before),
        "routed-to-nobody": _routed_to_nobody(since),
        "delivery-missing": _delivery_missing(since),
        "event-missing": _event_missing(),
        "not-moving": _not_moving(before),
        "never-offered": _never_offered(),
        "lease-ended": _lease_ended(before),
        "answer-missing": _answer_missing(since),
        "no-such-state": _no_such_standing(since),
        "no-adapter": _no_adapter(adapters),
    }
    named = [_finding(what, row) for what, query in asked.items() for row in tx.execute(query.limit(MOST_NAMED))]
    named += [_finding("no-such-state", row) for row in tx.execute(_no_such_progress(since).limit(MOST_NAMED))]
    return tuple(named)


async def watch_books_for_ever(broker: Broker) -> None:
    """Look each minute, and name what is not balanced in the log. A database that is away is asked again later."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            found = await broker.store.read(_look(broker))
        except StoreUnavailable:
            continue
        _show(found, broker.now())
        by_what: dict[str, list[str]] = {}
        for finding in found:
            by_what.setdefault(finding.what, []).append(finding.id)
        for what, ids in by_what.items():
            log.error("books.unbalanced", what=what, ids=ids)


def _show(found: Sequence[Finding], at: datetime) -> None:
    how_many = Counter(finding.what for finding in found)
    for what in WHAT:
        BOOKS_FINDINGS.labels(what).set(how_many[what])
    BOOKS_DRAWN.set(at.timestamp())


def _look(broker: Broker) -> Callable[[Connection], tuple[Finding, ...]]:
    waits = broker.timing.republish_after
    return lambda tx: findings(tx, broker.adapters, broker.now(), republish_after=waits, newest=NEWEST)


def _finding(what: str, row: Row[Any]) -> Finding:
    return Finding(what=what, id=row.id, department=getattr(row, "department", None))


def _not_routed(before: datetime) -> Select[Any]:
    return select(event.c.id).where(RECEIVED, event.c.recorded_at < before).order_by(event.c.seq)


def _routed_to_nobody(since: int) -> Select[Any]:
    told = select(delivery.c.id).where(delivery.c.event_id == event.c.id)
    because = or_(step.c.department.is_not(None), step.c.said.startswith("No department"))
    spared = select(step.c.id).where(step.c.event_seq == event.c.seq, step.c.step == "route", because)
    return select(event.c.id).where(_routed(since), ~told.exists(), ~spared.exists())


def _delivery_missing(since: int) -> Select[Any]:
    told = select(delivery.c.id).where(delivery.c.event_id == event.c.id, delivery.c.department == step.c.department)
    to_be_told = and_(step.c.step == "route", step.c.department.is_not(None), ~step.c.said.startswith("Not told"))
    both = event.join(step, step.c.event_seq == event.c.seq)
    return select(event.c.id, step.c.department).select_from(both).where(_routed(since), to_be_told, ~told.exists())


def _routed(since: int) -> ColumnElement[bool]:
    return and_(event.c.progress == Progress.ROUTED, event.c.seq > since)


def _event_missing() -> Select[Any]:
    there = select(event.c.id).where(event.c.id == delivery.c.event_id)
    return select(delivery.c.id, delivery.c.department).where(HOLDS_THE_LANE, ~there.exists())


def _not_moving(before: datetime) -> Select[Any]:
    offered = or_(
        and_(delivery.c.standing == Standing.WAITING, delivery.c.released),
        delivery.c.standing.in_([Standing.RETRYING, Standing.PARKED]),
        and_(delivery.c.standing == Standing.HANDED_OVER, delivery.c.hand_over == HandOver.SUBSCRIBES),
    )
    forgotten = or_(delivery.c.due_at.is_(None), delivery.c.due_at < before)
    return select(delivery.c.id, delivery.c.department).where(HOLDS_THE_LANE, offered, forgotten)


def _never_offered() -> Select[Any]:
    earlier, is_earlier = _earlier()
    before = select(earlier.c.id).where(is_earlier, _EARLIER_HOLDS_THE_LANE)
    waits = and_(delivery.c.standing == Standing.WAITING, ~delivery.c.released)
    # What has an hour is looked at then: its cool-off, its day, the end of its department's pause.
    held = select(department_state.c.department).where(
        department_state.c.department == delivery.c.department, department_state.c.held_until.is_not(None)
    )
    has_an_hour = and_(delivery.c.due_at.is_not(None), or_(delivery.c.not_before.is_not(None), held.exists()))
    idle = ~before.exists() & ~_on_its_way().exists()
    return select(delivery.c.id, delivery.c.department).where(HOLDS_THE_LANE, waits, ~has_an_hour, idle)


def _on_its_way() -> Select[Any]:
    """A later delivery of the lane that is with its department already: what undoes a death, say, went before."""
    other = delivery.alias("other")
    same_lane = and_(other.c.department == delivery.c.department, other.c.person == delivery.c.person)
    sent = other.c.standing.in_([Standing.SENDING, Standing.HANDED_OVER])
    away = or_(sent, and_(other.c.standing == Standing.WAITING, other.c.released))
    return select(other.c.id).where(same_lane, _OTHER_HOLDS_THE_LANE, away)


def _blocked() -> Select[Any]:
    earlier, is_earlier = _earlier()
    dead = earlier.c.standing.in_([Standing.DEAD, Standing.UNKNOWN])
    ill = select(earlier.c.id).where(is_earlier, _EARLIER_HOLDS_THE_LANE, dead)
    waits = and_(delivery.c.standing == Standing.WAITING, ~delivery.c.released)
    return _counted(delivery, delivery.c.department).where(HOLDS_THE_LANE, waits, ill.exists())


def _earlier() -> tuple[FromClause, ColumnElement[bool]]:
    """An earlier delivery in the same lane."""
    earlier = delivery.alias("earlier")
    same_lane = and_(earlier.c.department == delivery.c.department, earlier.c.person == delivery.c.person)
    first = or_(
        earlier.c.seq < delivery.c.seq,
        and_(earlier.c.seq == delivery.c.seq, earlier.c.revision < delivery.c.revision),
    )
    return earlier, and_(same_lane, first)


def _lease_ended(before: datetime) -> Select[Any]:
    ended = or_(delivery.c.claimed_until.is_(None), delivery.c.claimed_until < before)
    sending = delivery.c.standing == Standing.SENDING
    return select(delivery.c.id, delivery.c.department).where(HOLDS_THE_LANE, sending, ended)


def _answer_missing(since: int) -> Select[Any]:
    return _deliveries(since).where(delivery.c.standing == Standing.SETTLED, delivery.c.outcome.is_(None))


def _no_such_standing(since: int) -> Select[Any]:
    return _deliveries(since).where(delivery.c.standing.not_in(list(Standing)))


def _no_such_progress(since: int) -> Select[Any]:
    return select(event.c.id).where(event.c.seq > since, event.c.progress.not_in(list(Progress)))


def _deliveries(since: int) -> Select[Any]:
    # By way of the event, whose order is indexed.
    newer = select(event.c.id).where(event.c.seq > since)
    return select(delivery.c.id, delivery.c.department).where(delivery.c.event_id.in_(newer))


def _no_adapter(adapters: Sequence[Adapter]) -> Select[Any]:
    known = [adapter.department for adapter in adapters]
    return select(delivery.c.id, delivery.c.department).where(HOLDS_THE_LANE, delivery.c.department.not_in(known))


def _counted(table: Table, *of: Column[Any]) -> Select[Any]:
    return select(*of, func.count().label("how_many")).select_from(table).group_by(*of)


def _oldest_letter(tx: Connection) -> datetime | None:
    value = tx.execute(select(outbox.c.value).order_by(outbox.c.id).limit(1)).scalar()
    written = orjson.loads(value).get("time") if value is not None else None
    return datetime.fromisoformat(written) if written else None
