"""Claims: the right to send one delivery, committed before its request leaves, and how each attempt ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from broker.delivered import Delivered, columns, read
from broker.standing import Standing
from broker.statements import Statement, instant, moment
from broker.tables import CLAIMED, delivery
from broker.timing import Timing

#: an attempt that says nothing about its delivery: the department was ill, or it never left (so too in _TRIES)
PUT_BACK = "put-back"
#: it left, and nothing was heard: it does not count against the delivery, and yet it may have arrived (so too there)
NOT_COUNTED = "not-counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to send one delivery, until the lease ends."""

    delivery_id: str
    event_id: str
    department: str
    kind: str
    attempts: int
    letter: bytes
    first_tried_at: datetime
    worker: str


_CLAIM = Statement(
    "UPDATE delivery SET standing = 'sending', attempts = attempts + 1, claimed_by = :worker, claimed_until = :until,"
    " first_tried_at = COALESCE(first_tried_at, :now), due_at = NULL"
    " WHERE id = :id AND standing = 'waiting' AND released"
    " RETURNING event_id, department, kind, attempts, letter, first_tried_at"
)
_BEGIN = Statement(
    "INSERT INTO attempt (delivery_id, n, started_at) VALUES (:id, :n, :now) ON CONFLICT DO NOTHING",
)
_END = Statement(
    "UPDATE attempt SET ended_at = :now, heard = :heard, reason = :reason WHERE delivery_id = :id AND n = :n"
)
_ONE = Statement(f"SELECT {columns()} FROM delivery WHERE id = :id")  # noqa: S608 - our own column names
_TRIES = Statement(
    "SELECT COUNT(*) FROM attempt WHERE delivery_id = :id AND started_at >= :since"
    " AND (heard IS NULL OR heard NOT IN ('put-back', 'not-counted'))"
)
_PUT_BACK = Statement(
    "UPDATE delivery SET standing = 'waiting', claimed_by = NULL, claimed_until = NULL, due_at = :again"
    " WHERE id = :id AND standing = 'sending' AND claimed_by = :worker AND attempts = :n AND called_off_at IS NULL"
)


def claim(tx: Connection, delivery_id: str, worker: str, at: datetime, timing: Timing) -> Claim | None:
    """Claim a delivery before its request leaves; None where it is not to be sent any more (a repeat, say)."""
    now = instant(at)
    said = {"id": delivery_id, "worker": worker, "until": instant(at + timing.lease), "now": now}
    row = _CLAIM.one(tx, said)
    if row is None:
        return None
    event_id, department, kind, attempts, letter, first = row
    _BEGIN.run(tx, {"id": delivery_id, "n": attempts, "now": now})
    return Claim(
        delivery_id=delivery_id,
        event_id=event_id,
        department=department,
        kind=kind,
        attempts=attempts,
        letter=letter,
        first_tried_at=moment(first) or at,
        worker=worker,
    )


def put_back(tx: Connection, claimed: Claim, at: datetime, timing: Timing, heard: str = PUT_BACK) -> bool:
    """Give a claim back as if it had not been made; False where it is no longer ours to give."""
    said = {"id": claimed.delivery_id, "worker": claimed.worker, "n": claimed.attempts}
    if _PUT_BACK.count(tx, said | {"again": instant(at + timing.republish_after)}) != 1:
        return False
    end_attempt(tx, claimed.delivery_id, claimed.attempts, heard, None, at)
    return True


def look_up(tx: Connection, delivery_id: str) -> Delivered | None:
    """Where one delivery stands; None where there is none."""
    row = _ONE.one(tx, {"id": delivery_id})
    return None if row is None else read(row)


def begin_attempt(tx: Connection, delivery_id: str, n: int, at: datetime) -> None:
    """An attempt begins that needs no claim: it lies with the back office."""
    _BEGIN.run(tx, {"id": delivery_id, "n": n, "now": instant(at)})


def end_attempt(tx: Connection, delivery_id: str, n: int, heard: str, reason: str | None, at: datetime) -> None:
    """Say how an attempt ended."""
    _END.run(tx, {"id": delivery_id, "n": n, "now": instant(at), "heard": str(heard), "reason": reason})


def tries(tx: Connection, row: Delivered) -> int:
    """How many attempts count against the waits: those since the first, or since an operator replayed it."""
    if row.first_tried_at is None:
        return 1  # answered before it was offered
    counted = _TRIES.one(tx, {"id": row.id, "since": instant(row.first_tried_at)})
    return max(1, counted[0] if counted else 0)


def ended_leases(tx: Connection, at: datetime, but: Iterable[str] = ()) -> Sequence[Row[tuple[Any, ...]]]:
    """Deliveries whose request was on its way when its process died: whether they had an effect is unknown."""
    ended = (
        or_(delivery.c.claimed_until <= at, delivery.c.claimed_by.not_in(list(but)))
        if but
        else (delivery.c.claimed_until <= at)
    )
    return tx.execute(select(delivery).where(and_(CLAIMED, delivery.c.standing == Standing.SENDING, ended))).all()
