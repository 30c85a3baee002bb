"""Failures: whatever waits for an operator, told by cause. Reading only; ``replaying`` puts them right."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text

from broker.standing import Progress, Standing
from broker.tables import FAILED, HOLDS_THE_LANE, attempt, dead_letter, delivery, event, step

#: a dead letter is named by its number, after this
DEAD_LETTER = "dead-letter-"
#: failures shown at once, unless asked for more
MOST = 200


class Cause(StrEnum):
    """What kind of failure it is."""

    #: a delivery was tried as often as the settings allow
    DEAD = "dead"
    #: a delivery was sent, and nobody knows whether it had its effect
    UNKNOWN = "unknown"
    #: a back office will not take a delivery
    REFUSED = "refused"
    #: a fault of ours stopped a notification before anybody was told
    STUCK = "stuck"
    #: a record could not be read
    UNREADABLE = "unreadable"


CAUSE_CAPTIONS: dict[Cause, str] = {
    Cause.DEAD: "Every try is used up",
    Cause.UNKNOWN: "Sent, and no clear answer",
    Cause.REFUSED: "The back office refused it",
    Cause.STUCK: "Stopped by a fault of ours",
    Cause.UNREADABLE: "The record could not be read",
}


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
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Failures of one cause, with one reason, at one department."""

    cause: Cause
    department: str | None
    reason: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which failures: all of them, or those of a department, with a reason, or of a cause."""

    department: str | None = None
    reason: str | None = None
    cause: Cause | None = None

    def includes(self, failure: Failure) -> bool:
        """Whether this failure is one of them."""
        return (
            self.department in (None, failure.department)
            and self.reason in (None, failure.reason)
            and self.cause in (None, failure.cause)
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


#: in brackets, as other conditions stand beside it
_FAILED = text(f"({FAILED.text})")
_DELIVERIES: Select[Any] = (
    select(
        delivery.c.id,
        delivery.c.department,
        delivery.c.standing,
        delivery.c.reason,
        delivery.c.kind,
        delivery.c.attempts,
        delivery.c.opened_at.label("since"),
        event.c.reference,
    )
    .join_from(delivery, event, event.c.id == delivery.c.event_id, isouter=True)
    .where(_FAILED)
)
_STUCK: Select[Any] = select(
    event.c.id, event.c.reason, event.c.kind, event.c.recorded_at.label("since"), event.c.reference
).where(event.c.progress == Progress.STUCK)
_UNREADABLE: Select[Any] = select(
    dead_letter.c.id, dead_letter.c.topic, dead_letter.c.reason, dead_letter.c.buried_at.label("since")
).where(dead_letter.c.replayed_at.is_(None))


def groups(tx: Connection) -> list[Group]:
    """Every failure by cause, department and reason: the longest-standing group first."""
    found = [*_delivery_groups(tx), *_stuck_groups(tx), *_unreadable_groups(tx)]
    return sorted(found, key=lambda group: group.oldest)


def _delivery_groups(tx: Connection) -> Iterator[Group]:
    of = (delivery.c.department, delivery.c.standing, delivery.c.reason)
    for row in tx.execute(_counted(select(*of), delivery.c.opened_at).where(_FAILED).group_by(*of)):
        yield _group(row, _cause(row.standing), row.department)


def _stuck_groups(tx: Connection) -> Iterator[Group]:
    counted = _counted(select(event.c.reason), event.c.recorded_at).where(event.c.progress == Progress.STUCK)
    for row in tx.execute(counted.group_by(event.c.reason)):
        yield _group(row, Cause.STUCK, None)


def _unreadable_groups(tx: Connection) -> Iterator[Group]:
    counted = _counted(select(dead_letter.c.reason), dead_letter.c.buried_at)
    for row in tx.execute(counted.where(dead_letter.c.replayed_at.is_(None)).group_by(dead_letter.c.reason)):
        yield _group(row, Cause.UNREADABLE, None)


def _counted(query: Select[Any], since: Any) -> Select[Any]:  # noqa: ANN401 - a column
    return query.add_columns(func.count().label("how_many"), func.min(since, type_=since.type).label("oldest"))


def _group(row: Row[Any], cause: Cause, department: str | None) -> Group:
    return Group(
        cause=cause, department=department, reason=row.reason or "not-said", count=row.how_many, oldest=row.oldest
    )


def _cause(standing: str) -> Cause:
    match Standing(standing):
        case Standing.DEAD:
            return Cause.DEAD
        case Standing.UNKNOWN:
            return Cause.UNKNOWN
        case _:
            return Cause.REFUSED


def listing(tx: Connection, wanted: Wanted | None = None, most: int | None = MOST) -> list[Failure]:
    """The failures that are wanted, the longest-standing first; ``most`` None means all of them."""
    wanted = wanted or Wanted()
    found = [failure for failure in _every(tx, wanted) if wanted.includes(failure)]
    return sorted(found, key=lambda failure: (failure.since, failure.id))[:most]


def _every(tx: Connection, wanted: Wanted) -> Iterator[Failure]:
    deliveries = _DELIVERIES
    if wanted.department is not None:
        deliveries = deliveries.where(delivery.c.department == wanted.department)
    yield from (_of_delivery(row) for row in tx.execute(deliveries))
    yield from (_of_notification(row) for row in tx.execute(_STUCK))
    yield from (_of_dead_letter(row) for row in tx.execute(_UNREADABLE))


def find(tx: Connection, failure_id: str) -> Failure | None:
    """One failure by its id, a stuck notification by its reference too; None where nothing fails under it."""
    if (number := dead_letter_number(failure_id)) is not None:
        row = tx.execute(_UNREADABLE.where(dead_letter.c.id == number)).one_or_none()
        return _of_dead_letter(row) if row else None
    row = tx.execute(_DELIVERIES.where(delivery.c.id == failure_id)).one_or_none()
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
    event_id = row.event_id if row is not None else failure.id
    tried = tx.execute(select(attempt).where(attempt.c.delivery_id == failure.id).order_by(attempt.c.n))
    steps = tx.execute(select(step).where(step.c.event_id == event_id).order_by(step.c.id))
    return Examined(
        failure=failure,
        attempts=tuple(
            Tried(n=each.n, started_at=each.started_at, ended_at=each.ended_at, heard=each.heard, reason=each.reason)
            for each in tried
        ),
        steps=tuple(
            (each.at, each.step, each.department, each.said) for each in steps if _concerns(each, failure.department)
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
    holds = row.standing in (Standing.DEAD, Standing.UNKNOWN)
    return int(tx.execute(waiting).scalar_one()) if holds else 0


def _concerns(row: Row[Any], department: str | None) -> bool:
    return row.department is None or department in (None, row.department)


def _of_delivery(row: Row[Any]) -> Failure:
    return Failure(
        id=row.id,
        cause=_cause(row.standing),
        department=row.department,
        reason=row.reason or "not-said",
        reference=row.reference,
        kind=row.kind,
        attempts=row.attempts,
        since=row.since,
    )


def _of_notification(row: Row[Any]) -> Failure:
    return Failure(
        id=row.id,
        cause=Cause.STUCK,
        department=None,
        reason=row.reason or "not-said",
        reference=row.reference,
        kind=row.kind,
        attempts=0,
        since=row.since,
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
    )
