"""Keeping a person waiting: a record about them could not be read, so what was told later must not overtake it.

The key of an unreadable record can often be read where its value cannot. Where it names a person of ours, or one of our
notifications, that person's later events are held until the record is replayed, or an operator lets them go on.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from broker.decision import HoldReason
from broker.directory.tables import resident
from broker.notifications import note_audit, note_step
from broker.replays.tables import kept_waiting
from broker.rows import insert_if_new
from broker.standing import Progress
from broker.tables import event, step


def person_of(tx: Connection, key: bytes | None) -> str | None:
    """The person whom a record's key names: by a resident's id, or by a notification's; None where it names nobody."""
    said = _identity(key)
    if said is None:
        return None
    asked = select(resident.c.person).where((resident.c.own == said) | (resident.c.person == said)).limit(1)
    found = tx.execute(asked).scalar() or tx.execute(select(event.c.person).where(event.c.id == said)).scalar()
    return None if found is None else str(found)


def _identity(key: bytes | None) -> str | None:
    try:
        return str(UUID((key or b"").decode("ascii")))
    except ValueError:
        return None


def keep(tx: Connection, person: str, number: int, at: datetime) -> None:
    """Keep a person waiting behind a dead letter."""
    insert_if_new(tx, kept_waiting, {"person": person, "dead_letter": number, "since": at})


_WAITING = select(kept_waiting.c.person).where(kept_waiting.c.released_at.is_(None))


def waiting(tx: Connection) -> frozenset[str]:
    """Everybody who waits behind a record that could not be read: nearly always nobody."""
    return frozenset(tx.execute(_WAITING).scalars())


def waits_behind(tx: Connection, number: int) -> int | None:
    """How many notifications of a person are held behind a dead letter; None where it keeps nobody waiting."""
    person = _kept(tx, number)
    return None if person is None else len(_held(tx, person))


def release(tx: Connection, number: int, at: datetime, after: str | None = None) -> int:
    """Let whoever waits behind a dead letter go on, unless another one holds them too. Says how many events go on.

    ``after`` is the notification that the dead letter has become: it takes its place before them.
    """
    person = _kept(tx, number)
    if person is None:
        return 0
    tx.execute(update(kept_waiting).where(kept_waiting.c.dead_letter == number).values(released_at=at))
    if after is not None:
        _put_before(tx, after, _held(tx, person))
    if person in waiting(tx):
        return 0
    held = _held(tx, person)
    for event_id in held:
        tx.execute(update(event).where(event.c.id == event_id).values(progress=Progress.RECEIVED, due_at=at))
        note_step(tx, event_id, at, "validate", "Goes on: what came before it was taken in, or let go.")
    return len(held)


def _put_before(tx: Connection, first: str, held: list[str]) -> None:
    """Give a notification the place that it had among those that came after it; none of them has been routed."""
    both = [first, *(each for each in held if each != first)]
    wanted = select(event.c.id, event.c.seq).where(event.c.id.in_(both))
    still = wanted.where(event.c.progress.in_([Progress.RECEIVED, Progress.HELD]))
    places = {row.id: row.seq for row in tx.execute(still)}
    if len(places) < len(both):
        return
    for event_id in both:  # out of the way first: a place can be taken once only
        _move(tx, places[event_id], -places[event_id])
    for event_id, seq in zip(both, sorted(places.values()), strict=True):
        _move(tx, -places[event_id], seq)


def _move(tx: Connection, place: int, to: int) -> None:
    """Give a notification another place in the order of acceptance; its journey goes with it."""
    tx.execute(update(event).where(event.c.seq == place).values(seq=to))
    tx.execute(update(step).where(step.c.event_seq == place).values(event_seq=to))


def let_go(number: int, *, actor: str, reason: str, now: datetime) -> Callable[[Connection], int | None]:
    """An operator lets a person's later events go on without the record; None where it keeps nobody waiting."""

    def unit(tx: Connection) -> int | None:
        if _kept(tx, number) is None:
            return None
        note_audit(tx, now, actor[:64], "person.released", f"dead-letter-{number}", reason)
        return release(tx, number, now)

    return unit


def _kept(tx: Connection, number: int) -> str | None:
    asked = select(kept_waiting.c.person).where(
        kept_waiting.c.dead_letter == number, kept_waiting.c.released_at.is_(None)
    )
    return tx.execute(asked).scalar()


def _held(tx: Connection, person: str) -> list[str]:
    held = (event.c.person == person) & (event.c.progress == Progress.HELD)
    because = event.c.reason == HoldReason.UNREAD_BEFORE
    return list(tx.execute(select(event.c.id).where(held, because).order_by(event.c.seq)).scalars())
