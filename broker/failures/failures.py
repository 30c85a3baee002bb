"""Failures: whatever waits for an operator, one by one. Reading only; ``groups`` counts them by cause."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause, and_, func, select, text

from broker.failures.causes import CAUSE_CAPTIONS as CAUSE_CAPTIONS
from broker.failures.causes import Cause as Cause
from broker.failures.causes import group_id
from broker.notifications import steps_of
from broker.standing import Progress, Standing
from broker.tables import FAILED, HOLDS_THE_LANE, PARKED, Instant, attempt, dead_letter, delivery, event

#: a dead letter is named by its number, after this
DEAD_LETTER = "dead-letter-"
#: failures shown at once, unless asked for more
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One thing that waits for an operator."""

    #: the delivery id, the notification id, or dead-letter-<number>
    id: str
    cause: Cause
    #: None for a notification that was never routed
    department: str | None
    reason: str
    #: what the adviser and the caller hold; None for a record that could not be read
    reference: str | None
    kind: str | None
    attempts: int
    #: when it was opened, recorded or buried
    since: datetime
    #: when the last try ended
    failed_at: datetime
    #: the cause that it shares with others
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which failures: all of them, or those that fit whatever is said here."""

    department: str | None = None
    reason: str | None = None
    cause: Cause | None = None
    #: the kind of life event
    kind: str | None = None
    #: failed at or after, and before
    since: datetime | None = None
    until: datetime | None = None
    #: one cause, by its name
    group: str | None = None

    def includes(self, failure: Failure) -> bool:
        """Whether this failure is one of them."""
        return (
            self.department in (None, failure.department)
            and self.reason in (None, failure.reason)
            and self.cause in (None, failure.cause)
            and self.kind in (None, failure.kind)
            and self.group in (None, failure.group)
            and (self.since is None or failure.failed_at >= self.since)
            and (self.until is None or failure.failed_at < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt at a delivery."""

    n: int
    started_at: datetime
    ended_at: datetime | None
    heard: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A failure with its attempts, its notification's steps, and how many deliveries wait behind it."""

    failure: Failure
    attempts: tuple[Tried, ...]
    steps: tuple[tuple[datetime, str, str | None, str], ...]
    behind: int


#: in brackets, as other conditions stand beside it; two conditions, as each has an index of its own. An attempt, which is
#: joined to it, has a reason too
FAILING = text(f"({FAILED.text.replace('reason', 'delivery.reason')})")
IS_PARKED = text(f"({PARKED.text})")
_LAST = and_(attempt.c.delivery_number == delivery.c.number, attempt.c.n == delivery.c.attempts)
#: when the last try ended
FAILED_AT: ColumnElement[datetime] = func.coalesce(
    attempt.c.ended_at, delivery.c.settled_at, delivery.c.opened_at, type_=Instant()
)


def counted_deliveries(*columns: Any, which: TextClause = FAILING) -> Select[Any]:  # noqa: ANN401 - columns
    """Columns of the deliveries that fail and of their last attempt: an index has them all, and no row is read."""
    return select(*columns).select_from(delivery.outerjoin(attempt, _LAST)).where(which)


def _of_deliveries(*columns: Any, which: TextClause = FAILING) -> Select[Any]:  # noqa: ANN401 - columns
    """Columns of the deliveries that fail, of their notification and of their last attempt."""
    last = delivery.outerjoin(attempt, _LAST).outerjoin(event, event.c.id == delivery.c.event_id)
    return select(*columns).select_from(last).where(which)


_COLUMNS = (
    delivery.c.id,
    delivery.c.department,
    delivery.c.standing,
    delivery.c.reason,
    delivery.c.kind,
    delivery.c.attempts,
    delivery.c.opened_at.label("since"),
    FAILED_AT.label("failed_at"),
    event.c.reference,
)
_DELIVERIES: Select[Any] = _of_deliveries(*_COLUMNS)
_PARKED: Select[Any] = _of_deliveries(*_COLUMNS, which=IS_PARKED)
_STUCK: Select[Any] = select(
    event.c.id, event.c.reason, event.c.kind, event.c.recorded_at.label("since"), event.c.reference
).where(event.c.progress == Progress.STUCK)
_UNREADABLE: Select[Any] = select(
    dead_letter.c.id, dead_letter.c.topic, dead_letter.c.reason, dead_letter.c.buried_at.label("since")
).where(dead_letter.c.replayed_at.is_(None))


def cause_of(standing: str) -> Cause:
    """The kind of failure of a delivery that fails, by its standing."""
    match Standing(standing):
        case Standing.DEAD:
            return Cause.DEAD
        case Standing.UNKNOWN:
            return Cause.UNKNOWN
        case Standing.PARKED:
            return Cause.PARKED
        case _:
            return Cause.REFUSED


def listing(tx: Connection, wanted: Wanted | None = None, most: int | None = MOST) -> list[Failure]:
    """The failures that are wanted, the longest-standing first; ``most`` None means all of them."""
    wanted = wanted or Wanted()
    found = [failure for failure in _every(tx, wanted) if wanted.includes(failure)]
    return sorted(found, key=lambda failure: (failure.since, failure.id))[:most]


def _every(tx: Connection, wanted: Wanted) -> Iterator[Failure]:
    for deliveries in (_DELIVERIES, _PARKED):
        if wanted.department is not None:
            deliveries = deliveries.where(delivery.c.department == wanted.department)
        if wanted.reason is not None:
            deliveries = deliveries.where(func.coalesce(delivery.c.reason, "not-said") == wanted.reason)
        yield from (_of_delivery(row) for row in tx.execute(deliveries))
    yield from (_of_notification(row) for row in tx.execute(_STUCK))
    yield from (_of_dead_letter(row) for row in tx.execute(_UNREADABLE))


def find(tx: Connection, failure_id: str) -> Failure | None:
    """One failure by its id, a stuck notification by its reference too; None where nothing fails under it."""
    if (number := dead_letter_number(failure_id)) is not None:
        row = tx.execute(_UNREADABLE.where(dead_letter.c.id == number)).one_or_none()
        return _of_dead_letter(row) if row else None
    for deliveries in (_DELIVERIES, _PARKED):
        row = tx.execute(deliveries.where(delivery.c.id == failure_id)).one_or_none()
        if row is not None:
            return _of_delivery(row)
    named = (event.c.id == failure_id) | (event.c.reference == failure_id.upper())
    row = tx.execute(_STUCK.where(named)).one_or_none()
    return _of_notification(row) if row else None


def dead_letter_number(failure_id: str) -> int | None:
    """The number in dead-letter-<number>; None for an id of another kind."""
    digits = failure_id.removeprefix(DEAD_LETTER)
    fits = failure_id.startswith(DEAD_LETTER) and digits.isdecimal() and digits.isascii() and len(digits) < 19
    return int(digits) if fits else None


def show(tx: Connection, failure_id: str) -> Examined | None:
    """Everything an operator needs to decide about one failure."""
    failure = find(tx, failure_id)
    if failure is None:
        return None
    row = tx.execute(select(delivery).where(delivery.c.id == failure.id)).one_or_none()
    seq = row.seq if row is not None else select(event.c.seq).where(event.c.id == failure.id).scalar_subquery()
    number = row.number if row is not None else None
    tried = tx.execute(select(attempt).where(attempt.c.delivery_number == number).order_by(attempt.c.n))
    return Examined(
        failure=failure,
        attempts=tuple(
            Tried(n=each.n, started_at=each.started_at, ended_at=each.ended_at, heard=each.heard, reason=each.reason)
            for each in tried
        ),
        steps=tuple(
            (each.at, each.step, each.department, each.said)
            for each in steps_of(tx, seq)
            if _concerns(each, failure.department)
        ),
        behind=behind(tx, row) if row is not None else 0,
    )


def behind(tx: Connection, row: Row[Any]) -> int:
    """How many later deliveries of the same person to the same department wait behind this one."""
    waiting = select(func.count()).where(
        delivery.c.department == row.department,
        delivery.c.person == row.person,
        delivery.c.seq > row.seq,
        HOLDS_THE_LANE,
    )
    holds = row.standing in (Standing.DEAD, Standing.UNKNOWN, Standing.PARKED)
    return int(tx.execute(waiting).scalar_one()) if holds else 0


def _concerns(row: Row[Any], department: str | None) -> bool:
    return row.department is None or department in (None, row.department)


def _of_delivery(row: Row[Any]) -> Failure:
    cause, reason = cause_of(row.standing), row.reason or "not-said"
    return Failure(
        id=row.id,
        cause=cause,
        department=row.department,
        reason=reason,
        reference=row.reference,
        kind=row.kind,
        attempts=row.attempts,
        since=row.since,
        failed_at=row.failed_at,
        group=group_id(cause, row.department, reason),
    )


def _of_notification(row: Row[Any]) -> Failure:
    reason = row.reason or "not-said"
    return Failure(
        id=row.id,
        cause=Cause.STUCK,
        department=None,
        reason=reason,
        reference=row.reference,
        kind=row.kind,
        attempts=0,
        since=row.since,
        failed_at=row.since,
        group=group_id(Cause.STUCK, None, reason),
    )


def _of_dead_letter(row: Row[Any]) -> Failure:
    return Failure(
        id=f"{DEAD_LETTER}{row.id}",
        cause=Cause.UNREADABLE,
        department=None,
        reason=row.reason,
        reference=None,
        kind=None,
        attempts=0,
        since=row.since,
        failed_at=row.since,
        group=group_id(Cause.UNREADABLE, None, row.reason),
    )
