"""Calling off: what was told and not yet sent is stopped on the record. Nothing called off is ever sent afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broker import lanes
from broker.decision import Unsent
from broker.delivered import Delivered, columns, read
from broker.statements import Statement, instant
from broker.timing import Timing

#: why a delivery was called off: its notification was taken back, corrected before its day, or stopped by a person
CORRECTED, STOPPED = "corrected", "stopped"
#: never claimed, or every try was turned away unread; and never shown to a back office that reads or collects
_NEVER_SENT = (
    " AND standing IN ('waiting', 'retrying', 'parked', 'dead') AND (attempts = 0 OR hand_over = 'called')"
    " AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.delivery_number = delivery.number"
    " AND (attempt.heard IS NULL OR attempt.heard NOT IN ('deferred', 'put-back')))"
)
_UNSENT = Statement(
    f"SELECT {columns()}, waits_for FROM delivery WHERE event_id = :event_id" + _NEVER_SENT  # noqa: S608
)
#: each changes nothing and takes the row: another process cannot claim it between our look and our word
_STILL = Statement("UPDATE delivery SET released = released WHERE id = :id" + _NEVER_SENT)  # noqa: S608
_TAKE = Statement("UPDATE delivery SET released = released WHERE event_id = :event_id")
_OF_EVENT = Statement(f"SELECT {columns()} FROM delivery WHERE event_id = :event_id")  # noqa: S608
#: what is collected is due at no time: called off, it would be waited for for ever
_ON_ITS_WAY = Statement(
    "UPDATE delivery SET called_off_at = :now, due_at = CASE WHEN hand_over = 'collects' THEN :due ELSE due_at END"
    " WHERE id = :id AND standing IN ('sending', 'handed_over')"
)


def unsent_of(tx: Connection, event_id: str) -> dict[str, Unsent]:
    """Department to the delivery of this notification that the department has not seen."""
    rows = _UNSENT.all(tx, {"event_id": event_id})
    found = ((read(row), row[-1]) for row in rows)
    return {
        row.department: Unsent(delivery=row.id, waits_for_its_day=waits_for == "day" and not row.released)
        for row, waits_for in found
    }


def are_unsent(tx: Connection, deliveries: Sequence[str]) -> bool:
    """Whether no department has seen these by now."""
    return all(_STILL.count(tx, {"id": each}) == 1 for each in deliveries)


def call_off(
    tx: Connection, event_id: str, deliveries: Sequence[str], reason: str, said: str, at: datetime, timing: Timing
) -> None:
    """Call off what was not sent, and offer what waited behind it."""
    for row in _all_of(tx, event_id):
        if row.id in deliveries and lanes.call_off(tx, row, reason, said, at):
            lanes.offer_next(tx, row.department, row.person, at, timing)


def stop_trying(tx: Connection, event_id: str, at: datetime, timing: Timing) -> None:
    """Nothing more is tried of what was taken back; what may have arrived is undone by the withdrawal itself."""
    for row in _all_of(tx, event_id):
        match row.standing:
            case "retrying" | "parked" | "unknown" | "dead" | "waiting":
                lanes.call_off(
                    tx, row, lanes.WITHDRAWN, "Called off: it was taken back. What may have arrived is undone.", at
                )
            case "sending" | "handed_over":
                due = instant(at + timing.republish_after)
                _ON_ITS_WAY.run(tx, {"id": row.id, "now": instant(at), "due": due})
            case _:
                pass


def _all_of(tx: Connection, event_id: str) -> list[Delivered]:
    _TAKE.run(tx, {"event_id": event_id})
    rows: Sequence[tuple[Any, ...]] = _OF_EVENT.all(tx, {"event_id": event_id})
    return [read(row) for row in rows]
