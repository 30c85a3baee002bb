"""Department states: breaker, pause, closing window, as every process, command and screen reads them, over restarts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from broker.breaker import Position
from broker.department_tables import department_state as table
from broker.notifications import note_audit
from broker.rows import insert_if_new
from broker.statements import Statement, instant
from broker.windows import Window, closed

#: a pause without an end
NO_END = datetime(9999, 1, 1, tzinfo=UTC)
#: what was held may go on: whoever waits for the department is looked at again
_LET_GO = Statement(
    "UPDATE delivery SET due_at = :now WHERE department = :department"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited') AND standing = 'waiting' AND NOT released"
    " AND due_at IS NOT NULL AND (not_before IS NULL OR not_before <= :now)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How it stands with one department, as it is written down."""

    department: str
    breaker: Position = Position.CLOSED
    breaker_since: datetime | None = None
    breaker_reason: str | None = None
    next_probe_at: datetime | None = None
    #: it refuses so much that the fault must be ours
    refusing_since: datetime | None = None
    refusing_version: str | None = None
    #: the back office asked for time
    asked_until: datetime | None = None
    paused_since: datetime | None = None
    paused_until: datetime | None = None
    paused_by: str | None = None
    pause_reason: str | None = None
    closed_until: datetime | None = None
    closed_reason: str | None = None
    held_until: datetime | None = None
    full_since: datetime | None = None
    full_reason: str | None = None
    last_success_at: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Whether an operator's pause is on."""
        return self.paused_until is not None and now < self.paused_until

    def is_closed(self, now: datetime) -> bool:
        """Whether a closing window is on."""
        return self.closed_until is not None and now < self.closed_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An operator's word to hold what goes to a department."""

    actor: str
    reason: str
    #: None: until somebody resumes it
    until: datetime | None = None


def state_of(tx: Connection, department: str) -> State:
    """How it stands with a department; one of which nothing is written down is well."""
    row = tx.execute(select(table).where(table.c.department == department)).one_or_none()
    return State(department=department) if row is None else _state(row)


def states(tx: Connection) -> Mapping[str, State]:
    """Every department of which something is written down."""
    return {row.department: _state(row) for row in tx.execute(select(table))}


def _state(row: Any) -> State:  # noqa: ANN401 - a row of the table
    return State(**(dict(row._mapping) | {"breaker": Position(row.breaker)}))


def change(tx: Connection, department: str, **values: object) -> None:
    """Write down how it stands with a department."""
    insert_if_new(tx, table, {"department": department, "breaker": Position.CLOSED.value})
    tx.execute(update(table).where(table.c.department == department).values(**values))


def pause(tx: Connection, department: str, wanted: Pause, at: datetime) -> State:
    """Hold what goes to a department, but for what is urgent. A second pause takes the first one's place."""
    until = wanted.until or NO_END
    said: dict[str, object] = {"paused_since": at, "paused_until": until}
    change(tx, department, **said, paused_by=wanted.actor[:64], pause_reason=wanted.reason)
    _hold(tx, department, at)
    end = "until it is resumed" if wanted.until is None else f"until {wanted.until:%Y-%m-%d %H:%M} UTC"
    note_audit(tx, at, wanted.actor[:64], "department.paused", department, f"{end}: {wanted.reason}")
    return state_of(tx, department)


def resume(tx: Connection, department: str, actor: str, reason: str, at: datetime) -> State:
    """Let a department be told again: it ends a pause, and the hold after too many refusals."""
    gone = dict.fromkeys(("paused_since", "paused_until", "paused_by", "pause_reason"))
    change(tx, department, **gone, refusing_since=None, refusing_version=None)
    _hold(tx, department, at)
    note_audit(tx, at, actor[:64], "department.resumed", department, reason)
    return state_of(tx, department)


def keep_window(tx: Connection, department: str, windows: Sequence[Window], at: datetime) -> bool:
    """Write down whether a closing window is on; says whether that has changed."""
    before, now = state_of(tx, department), closed(windows, at)
    until, reason = (now.until, now.reason) if now else (None, None)
    if (before.closed_until, before.closed_reason) == (until, reason):
        return False
    change(tx, department, closed_until=until, closed_reason=reason)
    _hold(tx, department, at)
    return True


def end_pauses(tx: Connection, at: datetime) -> list[str]:
    """End the pauses whose time has come."""
    over = select(table.c.department).where(table.c.paused_until <= at)
    ended = list(tx.execute(over).scalars())
    for department in ended:
        gone = dict.fromkeys(("paused_since", "paused_until", "paused_by", "pause_reason"))
        change(tx, department, **gone)
        _hold(tx, department, at)
        note_audit(tx, at, "broker", "department.resumed", department, "the pause has ended")
    return ended


def _hold(tx: Connection, department: str, at: datetime) -> None:
    """Derive until when nothing is offered; where that ends now or sooner than before, let go of what waits."""
    before = state_of(tx, department)
    ends = [end for end in (before.paused_until, before.closed_until) if end is not None and end > at]
    held_until = max(ends, default=None)
    change(tx, department, held_until=held_until)
    if held_until is None or (before.held_until is not None and held_until < before.held_until):
        _LET_GO.run(tx, {"department": department, "now": instant(at)})
