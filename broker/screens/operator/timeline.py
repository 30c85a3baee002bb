"""The timeline of one notification: every step, every attempt at every department, and the next. Reading only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from broker.notifications import steps_of
from broker.standing import STANDING_CAPTIONS, Standing
from broker.tables import attempt, delivery, event
from broker.unsent import stands_at, unsent


class Mark(StrEnum):
    """What stands on the timeline."""

    STEP = "step"
    ATTEMPT = "attempt"
    NEXT = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, or will."""

    at: datetime
    mark: Mark
    title: str
    department: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One delivery, as an operator follows it."""

    id: str
    department: str
    revision: int
    standing: Standing
    caption: str
    outcome: str | None
    reason: str | None
    attempts: int
    #: when it is tried again by itself, or sent for the first time
    next_at: datetime | None
    fails: bool
    holds_others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One notification's."""

    legs: tuple[Leg, ...]
    entries: tuple[Entry, ...]


def timeline(reference: str) -> Callable[[Connection], Timeline | None]:
    """Everything in the order in which it happened; None where the notification is not here."""

    def query(tx: Connection) -> Timeline | None:
        row = tx.execute(select(event.c.id, event.c.seq).where(event.c.reference == reference)).one_or_none()
        return None if row is None else _timeline(tx, row.id, row.seq)

    return query


def _timeline(tx: Connection, event_id: str, seq: int) -> Timeline:
    rows = tx.execute(
        select(delivery).where(delivery.c.event_id == event_id).order_by(delivery.c.department, delivery.c.revision)
    ).all()
    still_here = unsent(tx, rows)
    legs = tuple(_leg(row, stands_at(row, still_here)) for row in rows)
    entries = [_step(row) for row in steps_of(tx, seq)]
    by_number = {row.number: leg for row, leg in zip(rows, legs, strict=True)}
    entries += [_tried(row, by_number[row.delivery_number]) for row in _attempts(tx, rows)]
    entries += [_next(leg, leg.next_at) for leg in legs if leg.next_at is not None]
    return Timeline(legs=legs, entries=tuple(sorted(entries, key=lambda one: one.at)))


def _attempts(tx: Connection, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    of = attempt.c.delivery_number.in_([row.number for row in rows])
    return tx.execute(select(attempt).where(of).order_by(attempt.c.started_at, attempt.c.n)).all()


def _leg(row: Row[Any], standing: Standing) -> Leg:
    again = row.due_at if standing in (Standing.RETRYING, Standing.PARKED) else None
    first = row.not_before if standing is Standing.WAITING else None
    stuck = standing in (Standing.PARKED, Standing.DEAD, Standing.UNKNOWN)
    return Leg(
        id=row.id,
        department=row.department,
        revision=row.revision,
        standing=standing,
        caption=STANDING_CAPTIONS[standing],
        outcome=row.outcome,
        reason=row.reason,
        attempts=row.attempts,
        next_at=again or first,
        fails=stuck or row.outcome == "refused",
        holds_others=stuck,
    )


def _step(row: Row[Any]) -> Entry:
    return Entry(at=row.at, mark=Mark.STEP, title=row.step.capitalize(), department=row.department, detail=row.said)


def _tried(row: Row[Any], leg: Leg) -> Entry:
    given = leg.standing is Standing.HANDED_OVER
    waits = leg.standing is Standing.WAITING
    detail = "It is with the department, which has not answered yet." if given else "Sent; it has not ended."
    detail = "It waits to be published: Kafka has not taken it yet." if waits else detail
    if row.ended_at is not None:
        took = max(0.0, (row.ended_at - row.started_at).total_seconds())
        heard = f"{row.heard}{f': {row.reason}' if row.reason else ''}" if row.heard else "nothing was written down"
        detail = f"Heard after {took:.1f} s: {heard}."
    return Entry(
        at=row.started_at, mark=Mark.ATTEMPT, title=f"Attempt {row.n}", department=leg.department, detail=detail
    )


def _next(leg: Leg, at: datetime) -> Entry:
    title = f"Attempt {leg.attempts + 1}" if leg.attempts else "First attempt"
    return Entry(at=at, mark=Mark.NEXT, title=title, department=leg.department, detail="It is sent then by itself.")
