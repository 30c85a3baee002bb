"""Notifications in the database: written down once, found again, and every step of their journey kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, select

from broker import ids
from broker.delivered import Delivered
from broker.notification import CannotReadBack, EarlierNotFound, KeyReused, Notification, Recorded
from broker.standing import Progress
from broker.statements import Statement, each, instant
from broker.tables import RECEIVED, event, step
from schemas.kinds import parse_life_event
from schemas.problems import Invalid, Problem
from schemas.today import LONDON

#: topics by what they carry
LIFE_EVENTS = "life-events"
OUTCOMES = "outcomes"
_RECORD = Statement(
    "INSERT INTO event (id, reference, kind, source, fingerprint, body, progress, occurred_on, told_at, recorded_at,"
    " corrects, withdraws, due_at) VALUES (:id, :reference, :kind, :source, :fingerprint, :body, :progress,"
    " :occurred_on, :told_at, :recorded_at, :corrects, :withdraws, :due_at)"
)
_BY_REFERENCE = Statement("SELECT id, fingerprint FROM event WHERE reference = :of")
_MOVE_ON = Statement(
    'UPDATE event SET progress = said.word, reason = said.why, person = said.who, "match" = said.how,'
    " variant = said.variant, weighed = said.weighing, due_at = NULL"
    " FROM ROWS :rows (of text, word text, why text, who text, how text, variant text, weighing text) said"
    " WHERE event.id = said.of AND event.progress IN ('received', 'held', 'stuck')"
    " AND (event.progress <> said.word OR COALESCE(event.reason, '') <> COALESCE(said.why, ''))"
)
_PUBLISH = Statement("INSERT INTO outbox (topic, key, value) VALUES (:topic, :key, :value)")
_NOTE_STEP = Statement(
    "INSERT INTO step (event_seq, at, step, department, said) SELECT event_seq, at, step, department, said"
    " FROM ROWS :rows (event_seq bigint, at bigint, step text, department text, said text) noted"
)
_SEQ = Statement("SELECT seq FROM event WHERE id = :of")
_NOTE_AUDIT = Statement(
    "INSERT INTO audit (at, actor, what, about, said) SELECT :at, actor, what, about, said"
    " FROM ROWS :rows (actor text, what text, about text, said text) noted"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A telling that is about to be written down."""

    id: str
    kind: str
    source: str
    actor: str
    canonical: bytes
    occurred_on: str | None
    told_at: datetime
    recorded_at: datetime
    corrects: str | None
    withdraws: str | None
    #: the letter for the topic, or None where it arrived on the topic itself
    letter: bytes | None
    topic: str
    republish_after: timedelta
    warnings: tuple[Problem, ...]
    #: departments for which the answer was that they may be told
    agreed_to: frozenset[str] = frozenset()


def record(told: Told) -> Callable[[Connection], Recorded]:
    """Write a telling down: event, outbox row, first step and audit row in one commit.

    Raises KeyReused where the same key was used for other words, EarlierNotFound where nothing is there to correct.
    """

    def unit(tx: Connection) -> Recorded:
        reference = ids.reference(UUID(told.id))
        if (known := _known(tx, told, reference)) is not None:
            return known
        _RECORD.run(tx, _row(tx, told, reference))
        if told.letter is not None:
            publish(tx, told.topic, told.id, told.letter)
        note_step(tx, told.id, told.recorded_at, "intake", "Written down.")
        note_audit(tx, told.recorded_at, told.actor, "notification.recorded", told.id)
        return Recorded(id=told.id, reference=reference, repeat=False, warnings=told.warnings)

    return unit


def _known(tx: Connection, told: Told, reference: str) -> Recorded | None:
    # By the reference, which is derived from the id: an id that came on the topic may be made to share another's.
    row = _BY_REFERENCE.one(tx, {"of": reference})
    if row is None:
        return None
    if row != (told.id, ids.fingerprint(told.canonical)):
        raise KeyReused("this key has been used before for another event")
    return Recorded(id=told.id, reference=reference, repeat=True, warnings=told.warnings)


def _row(tx: Connection, told: Told, reference: str) -> dict[str, Any]:
    return {
        "id": told.id,
        "reference": reference,
        "kind": told.kind,
        "source": told.source,
        "fingerprint": ids.fingerprint(told.canonical),
        "body": told.canonical,
        "progress": Progress.RECEIVED.value,
        "occurred_on": told.occurred_on,
        "told_at": instant(told.told_at),
        "recorded_at": instant(told.recorded_at),
        "corrects": _earlier(tx, "corrects", told.corrects),
        "withdraws": _earlier(tx, "withdraws", told.withdraws),
        "due_at": instant(told.recorded_at + told.republish_after),
    }


def _earlier(tx: Connection, field: str, reference: str | None) -> str | None:
    if reference is None:
        return None
    found = _BY_REFERENCE.one(tx, {"of": reference})
    if found is None:
        raise EarlierNotFound(field)
    return str(found[0])


def waiting_for_a_route(most: int) -> Callable[[Connection], list[Notification]]:
    """The oldest notifications that no department has been chosen for, in the order of acceptance.

    Reading them raises CannotReadBack for the first that cannot be read.
    """
    wanted = select(event).where(RECEIVED).order_by(event.c.seq).limit(most)
    return lambda tx: [notification_of(row) for row in tx.execute(wanted)]


def any_waiting_since(moment: datetime) -> Callable[[Connection], bool]:
    """Whether a notification has waited since before this moment for its departments to be chosen."""
    query = select(event.c.seq).where(RECEIVED, event.c.recorded_at < moment).limit(1)
    return lambda tx: tx.execute(query).first() is not None


def notification_of(row: Row[tuple[object, ...]]) -> Notification:
    """Read a notification back: the same words, parsed as on the day it was recorded. Raises CannotReadBack."""
    try:
        told = parse_life_event(orjson.loads(row.body), today=row.recorded_at.astimezone(LONDON).date())
    except (Invalid, ValueError):
        raise CannotReadBack(row.id) from None
    return Notification(
        id=row.id,
        reference=row.reference,
        seq=row.seq,
        event=told,
        source=row.source,
        told_at=row.told_at,
        recorded_at=row.recorded_at,
        corrects=row.corrects,
        withdraws=row.withdraws,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Who a notification was found to be about: kept with it, so that anybody can see later why."""

    person: str | None = None
    #: matched, unsure or unknown
    match: str | None = None
    variant: str | None = None
    #: the weighing, as JSON: score, gap, guards, the model's version
    weighed: str | None = None


def move_on(tx: Connection, of: str, to: Progress, *, why: str | None, judged: Judged | None = None) -> bool:
    """Set where a notification is; False where it is there already, or has left its first leg."""
    return _MOVE_ON.count(tx, {"rows": each([_moved(of, to, why, judged or Judged())])}) == 1


def all_move_on(tx: Connection, judged: Sequence[tuple[str, Judged]], to: Progress) -> bool:
    """Set where several are, each with how it was judged; False where any is there already, or has left."""
    return _MOVE_ON.count(tx, {"rows": each(_moved(of, to, None, found) for of, found in judged)}) == len(judged)


def _moved(of: str, to: Progress, why: str | None, found: Judged) -> dict[str, str | None]:
    said = {"of": of, "word": to.value, "why": None if why is None else str(why), "who": found.person}
    return said | {"how": found.match, "variant": found.variant, "weighing": found.weighed}


def publish(tx: Connection, topic: str, key: str, value: bytes) -> None:
    """Put a letter in the outbox: the relay publishes it after the commit."""
    _PUBLISH.run(tx, {"topic": topic, "key": key, "value": value})


def publish_all(tx: Connection, topic: str, letters: Iterable[tuple[str, bytes]]) -> None:
    """Put several in, each with its key."""
    _PUBLISH.run_all(tx, ({"topic": topic, "key": key, "value": value} for key, value in letters))


def note_step(tx: Connection, event_id: str, at: datetime, word: str, said: str) -> None:
    """Append what a step decided to the journey. ``said`` holds no personal data."""
    ((seq,),) = _SEQ.all(tx, {"of": event_id})
    note_steps(tx, [{"event_seq": seq, "at": at, "step": word, "department": None, "said": said}])


def note_delivery_step(tx: Connection, of: Delivered | Row[Any], at: datetime, word: str, said: str) -> None:
    """The same, of one department's part of the journey."""
    note_steps(tx, [{"event_seq": of.seq, "at": at, "step": word, "department": of.department, "said": said}])


def note_audit(tx: Connection, at: datetime, actor: str, what: str, about: str, said: str | None = None) -> None:
    """Append to the audit: who did what about which thing."""
    note_audits(tx, at, [{"actor": actor, "what": what, "about": about, "said": said}])


def note_steps(tx: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Append several steps at once."""
    _NOTE_STEP.run(tx, {"rows": each({**row, "at": instant(row["at"])} for row in rows)})


def steps_of(tx: Connection, seq: object) -> Sequence[Row[Any]]:
    """Every step of the notification with this place in the order of acceptance, or of a query for it; oldest first."""
    return tx.execute(select(step).where(step.c.event_seq == seq).order_by(step.c.id)).all()


def note_audits(tx: Connection, at: datetime, rows: Iterable[dict[str, Any]]) -> None:
    """Append several to the audit, of one moment."""
    _NOTE_AUDIT.run(tx, {"at": instant(at), "rows": each(rows)})
