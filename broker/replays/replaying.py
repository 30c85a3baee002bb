"""Replaying: an operator puts a failure back on its way, under the same identity, and the audit says who and why.

What stands here is done to one failure at a time. Who may replay what, how much at once and in which order is judged
before, in ``orders``, through which every door comes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, select, update

from broker import claims, joining, journey, ledger
from broker.failures import keeping_waiting
from broker.failures.failures import Cause, Failure, dead_letter_number, find
from broker.notification import EarlierNotFound, KeyReused
from broker.notifications import LIFE_EVENTS, note_audit, note_delivery_step, note_step
from broker.ports import Broker
from broker.recording import Door
from broker.replays import revising
from broker.standing import Progress, Standing
from broker.tables import dead_letter, delivery, event
from schemas.problems import Invalid
from schemas.reading import Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An operator's word: who replays, why, and whether even what a later event has overtaken."""

    actor: str
    reason: str
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A failure that was left as it was."""

    id: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of each."""

    replayed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


#: why a letter that has been erased is not sent
ERASED = "what it told is no longer kept, so there is nothing to send"
#: None: it goes on
Judged: TypeAlias = Skipped | None


async def replay(ids: Sequence[str], order: Order, broker: Broker) -> Report:
    """Put each back on its way, all or nothing by itself. Raises StoreUnavailable."""
    replayed: list[str] = []
    skipped: list[Skipped] = []
    for failure_id in dict.fromkeys(ids):
        judged = await _replay_one(failure_id, order, broker)
        if judged is None:
            replayed.append(failure_id)
        else:
            skipped.append(judged)
    return Report(replayed=tuple(replayed), skipped=tuple(skipped))


async def _replay_one(failure_id: str, order: Order, broker: Broker) -> Judged:
    if dead_letter_number(failure_id) is None:
        return await broker.store.write(lambda tx: put_back(tx, failure_id, order, broker))
    return await take_in_again(failure_id, order, broker)


def judge(tx: Connection, failure_id: str, *, force: bool, life_events: str) -> Judged:
    """What a replay would do: None where it goes on. ``life_events`` is that topic's full name."""
    if dead_letter_number(failure_id) is not None:
        buried = _buried(tx, failure_id, life_events)
        return buried if isinstance(buried, Skipped) else None
    failure = find(tx, failure_id)
    if failure is None:
        return Skipped(id=failure_id, because=_why_not(tx, failure_id))
    row: Any = None if failure.department is None else ledger.find(tx, failure.id)
    if row is not None and row.called_off_at is not None:
        return Skipped(id=failure_id, because="what it tells was withdrawn")
    if row is not None and not row.letter:
        return Skipped(id=failure_id, because=ERASED)
    if row is not None and failure.cause is Cause.REFUSED and not force and _overtaken(tx, row):
        because = "a later event of the same person has been told to this department since; --force replays it anyway"
        return Skipped(id=failure_id, because=because)
    return None


def _why_not(tx: Connection, failure_id: str) -> str:
    row = ledger.find(tx, failure_id)
    if row is None:
        return "nothing fails under this id; see tuo failures list"
    if row.standing == Standing.CANCELLED:
        return "it was called off, or another revision took its place"
    return "it has been answered since" if row.standing == Standing.SETTLED else "it is on its way by itself"


def _overtaken(tx: Connection, row: Row[Any]) -> bool:
    # Answered long ago, it stands in the line that was theirs then; what came later may stand in the one they have now.
    lines = {row.person, *joining.taken_for(tx, [row.person]).values()}
    own = (delivery.c.department == row.department) & delivery.c.person.in_(lines)
    seen = delivery.c.released & (delivery.c.standing != Standing.CANCELLED)
    later = select(delivery.c.id).where(own, delivery.c.seq > row.seq, seen).limit(1)
    return tx.execute(later).first() is not None


def put_back(tx: Connection, failure_id: str, order: Order, broker: Broker, letter: bytes | None = None) -> Judged:
    """Put one delivery or notification back on its way; with a ``letter`` that goes instead, as a new revision."""
    claims.look_up(tx, failure_id)  # until the commit nobody answers it, replays it too, or moves it to another line
    judged = judge(tx, failure_id, force=order.force, life_events=broker.topic(LIFE_EVENTS))
    failure = find(tx, failure_id)
    if judged is not None or failure is None:
        return judged
    at = broker.now()
    if failure.cause is Cause.STUCK:
        _notification_again(tx, failure.id, order, at)
        return None
    return _of_delivery(tx, failure, order, at, broker, letter)


def _of_delivery(
    tx: Connection, failure: Failure, order: Order, at: datetime, broker: Broker, letter: bytes | None
) -> Judged:
    row: Any = ledger.find(tx, failure.id)
    if letter is None:
        _delivery_again(tx, row, order, at, broker)
        return None
    if (because := revising.may_be_revised(tx, row)) is not None:
        return Skipped(id=failure.id, because=because)
    made = revising.supersede(tx, row, letter, order.reason, at, broker)
    note_audit(tx, at, order.actor[:64], "delivery.revised", made, order.reason)
    return None


def _delivery_again(tx: Connection, row: Row[Any], order: Order, at: datetime, broker: Broker) -> None:
    # The id stays: it is the back office's idempotency key, so what was done before is not done twice. Attempts are
    # counted on: their numbers name outcome letters, and a second attempt asks first where the adapter can ask.
    # What was refused stayed where it was when lines were joined.
    person = joining.taken_for(tx, [row.person]).get(row.person, row.person)
    tx.execute(
        update(delivery)
        .where(delivery.c.id == row.id)
        .values(
            person=person,
            standing=Standing.WAITING,
            first_tried_at=None,
            released=False,
            outcome=None,
            reason=None,
            question=None,
            by_day=None,
            settled_at=None,
            due_at=None,
            claimed_by=None,
            claimed_until=None,
        )
    )
    note_delivery_step(tx, row, at, "deliver", "Replayed by an operator.")
    note_audit(tx, at, order.actor[:64], "delivery.replayed", row.id, order.reason)
    ledger.offer_next(tx, row.department, person, at, broker.timing)


def _notification_again(tx: Connection, event_id: str, order: Order, at: datetime) -> None:
    _due_now(tx, event_id, at)
    note_step(tx, event_id, at, "route", "Replayed by an operator.")
    note_audit(tx, at, order.actor[:64], "notification.replayed", event_id, order.reason)


def _due_now(tx: Connection, event_id: str, at: datetime) -> None:
    # Due now: the sweeper publishes it at its next look, as it does with whatever was lost on the way.
    tx.execute(
        update(event)
        .where(event.c.id == event_id, event.c.progress.in_([Progress.RECEIVED, Progress.STUCK]))
        .values(progress=Progress.RECEIVED, reason=None, due_at=at)
    )


def _buried(tx: Connection, failure_id: str, life_events: str) -> bytes | Skipped:
    row = tx.execute(select(dead_letter).where(dead_letter.c.id == dead_letter_number(failure_id))).one_or_none()
    if row is None:
        return Skipped(id=failure_id, because="no dead letter has this number; see tuo failures list")
    if row.replayed_at is not None:
        return Skipped(id=failure_id, because="it has been replayed before")
    if row.topic != life_events or row.value is None:
        because = "only life events can be taken in again; whoever wrote this record must send it again"
        return Skipped(id=failure_id, because=because)
    return bytes(row.value)


async def take_in_again(failure_id: str, order: Order, broker: Broker) -> Judged:
    """Take a dead letter in as if it had just arrived, and let whoever waited behind it go on."""
    letter = await broker.store.read(lambda tx: _buried(tx, failure_id, broker.topic(LIFE_EVENTS)))
    if isinstance(letter, Skipped):
        return letter
    try:
        recorded = await journey.intake(letter, Door(source="topic", actor=order.actor[:64], from_topic=True), broker)
    except (Unreadable, Invalid, KeyReused, EarlierNotFound, ValueError) as error:
        return Skipped(id=failure_id, because=f"it still cannot be taken in ({_code(error)})")
    await broker.store.write(_taken_in(failure_id, recorded.id, order, broker.now()))
    return None


def _taken_in(failure_id: str, event_id: str, order: Order, at: datetime) -> Callable[[Connection], None]:
    def unit(tx: Connection) -> None:
        number = dead_letter_number(failure_id)
        tx.execute(update(dead_letter).where(dead_letter.c.id == number).values(replayed_at=at))
        _due_now(tx, event_id, at)
        keeping_waiting.release(tx, number or 0, at, after=event_id)
        note_audit(tx, at, order.actor[:64], "letter.replayed", failure_id, order.reason)

    return unit


def _code(error: Exception) -> str:
    match error:
        case Unreadable():
            return error.code
        case Invalid():
            return ", ".join(f"{problem.field or 'document'}: {problem.code}" for problem in error.problems)[:120]
        case KeyReused():
            return "its key was used before for another event"
        case EarlierNotFound():
            return "the notification that it corrects is not here"
        case _:
            return "its identity is not one of ours"
