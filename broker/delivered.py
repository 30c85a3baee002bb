"""Delivered: one delivery's row as the hot path reads it, without its letter."""

from datetime import datetime
from typing import Any, NamedTuple

from broker.statements import moment

NAMES = (
    "id",
    "event_id",
    "department",
    "person",
    "seq",
    "kind",
    "hand_over",
    "standing",
    "outcome",
    "receipt",
    "reason",
    "attempts",
    "first_tried_at",
    "released",
    "due_at",
    "claimed_by",
    "opened_at",
    "behind",
    "jump",
    "not_before",
    "called_off_at",
    "number",
)


def columns(of: str = "delivery") -> str:
    """The columns to ask for, in the order that ``read`` expects; ``of`` is the table or its alias."""
    return ", ".join(f"{of}.{name}" for name in NAMES)


class Delivered(NamedTuple):
    """Where one delivery stands."""

    id: str
    event_id: str
    department: str
    person: str
    seq: int
    kind: str
    hand_over: str
    standing: str
    outcome: str | None
    receipt: str | None
    reason: str | None
    attempts: int
    first_tried_at: datetime | None
    released: bool
    due_at: datetime | None
    claimed_by: str | None
    opened_at: datetime
    behind: str
    #: 0 by way of the topic, 1 straight to the engine, 2 before all others
    jump: int
    not_before: datetime | None
    called_off_at: datetime | None
    #: under which its attempts are kept
    number: int

    @property
    def delivery_id(self) -> str:
        """Its id, as a claim names it."""
        return self.id


def read(row: tuple[Any, ...]) -> Delivered:
    """Read a row; what it has beyond the columns is left alone."""
    first, due, opened, early, off = (moment(row[place]) for place in (12, 14, 16, 19, 20))
    return Delivered._make(
        (*row[:12], first, bool(row[13]), due, row[15], opened, row[17], row[18], early, off, row[21])
    )
