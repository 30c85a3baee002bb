"""Notes on causes: whose it is, and what is known of it, so that two operators do not work on one thing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from broker.notifications import note_audit
from broker.replays.tables import failure_note


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is noted on a cause."""

    group: str
    owner: str | None
    note: str | None
    noted_by: str
    noted_at: datetime


def notes(tx: Connection) -> dict[str, Note]:
    """Every note, by the name of its cause."""
    rows = tx.execute(select(failure_note))
    return {
        row.group: Note(group=row.group, owner=row.owner, note=row.note, noted_by=row.noted_by, noted_at=row.noted_at)
        for row in rows
    }


def note_cause(
    group: str, *, owner: str | None, note: str | None, actor: str, now: datetime
) -> Callable[[Connection], None]:
    """Say whose a cause is and what is known of it, in place of what was noted before; nothing at all clears it."""

    def unit(tx: Connection) -> None:
        tx.execute(delete(failure_note).where(failure_note.c.group == group))
        if owner or note:
            row = {"group": group, "owner": owner, "note": note, "noted_by": actor[:64], "noted_at": now}
            tx.execute(insert(failure_note), row)
        note_audit(tx, now, actor[:64], "cause.noted", group, f"owner: {owner or 'nobody'}")

    return unit
