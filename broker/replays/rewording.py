"""Rewording: what a department would be told now of a notification that it was told of before.

The adapter may be another since, or the directory may know more. Who it is about was decided then, and stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, Row, select

from broker import knowing, notifications, routing
from broker.checks import Known, variant_for
from broker.completing import completed
from broker.decision import Delivery, Proceed
from broker.notification import CannotReadBack, Notification
from broker.person import Matched
from broker.ports import Broker
from broker.tables import delivery, event
from schemas.delivery import DeliveryLetter

#: notifications looked at together
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A letter as it would be written now, as revision 1."""

    letter: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWorded:
    """Nothing would be sent now, and why."""

    because: str


Now: TypeAlias = Worded | NotWorded
ERASED = NotWorded(because="what was told is no longer kept, so nothing new can be written from it")


def disclosed_in(letter: bytes) -> dict[str, Any]:
    """What a letter discloses; nothing where it holds none, as where a fact was missing."""
    said = orjson.loads(letter).get("data") if letter else None
    return said if isinstance(said, dict) else {}


async def worded_now(delivery_ids: Sequence[str], broker: Broker) -> dict[str, Now]:
    """What each delivery would say now. Raises StoreUnavailable or DirectoryUnavailable."""
    found: dict[str, Now] = {}
    for first in range(0, len(delivery_ids), AT_ONCE):
        found |= await _batch(delivery_ids[first : first + AT_ONCE], broker)
    return found


async def _batch(delivery_ids: Sequence[str], broker: Broker) -> dict[str, Now]:
    rows, told = await broker.store.read(lambda tx: _rows(tx, delivery_ids))
    readable = list(told.values())
    candidates = await broker.directory.candidates_of([one.event.subject for one in readable])
    known = await knowing.known_of(readable, candidates, broker)
    about = {one.id: (one, each) for one, each in zip(readable, known, strict=True)}
    return {row.id: _now(row, *about[row.event_id], broker) if row.event_id in about else ERASED for row in rows}


def _rows(tx: Connection, delivery_ids: Sequence[str]) -> tuple[Sequence[Row[Any]], Mapping[str, Notification]]:
    rows = tx.execute(select(delivery).where(delivery.c.id.in_(delivery_ids))).all()
    wanted = select(event).where(event.c.id.in_({row.event_id for row in rows})).order_by(event.c.seq)
    return rows, {one.id: one for one in _readable(tx.execute(wanted).all())}


def _readable(rows: Sequence[Row[Any]]) -> Iterator[Notification]:
    for row in rows:
        try:
            yield notifications.notification_of(row)
        except CannotReadBack:
            continue


def _now(row: Row[Any], told: Notification, known: Known, broker: Broker) -> Now:
    adapter = broker.adapter(row.department)
    if adapter is None:
        return NotWorded(because="no adapter speaks to this department here")
    match = known.match
    same = isinstance(match, Matched) and match.person.id == row.person
    subject = completed(told.event.subject, match.person) if same and isinstance(match, Matched) else told.event.subject
    decision = Proceed(person=row.person, subject=subject, variant=variant_for(match))
    route = routing.choose(told, decision, [adapter], known)
    if not route.deliveries:
        return NotWorded(because="this department would not be told of it now")
    return _worded(route.deliveries[0])


def _worded(told: Delivery) -> Now:
    if told.missing:
        missing = ", ".join(sorted({problem.field for problem in told.missing}))
        return NotWorded(because=f"a fact that the department needs now was not told: {missing}"[:255])
    return Worded(letter=told.letter)


def as_revision(letter: bytes, *, id: str, revision: int, said: Mapping[str, Any] | None = None) -> bytes:
    """The same letter under another delivery id and revision, and perhaps with another disclosure."""
    read = DeliveryLetter.model_validate_json(letter)
    told = dict(read.data if said is None else said)
    if "revision" in told:  # a department that sees which wording it is
        told["revision"] = revision
    changed = read.model_copy(update={"id": id, "revision": revision, "data": told})
    return changed.model_dump_json(exclude_none=True).encode()
