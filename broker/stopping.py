"""Stopping: a notification that nobody has been told of yet is called off by one word, and the record says by whom.

A death cannot be undone at a family's letter box: it waits a while before departments are told, and can be stopped
in that time. What a department has seen is not stopped but withdrawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from broker import calling_off
from broker.calling_off import STOPPED
from broker.directory import life as directory_life
from broker.ledger import INCOMPLETE
from broker.notifications import note_audit, note_step
from broker.standing import Progress
from broker.tables import delivery, event
from broker.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Somebody's word to stop a notification."""

    reference: str
    actor: str
    #: why, for the audit; no personal data
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """It was stopped; these departments will not be told."""

    reference: str
    departments: tuple[str, ...]


class TooLate(Exception):
    """Departments have been told, or are being told: it must be withdrawn. The text names them."""


def stop(wanted: Stop, at: datetime, timing: Timing) -> Callable[[Connection], Stopped | None]:
    """Call off a notification and all its deliveries; None where it is not here. Raises TooLate."""

    def unit(tx: Connection) -> Stopped | None:
        found = select(event.c.id, event.c.progress, event.c.reason).where(event.c.reference == wanted.reference)
        row = tx.execute(found).one_or_none()
        if row is None:
            return None
        if row.progress == Progress.REJECTED and row.reason == STOPPED:
            return Stopped(reference=wanted.reference, departments=())
        departments = _call_off(tx, row.id, at, timing)
        stopped = {"progress": Progress.REJECTED.value, "reason": STOPPED, "due_at": None}
        tx.execute(update(event).where(event.c.id == row.id).values(**stopped))
        directory_life.take_back(tx, row.id)
        note_step(tx, row.id, at, "route", "Stopped: nobody has been told, and nobody will be.")
        note_audit(tx, at, wanted.actor[:64], "notification.stopped", row.id, wanted.reason)
        return Stopped(reference=wanted.reference, departments=departments)

    return unit


def _call_off(tx: Connection, event_id: str, at: datetime, timing: Timing) -> tuple[str, ...]:
    unsent = calling_off.unsent_of(tx, event_id)
    every = tx.execute(select(delivery.c.department, delivery.c.reason).where(delivery.c.event_id == event_id))
    told = sorted({row.department for row in every if row.reason != INCOMPLETE} - unsent.keys())
    if told:
        raise TooLate(", ".join(told))
    said = "Called off before it was sent: it was stopped."
    calling_off.call_off(tx, event_id, [each.delivery for each in unsent.values()], STOPPED, said, at, timing)
    return tuple(sorted(unsent))
