"""The ledger: one row for each notification, department and revision; settled means that the row is committed.

A delivery is offered to its back office only when it is the head of its lane: no earlier delivery of that person to
that department is open. So order rests on the statements of ``lanes`` and ``claims``, never on Kafka.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from broker import parking
from broker.claims import Claim, claim, end_attempt, ended_leases, tries
from broker.decision import Delivery
from broker.delivered import Delivered
from broker.lanes import offer_due, offer_next
from broker.notifications import publish_all
from broker.standing import STUCK, Standing
from broker.statements import Statement, each, instant
from broker.tables import delivery
from broker.timing import Timing
from schemas.outcome import OutcomeFacts, OutcomeKind, OutcomeLetter, Question

__all__ = [
    "BROKER_SOURCE",
    "INCOMPLETE",
    "Claim",
    "Timing",
    "claim",
    "end_attempt",
    "ended_leases",
    "find",
    "offer_due",
    "offer_next",
    "open_deliveries",
    "publish_outcome",
    "publish_outcomes",
    "row_of",
    "settle",
    "settle_all",
    "settle_handed_over",
    "tries",
    "wait_until",
    "write_down",
]
#: answers that a later one may replace: somebody is still at work
_PROVISIONAL = (OutcomeKind.REFERRED, OutcomeKind.NEEDS_INFORMATION)
BROKER_SOURCE = "urn:tell-us-once:broker"
#: why a delivery was settled without being sent: the department cannot act without a fact that was not told
INCOMPLETE = "incomplete"
#: what an irreversible event waits for, and what one waits for whose department wants it on its day
COOL_OFF, ITS_DAY = "cool-off", "day"
_OPEN = Statement(
    "INSERT INTO delivery (event_id, department, revision, id, person, seq, kind, hand_over, standing, outcome, reason,"
    " question, letter, attempts, first_tried_at, released, due_at, opened_at, settled_at, behind, jump, not_before,"
    " waits_for) VALUES (:event_id, :department, :revision, :id, :person, :seq, :kind, :hand_over, :standing, :outcome,"
    " :reason, :question, :letter, :attempts, :first_tried_at, :released, :due_at, :opened_at, :settled_at, :behind,"
    " :jump, :not_before, :waits_for)"
    " ON CONFLICT DO NOTHING"
)
_SETTLE = Statement(
    "UPDATE delivery SET standing = :standing, outcome = :outcome, receipt = :receipt, reason = :reason,"
    " question = :question, by_day = :by_day, settled_at = :settled_at, due_at = NULL, claimed_by = NULL,"
    " claimed_until = NULL WHERE id = :id"
)
#: the first answers to what nobody has taken back
_SETTLE_FIRST = (
    "UPDATE delivery SET standing = 'settled', outcome = said.outcome, receipt = COALESCE(said.receipt, delivery.receipt),"
    " reason = said.reason, question = said.question, by_day = said.by_day, settled_at = :now, due_at = NULL,"
    " claimed_by = NULL, claimed_until = NULL"
    " FROM ROWS :rows (id text, outcome text, receipt text, reason text, question text, by_day text, person text,"
    " worker text, n bigint) said"
    " WHERE delivery.id = said.id AND delivery.called_off_at IS NULL"
    # Its lane may have been joined to another's meanwhile, and it is that one's next that is to be offered then.
    " AND delivery.person = said.person"
)
#: to a request of ours, and to what lay with its department
_SETTLE_CLAIMED = Statement(
    _SETTLE_FIRST + " AND standing = 'sending' AND claimed_by = said.worker AND attempts = said.n"
)
_SETTLE_HANDED_OVER = Statement(_SETTLE_FIRST + " AND standing = 'handed_over'")
_ASIDE = Statement(
    "UPDATE delivery SET standing = :standing, reason = :reason, due_at = :due_at, claimed_by = NULL,"
    " claimed_until = NULL WHERE id = :id AND standing NOT IN ('settled', 'cancelled')"
)
_ONE = select(delivery).where(delivery.c.id == bindparam("of"))


def open_deliveries(tx: Connection, deliveries: Sequence[Delivery], at: datetime, timing: Timing) -> None:
    """Write deliveries down, and offer each that heads its lane."""
    for told in deliveries:
        if write_down(tx, [row_of(told, at, timing)]) == 1:
            head = offer_next(tx, told.department, told.person, at, timing)
            if head in STUCK:
                parking.mind_the_queue(tx, told.department, told.person, at, timing)


def write_down(tx: Connection, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows down as they are; how many of them were new."""
    return _OPEN.run_all(tx, rows)


def row_of(told: Delivery, at: datetime, timing: Timing) -> dict[str, Any]:
    """The row of a delivery that has not been offered yet."""
    not_before, waits_for = _waits(told, at, timing)
    row: dict[str, Any] = {
        "event_id": told.event_id,
        "department": told.department,
        "revision": told.revision,
        "id": told.id,
        "person": told.person,
        "seq": told.seq,
        "kind": told.kind,
        "hand_over": told.hand_over.value,
        "standing": Standing.WAITING.value,
        "outcome": None,
        "reason": None,
        "question": None,
        "letter": told.letter,
        "attempts": 0,
        "first_tried_at": None,
        "released": False,
        "due_at": not_before,
        "opened_at": instant(at),
        "settled_at": None,
        "behind": told.behind.value,
        "jump": told.jump,
        "not_before": not_before,
        "waits_for": waits_for,
    }
    if told.missing:
        first = told.missing[0]
        question = Question(field=first.field, ask=f"Please ask the caller for: {first.field.replace('_', ' ')}.")
        row |= {"standing": Standing.SETTLED.value, "settled_at": row["opened_at"], "due_at": None}
        row |= {"outcome": OutcomeKind.NEEDS_INFORMATION.value, "question": question.model_dump_json()}
        row |= {"reason": INCOMPLETE, "not_before": None, "waits_for": None}
    return row


def _waits(told: Delivery, at: datetime, timing: Timing) -> tuple[int | None, str | None]:
    if told.not_before is not None and told.not_before > at:
        return instant(told.not_before), ITS_DAY
    if told.cools_off and timing.cool_off:
        return instant(at + timing.cool_off), COOL_OFF
    return None, None


def find(tx: Connection, delivery_id: str) -> Row[tuple[Any, ...]] | None:
    """One delivery's row."""
    return tx.execute(_ONE, {"of": delivery_id}).one_or_none()


def settle(tx: Connection, row: Delivered, said: OutcomeFacts, to: Standing, at: datetime) -> bool:
    """Write an answer down, a late one too: it is true whoever sent the request. False where one came before."""
    changes = row.outcome in _PROVISIONAL and row.outcome != said.outcome
    if row.standing == Standing.CANCELLED or (row.standing == Standing.SETTLED and not changes):
        return False
    change = _answered(row.id, said) | {"standing": to.value, "receipt": said.receipt or row.receipt}
    _SETTLE.run(tx, change | {"settled_at": instant(at) if to is Standing.SETTLED else None})
    return True


def settle_all(tx: Connection, answers: Sequence[tuple[Claim, OutcomeFacts]], at: datetime) -> bool:
    """Write down the first answer to each of these claims; False where any is not ours to answer in this way."""
    rows = [
        _answered(of.delivery_id, said) | {"person": of.person, "worker": of.worker, "n": of.attempts}
        for of, said in answers
    ]
    return _SETTLE_CLAIMED.count(tx, {"rows": each(rows), "now": instant(at)}) == len(rows)


def settle_handed_over(tx: Connection, answers: Sequence[tuple[Delivered, OutcomeFacts]], at: datetime) -> bool:
    """Write down the first answer to each of these, which lay with their departments; False where any lies no more."""
    rows = [_answered(of.id, said) | {"person": of.person} for of, said in answers]
    return _SETTLE_HANDED_OVER.count(tx, {"rows": each(rows), "now": instant(at)}) == len(rows)


def _answered(delivery_id: str, said: OutcomeFacts) -> dict[str, Any]:
    return {
        "id": delivery_id,
        "outcome": said.outcome.value,
        "receipt": said.receipt,
        "reason": said.reason,
        "question": said.question.model_dump_json() if said.question else None,
        "by_day": said.by.isoformat() if said.by else None,
    }


def wait_until(tx: Connection, delivery_id: str, to: Standing, reason: str, due_at: datetime | None) -> None:
    """Put a delivery aside: until an hour, or until a person decides."""
    _ASIDE.run(tx, {"id": delivery_id, "standing": to.value, "reason": reason, "due_at": instant(due_at)})


def publish_outcome(tx: Connection, row: Delivered, said: OutcomeFacts, at: datetime, topic: str) -> None:
    """Tell everybody who listens on ``outcomes`` what was answered."""
    publish_outcomes(tx, [(row, said)], at, topic)


def publish_outcomes(
    tx: Connection, answers: Sequence[tuple[Claim | Delivered, OutcomeFacts]], at: datetime, topic: str
) -> None:
    """The same of several deliveries."""
    publish_all(tx, topic, ((of.person, _letter(of.attempts, said, at)) for of, said in answers))


def _letter(attempt: int, said: OutcomeFacts, at: datetime) -> bytes:
    made = f"{said.delivery}.{attempt}"
    letter = OutcomeLetter.model_construct(id=made, source=BROKER_SOURCE, time=at, subject=said.delivery, data=said)
    return letter.model_dump_json().encode()
