"""Claims: the right to send one delivery, committed before its request leaves, and how each attempt ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from broker.delivered import Delivered, columns, read
from broker.standing import Standing
from broker.statements import Statement, each, instant, moment
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
    person: str
    seq: int
    #: under which its attempts are kept
    number: int
    kind: str
    attempts: int
    letter: bytes
    first_tried_at: datetime
    opened_at: datetime
    worker: str


_CLAIM = Statement(
    "UPDATE delivery SET standing = 'sending', attempts = attempts + 1, claimed_by = :worker, claimed_until = :until,"
    " first_tried_at = COALESCE(first_tried_at, :now), due_at = NULL"
    " WHERE id IN (EACH :ids) AND standing = 'waiting' AND released"
    " RETURNING id, event_id, department, person, seq, number, kind, attempts, letter, first_tried_at, opened_at"
)
_BEGIN = Statement(
    "INSERT INTO attempt (delivery_number, n, started_at) VALUES (:number, :n, :now) ON CONFLICT DO NOTHING"
)
#: of those that are claimed, or lie with their departments, already
_BEGIN_ALL = Statement(
    "INSERT INTO attempt (delivery_number, n, started_at)"
    " SELECT number, attempts, :now FROM delivery WHERE id IN (EACH :ids) ON CONFLICT DO NOTHING"
)
_END = Statement(
    "UPDATE attempt SET ended_at = :now, heard = said.heard, reason = said.reason"
    " FROM ROWS :rows (number bigint, n bigint, heard text, reason text) said"
    " WHERE attempt.delivery_number = said.number AND attempt.n = said.n"
)
_ONE = Statement(f"SELECT {columns()} FROM delivery WHERE id = :id")  # noqa: S608 - our own column names
#: where others write too: until the commit nobody changes it, nor moves it to another line
_ONE_FOR_US = Statement(f"SELECT {columns()} FROM delivery WHERE id = :id FOR UPDATE")  # noqa: S608
_MANY = Statement(f"SELECT {columns()} FROM delivery WHERE id IN (EACH :ids)")  # noqa: S608
_TRIES = Statement(
    "SELECT COUNT(*) FROM attempt WHERE delivery_number = :number AND started_at >= :since"
    " AND (heard IS NULL OR heard NOT IN ('put-back', 'not-counted'))"
)
_PUT_BACK = Statement(
    "UPDATE delivery SET standing = 'waiting', claimed_by = NULL, claimed_until = NULL, due_at = :again"
    " WHERE id = :id AND standing = 'sending' AND claimed_by = :worker AND attempts = :n AND called_off_at IS NULL"
)


def claim(tx: Connection, delivery_id: str, worker: str, at: datetime, timing: Timing) -> Claim | None:
    """Claim a delivery before its request leaves; None where it is not to be sent any more (a repeat, say)."""
    return claim_all(tx, [delivery_id], worker, at, timing).get(delivery_id)


def claim_all(
    tx: Connection, delivery_ids: Sequence[str], worker: str, at: datetime, timing: Timing
) -> Mapping[str, Claim]:
    """Claim those that are to be sent, by their ids; of one lane no more than one is."""
    now = instant(at)
    said = {"ids": each(delivery_ids), "worker": worker, "until": instant(at + timing.lease), "now": now}
    claimed = [_claim(row, worker, at) for row in _CLAIM.all(tx, said)]
    _BEGIN_ALL.run(tx, {"ids": each(one.delivery_id for one in claimed), "now": now})
    return {one.delivery_id: one for one in claimed}


def _claim(row: tuple[Any, ...], worker: str, at: datetime) -> Claim:
    delivery_id, event_id, department, person, seq, number, kind, attempts, letter, first, opened = row
    return Claim(
        delivery_id=delivery_id,
        event_id=event_id,
        department=department,
        person=person,
        seq=seq,
        number=number,
        kind=kind,
        attempts=attempts,
        letter=letter,
        first_tried_at=moment(first) or at,
        opened_at=moment(opened) or at,
        worker=worker,
    )


def put_back(tx: Connection, claimed: Claim, at: datetime, timing: Timing, heard: str = PUT_BACK) -> bool:
    """Give a claim back as if it had not been made; False where it is no longer ours to give."""
    said = {"id": claimed.delivery_id, "worker": claimed.worker, "n": claimed.attempts}
    if _PUT_BACK.count(tx, said | {"again": instant(at + timing.republish_after)}) != 1:
        return False
    end_attempt(tx, claimed, heard, None, at)
    return True


def look_up(tx: Connection, delivery_id: str) -> Delivered | None:
    """Where one delivery stands, and will until our commit unless we change it; None where there is none."""
    row = (_ONE_FOR_US if tx.dialect.name == "postgresql" else _ONE).one(tx, {"id": delivery_id})
    return None if row is None else read(row)


def look_up_all(tx: Connection, delivery_ids: Iterable[str]) -> dict[str, Delivered]:
    """Where each of these stands, by its id; those that are not there are missing."""
    found = map(read, _MANY.all(tx, {"ids": each(delivery_ids)}))
    return {row.id: row for row in found}


def begin_attempt(tx: Connection, number: int, n: int, at: datetime) -> None:
    """An attempt at the delivery of this number begins that needs no claim: it lies with the back office."""
    _BEGIN.run(tx, {"number": number, "n": n, "now": instant(at)})


def begin_attempts(tx: Connection, delivery_ids: Iterable[str], at: datetime) -> None:
    """The attempt that each of these counts already begins in this way."""
    _BEGIN_ALL.run(tx, {"ids": each(delivery_ids), "now": instant(at)})


def end_attempt(tx: Connection, of: Claim | Delivered, heard: str, reason: str | None, at: datetime) -> None:
    """Say how its last attempt ended."""
    _end(tx, [{"number": of.number, "n": of.attempts, "heard": str(heard), "reason": reason}], at)


def end_attempts(tx: Connection, ended: Iterable[tuple[Claim | Delivered, str]], at: datetime) -> None:
    """Say of the attempts of these claims that they ended with an answer, and with which."""
    _end(tx, ({"number": of.number, "n": of.attempts, "heard": word, "reason": None} for of, word in ended), at)


def _end(tx: Connection, rows: Iterable[dict[str, Any]], at: datetime) -> None:
    _END.run(tx, {"rows": each(rows), "now": instant(at)})


def tries(tx: Connection, row: Delivered) -> int:
    """How many attempts count against the waits: those since the first, or since an operator replayed it."""
    if row.first_tried_at is None:
        return 1  # answered before it was offered
    counted = _TRIES.one(tx, {"number": row.number, "since": instant(row.first_tried_at)})
    return max(1, counted[0] if counted else 0)


def ended_leases(tx: Connection, at: datetime, but: Iterable[str] = ()) -> Sequence[Row[tuple[Any, ...]]]:
    """Deliveries whose request was on its way when its process died: whether they had an effect is unknown."""
    ended = (
        or_(delivery.c.claimed_until <= at, delivery.c.claimed_by.not_in(list(but)))
        if but
        else (delivery.c.claimed_until <= at)
    )
    return tx.execute(select(delivery).where(and_(CLAIMED, delivery.c.standing == Standing.SENDING, ended))).all()
