"""The ledger: one row for each notification, department and revision; settled means that the row is committed.

A delivery is offered to its back office only when it is the head of its lane: no earlier delivery of that person to
that department is open. So order rests on these statements, never on Kafka.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from broker.adapter import HandOver
from broker.decision import Delivery
from broker.outcome import Outcome, facts_of, kind_of
from broker.rows import insert_if_new
from broker.standing import Standing
from broker.tables import CLAIMED, DUE, HOLDS_THE_LANE, Instant, attempt, delivery, outbox
from schemas.outcome import OutcomeKind, OutcomeLetter, Question

#: answers that a later one may replace: somebody is still at work
_PROVISIONAL = (OutcomeKind.REFERRED, OutcomeKind.NEEDS_INFORMATION)
BROKER_SOURCE = "urn:tell-us-once:broker"
#: why a delivery was settled without being sent: the department cannot act without a fact that was not told
INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The waits that the ledger keeps, and the prefix of its topics."""

    republish_after: timedelta
    lease: timedelta
    topic_prefix: str = ""

    def department_topic(self, department: str) -> str:
        """The topic of one department."""
        return f"{self.topic_prefix}departments.{department}"


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


#: built once: building a statement costs several times what executing it does. What is set is given with the execution.
_CHANGE = update(delivery).where(delivery.c.id == bindparam("of"))
_PUBLISH = insert(outbox)


def open_deliveries(tx: Connection, deliveries: Sequence[Delivery], at: datetime, timing: Timing) -> None:
    """Write deliveries down, and offer each that heads its lane."""
    for told in deliveries:
        if insert_if_new(tx, delivery, _row(told, at)):
            offer_next(tx, told.department, told.person, at, timing)


def _row(told: Delivery, at: datetime) -> dict[str, object]:
    row: dict[str, object] = {
        "event_id": told.event_id,
        "department": told.department,
        "revision": told.revision,
        "id": told.id,
        "person": told.person,
        "seq": told.seq,
        "kind": told.kind,
        "hand_over": told.hand_over,
        "standing": Standing.WAITING,
        "letter": told.letter,
        "attempts": 0,
        "released": False,
        "opened_at": at,
    }
    if told.missing:
        first = told.missing[0]
        question = Question(field=first.field, ask=f"Please ask the caller for: {first.field.replace('_', ' ')}.")
        row |= {"standing": Standing.SETTLED, "settled_at": at, "outcome": OutcomeKind.NEEDS_INFORMATION}
        row |= {"question": question.model_dump_json(), "reason": INCOMPLETE}
    return row


_HEAD = (
    select(delivery)
    .where(delivery.c.department == bindparam("of"), delivery.c.person == bindparam("who"), HOLDS_THE_LANE)
    .order_by(delivery.c.seq, delivery.c.revision)
    .limit(1)
)


#: a later delivery may be on its way when an earlier one is opened: one that an operator puts back, say
_ON_ITS_WAY = (
    select(delivery.c.id)
    .where(delivery.c.department == bindparam("of"), delivery.c.person == bindparam("who"), HOLDS_THE_LANE)
    .where(
        or_(
            delivery.c.standing.in_([Standing.SENDING, Standing.HANDED_OVER]),
            and_(delivery.c.standing == Standing.WAITING, delivery.c.released),
        )
    )
    .limit(1)
)


def offer_next(tx: Connection, department: str, person: str, at: datetime, timing: Timing) -> None:
    """Offer the head of a lane to its back office, unless it waits for its hour or one of the lane is on its way."""
    lane = {"of": department, "who": person}
    head = tx.execute(_HEAD, lane).one_or_none()
    if head is None or head.standing != Standing.WAITING or head.released:
        return
    if tx.execute(_ON_ITS_WAY, lane).first() is None:
        _offer(tx, head, at, timing)


def _offer(tx: Connection, row: Row[tuple[object, ...]], at: datetime, timing: Timing) -> None:
    # The older, the rarer: a department that is closed for a week is not sent a copy a minute.
    again = at + max(timing.republish_after, at - row.opened_at)
    match HandOver(row.hand_over):
        case HandOver.CALLED:
            _publish(tx, row, timing)
            change: dict[str, object] = {"standing": Standing.WAITING, "due_at": again}
        case HandOver.SUBSCRIBES:
            _publish(tx, row, timing)
            change = {"standing": Standing.HANDED_OVER, "due_at": again, "attempts": row.attempts + 1}
            _begin_attempt(tx, row.id, row.attempts + 1, at)
        case HandOver.COLLECTS:
            change = {"standing": Standing.HANDED_OVER, "due_at": None, "attempts": row.attempts + 1}
            _begin_attempt(tx, row.id, row.attempts + 1, at)
    first = row.first_tried_at or (at if change["standing"] is Standing.HANDED_OVER else None)
    tx.execute(_CHANGE, {"of": row.id, "released": True, "first_tried_at": first, **change})


def _publish(tx: Connection, row: Row[tuple[object, ...]], timing: Timing) -> None:
    tx.execute(_PUBLISH, {"topic": timing.department_topic(row.department), "key": row.person, "value": row.letter})


def _begin_attempt(tx: Connection, delivery_id: str, n: int, at: datetime) -> None:
    insert_if_new(tx, attempt, {"delivery_id": delivery_id, "n": n, "started_at": at})


_CLAIM = (
    update(delivery)
    .where(delivery.c.id == bindparam("of"), delivery.c.standing == Standing.WAITING, delivery.c.released)
    .values(
        standing=Standing.SENDING,
        attempts=delivery.c.attempts + 1,
        claimed_by=bindparam("worker"),
        claimed_until=bindparam("until"),
        first_tried_at=func.coalesce(delivery.c.first_tried_at, bindparam("now", type_=Instant)),
        due_at=None,
    )
    .returning(delivery)
)


def claim(tx: Connection, delivery_id: str, worker: str, at: datetime, timing: Timing) -> Claim | None:
    """Claim a delivery before its request leaves; None where it is not to be sent any more (a repeat, say)."""
    said = {"of": delivery_id, "worker": worker, "until": at + timing.lease, "now": at}
    row = tx.execute(_CLAIM, said).one_or_none()
    if row is None:
        return None
    _begin_attempt(tx, row.id, row.attempts, at)
    return Claim(
        delivery_id=row.id,
        event_id=row.event_id,
        department=row.department,
        kind=row.kind,
        attempts=row.attempts,
        letter=row.letter,
        first_tried_at=row.first_tried_at,
        worker=worker,
    )


_ONE = select(delivery).where(delivery.c.id == bindparam("of"))


def find(tx: Connection, delivery_id: str) -> Row[tuple[object, ...]] | None:
    """One delivery's row."""
    return tx.execute(_ONE, {"of": delivery_id}).one_or_none()


def settle(tx: Connection, row: Row[tuple[object, ...]], outcome: Outcome, to: Standing, at: datetime) -> bool:
    """Write an answer down, a late one too: it is true whoever sent the request. False where one came before."""
    changes = row.outcome in _PROVISIONAL and row.outcome != kind_of(outcome)
    if row.standing == Standing.CANCELLED or (row.standing == Standing.SETTLED and not changes):
        return False
    said = facts_of(outcome, delivery=row.id, department=row.department, now=at)
    change = {
        "standing": to,
        "outcome": said.outcome,
        "receipt": said.receipt or row.receipt,
        "reason": said.reason,
        "question": said.question.model_dump_json() if said.question else None,
        "by_day": said.by.isoformat() if said.by else None,
        "settled_at": at if to is Standing.SETTLED else None,
        "due_at": None,
        "claimed_by": None,
        "claimed_until": None,
    }
    tx.execute(_CHANGE, {"of": row.id, **change})
    return True


def wait_until(tx: Connection, delivery_id: str, to: Standing, reason: str, due_at: datetime | None) -> None:
    """Put a delivery aside: until an hour, or until a person decides."""
    tx.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.standing.not_in([Standing.SETTLED, Standing.CANCELLED]))
        .values(standing=to, reason=reason, due_at=due_at, claimed_by=None, claimed_until=None)
    )


_END_ATTEMPT = (
    update(attempt)
    .where(attempt.c.delivery_id == bindparam("of"), attempt.c.n == bindparam("nth"))
    .values(ended_at=bindparam("at"), heard=bindparam("said"), reason=bindparam("why"))
)


def end_attempt(tx: Connection, delivery_id: str, n: int, heard: str, reason: str | None, at: datetime) -> None:
    """Say how an attempt ended."""
    tx.execute(_END_ATTEMPT, {"of": delivery_id, "nth": n, "at": at, "said": heard, "why": reason})


_TRIES = (
    select(func.count())
    .select_from(attempt)
    .where(attempt.c.delivery_id == bindparam("of"), attempt.c.started_at >= bindparam("since"))
)


def tries(tx: Connection, row: Row[tuple[object, ...]]) -> int:
    """How many attempts count against the waits: those since the first, or since an operator replayed it."""
    if row.first_tried_at is None:
        return 1  # answered before it was offered
    return max(1, tx.execute(_TRIES, {"of": row.id, "since": row.first_tried_at}).scalar_one())


def publish_outcome(tx: Connection, row: Row[tuple[object, ...]], outcome: Outcome, at: datetime, topic: str) -> None:
    """Tell everybody who listens on ``outcomes`` what was answered."""
    facts = facts_of(outcome, delivery=row.id, department=row.department, now=at)
    number = row.attempts
    letter = OutcomeLetter(id=f"{row.id}.{number}", source=BROKER_SOURCE, time=at, subject=row.id, data=facts)
    tx.execute(_PUBLISH, {"topic": topic, "key": row.person, "value": letter.model_dump_json().encode()})


_TO_OFFER = (
    select(delivery)
    .where(DUE, delivery.c.due_at <= bindparam("now"))
    .where(delivery.c.standing.in_([Standing.WAITING, Standing.RETRYING, Standing.HANDED_OVER]))
    .order_by(delivery.c.due_at)
    .limit(bindparam("most"))
)


def offer_due(tx: Connection, at: datetime, timing: Timing, most: int = 500) -> int:
    """Offer again what is due: retries whose hour has come, and what Kafka or a back office seems to have lost."""
    rows = tx.execute(_TO_OFFER, {"now": at, "most": most}).all()
    for row in rows:
        if row.standing == Standing.RETRYING:
            _stand_in_line(tx, row.id)
            offer_next(tx, row.department, row.person, at, timing)
        else:
            _offer(tx, row, at, timing)
    return len(rows)


def _stand_in_line(tx: Connection, delivery_id: str) -> None:
    tx.execute(_CHANGE, {"of": delivery_id, "standing": Standing.WAITING, "released": False, "due_at": None})


def ended_leases(tx: Connection, at: datetime, but: Iterable[str] = ()) -> Sequence[Row[tuple[object, ...]]]:
    """Deliveries whose request was on its way when its process died: whether they had an effect is unknown."""
    ended = (
        or_(delivery.c.claimed_until <= at, delivery.c.claimed_by.not_in(list(but)))
        if but
        else (delivery.c.claimed_until <= at)
    )
    return tx.execute(select(delivery).where(and_(CLAIMED, delivery.c.standing == Standing.SENDING, ended))).all()
