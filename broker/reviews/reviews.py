"""Clerical review: notifications that wait for a person to say who they are about, and what that person decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from broker.decision import HoldReason
from broker.notifications import note_audit, note_step
from broker.standing import Progress
from broker.tables import event, review


class Answer(StrEnum):
    """What a reviewer can say."""

    #: one of the records is this person
    SAME = "same"
    #: none of the records is this person
    DIFFERENT = "different"
    #: what was said is not enough: ask the caller for more
    CANNOT_TELL = "cannot_tell"


ANSWER_CAPTIONS: dict[Answer, str] = {
    Answer.SAME: "This record is the person.",
    Answer.DIFFERENT: "None of these records is the person.",
    Answer.CANNOT_TELL: "What was said is not enough to tell.",
}


class ReviewRefused(Exception):
    """A decision cannot be taken so; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One notification in the queue. No personal data: opening it is another act, with a reason."""

    event_id: str
    reference: str
    kind: str
    acts: str
    opened_at: datetime
    candidates: tuple[str, ...]
    because: str
    #: an irreversible event is decided by two readers; who the first was
    first_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What reviewers decided about one notification."""

    answer: Answer
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reviewer's decision."""

    reference: str
    answer: Answer
    #: the record that is the person
    person: str | None
    #: with "cannot tell": the field to ask the caller for
    ask: str | None
    actor: str
    reason: str


def open_review(
    tx: Connection, event_id: str, acts: str, candidates: Sequence[str], because: str, at: datetime
) -> None:
    """Put a notification in the queue, or refresh it there when the directory has changed."""
    known = tx.execute(select(review).where(review.c.event_id == event_id)).one_or_none()
    tx.execute(delete(review).where(review.c.event_id == event_id))
    row: dict[str, object] = {"event_id": event_id, "acts": acts, "because": because, "sample": False}
    row |= {"opened_at": known.opened_at if known else at}
    row |= {"claimed_by": known.claimed_by, "claimed_until": known.claimed_until} if known else {}
    tx.execute(insert(review), row | {"candidates": orjson.dumps(list(candidates)).decode()})


_QUEUE = (
    select(review, event.c.reference, event.c.kind)
    .join(event, event.c.id == review.c.event_id)
    # A second look at what has gone on stands among them, and nothing in the queue tells it from the others.
    .where(and_(review.c.settled_at.is_(None), or_(event.c.progress == Progress.HELD, review.c.sample)))
    .order_by(review.c.opened_at, review.c.event_id)
)


def queue(most: int = 200) -> Callable[[Connection], list[Waiting]]:
    """What waits for a reviewer, the longest first."""
    return lambda tx: [_waiting(row) for row in tx.execute(_QUEUE.limit(most))]


def find(tx: Connection, reference: str) -> Waiting | None:
    """One notification that waits for a reviewer."""
    row = tx.execute(_QUEUE.where(event.c.reference == reference)).one_or_none()
    return _waiting(row) if row else None


def claim_next(actor: str, reason: str, at: datetime, lasts: timedelta) -> Callable[[Connection], str | None]:
    """Give a reviewer the case that waits longest and is nobody else's for now; its reference, or none.

    It is theirs until they decide or the claim runs out; asking again before gives the same one.
    """
    mine = review.c.claimed_by == actor
    free = or_(review.c.claimed_until.is_(None), review.c.claimed_until <= at, mine)
    fits = and_(free, or_(review.c.first_by.is_(None), review.c.first_by != actor))

    def unit(tx: Connection) -> str | None:
        while (row := tx.execute(_QUEUE.where(fits).limit(1)).one_or_none()) is not None:
            claim = update(review).where(review.c.event_id == row.event_id, free)
            if tx.execute(claim.values(claimed_by=actor, claimed_until=at + lasts)).rowcount == 1:
                note_audit(tx, at, actor, "review.claimed", row.event_id, reason[:200])
                return str(row.reference)
        return None

    return unit


def decided(tx: Connection, event_ids: Sequence[str]) -> dict[str, Decided]:
    """What reviewers decided about these notifications."""
    if not event_ids:
        return {}
    wanted = and_(review.c.event_id.in_(event_ids), review.c.settled_at.is_not(None), review.c.sample.is_(False))
    query = select(review).where(wanted)
    return {row.event_id: Decided(answer=Answer(row.answer), person=row.person) for row in tx.execute(query)}


def decide(reading: Reading, at: datetime) -> Callable[[Connection], bool]:
    """Take a reviewer's decision; True when it settles the review. Raises ReviewRefused.

    An irreversible event needs two readers who agree. When they disagree the review begins again, and both are told so
    by the audit.
    """

    def unit(tx: Connection) -> bool:
        waiting = find(tx, reading.reference)
        if waiting is None:
            raise ReviewRefused("This notification does not wait for a reviewer.")
        _check(waiting, reading)
        note_audit(tx, at, reading.actor, f"review.{reading.answer}", waiting.event_id, reading.reason[:200])
        if tx.execute(select(review.c.sample).where(review.c.event_id == waiting.event_id)).scalar():
            return _note_second_look(tx, waiting, reading, at)
        if waiting.acts != "irreversible" or reading.answer is Answer.CANNOT_TELL:
            return _settle(tx, waiting, reading, at)
        return _second(tx, waiting, reading, at) if waiting.first_by else _first(tx, waiting, reading, at)

    return unit


def _note_second_look(tx: Connection, waiting: Waiting, reading: Reading, at: datetime) -> bool:
    """What a second look finds changes nothing by itself: the report names what was reversed, and a person undoes it."""
    said = {"answer": reading.answer, "person": reading.person, "first_by": reading.actor, "settled_at": at}
    _write(tx, waiting.event_id, **said)
    return True


def _check(waiting: Waiting, reading: Reading) -> None:
    if reading.answer is Answer.SAME and reading.person not in waiting.candidates:
        raise ReviewRefused("Choose one of the records that are shown.")
    if reading.answer is Answer.CANNOT_TELL and not reading.ask:
        raise ReviewRefused("Say what to ask the caller for.")
    if waiting.first_by == reading.actor and reading.answer is not Answer.CANNOT_TELL:
        raise ReviewRefused("A second reader must be somebody else.")


def _first(tx: Connection, waiting: Waiting, reading: Reading, at: datetime) -> bool:
    _write(tx, waiting.event_id, answer=reading.answer, person=reading.person, first_by=reading.actor, first_at=at)
    note_step(tx, waiting.event_id, at, "match", "A first reader has decided; a second must agree.")
    return False


def _second(tx: Connection, waiting: Waiting, reading: Reading, at: datetime) -> bool:
    first = tx.execute(select(review).where(review.c.event_id == waiting.event_id)).one()
    if (first.answer, first.person) == (reading.answer, reading.person):
        return _settle(tx, waiting, reading, at)
    _write(tx, waiting.event_id, answer=None, person=None, first_by=None, first_at=None)
    note_step(tx, waiting.event_id, at, "match", "Two readers disagreed; the review begins again.")
    note_audit(tx, at, reading.actor, "review.disagreed", waiting.event_id)
    return False


def _settle(tx: Connection, waiting: Waiting, reading: Reading, at: datetime) -> bool:
    said = {"answer": reading.answer, "person": reading.person, "settled_at": at}
    _write(
        tx,
        waiting.event_id,
        **said,
        **({"second_by": reading.actor} if waiting.first_by else {"first_by": reading.actor}),
    )
    if reading.answer is Answer.CANNOT_TELL:
        tx.execute(update(event).where(event.c.id == waiting.event_id).values(reason=HoldReason.ASK_THE_CALLER))
        note_step(tx, waiting.event_id, at, "validate", f"A reviewer needs more to choose. Missing: {reading.ask}.")
        return True
    note_step(tx, waiting.event_id, at, "match", f"Clerical review: {ANSWER_CAPTIONS[reading.answer]}")
    _again(tx, [waiting.event_id], at)
    return True


def judge_again(tx: Connection, at: datetime) -> int:
    """The directory has changed: judge again whatever waits for a first reader. Says how many."""
    rows = tx.execute(_QUEUE.where(review.c.first_by.is_(None), review.c.sample.is_(False))).all()
    _again(tx, [row.event_id for row in rows], at)
    return len(rows)


def _again(tx: Connection, event_ids: Sequence[str], at: datetime) -> None:
    if event_ids:
        held = and_(event.c.id.in_(event_ids), event.c.progress == Progress.HELD)
        tx.execute(update(event).where(held).values(progress=Progress.RECEIVED, due_at=at))


def _write(tx: Connection, event_id: str, **values: object) -> None:
    free = {"claimed_by": None, "claimed_until": None}
    tx.execute(update(review).where(review.c.event_id == event_id).values(**free, **values))


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        event_id=row.event_id,
        reference=row.reference,
        kind=row.kind,
        acts=row.acts,
        opened_at=row.opened_at,
        candidates=tuple(orjson.loads(row.candidates)),
        because=row.because,
        first_by=row.first_by,
    )
