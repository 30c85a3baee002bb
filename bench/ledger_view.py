"""What the ledger says, read from beside the running broker; nothing is ever written here."""

import sqlite3
from contextlib import closing
from pathlib import Path

_OPEN = "SELECT count(*) FROM delivery WHERE standing NOT IN ('settled', 'cancelled', 'awaited')"
_RECEIVED = "SELECT count(*) FROM event WHERE progress = 'received'"
_OUTCOMES = "SELECT department, coalesce(outcome, standing), count(*) FROM delivery GROUP BY 1, 2"
_ANSWERED = (
    "SELECT e.id, d.department, (d.settled_at - e.recorded_at) / 1e6 FROM event e JOIN delivery d ON d.event_id = e.id"
    " WHERE d.settled_at IS NOT NULL"
)
_FIRST = "SELECT min(ended_at) / 1e6 FROM attempt"


def _asked(database: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return list(connection.execute(question))


def everything_is_answered(database: Path) -> bool:
    """Whether nothing waits for a route and no delivery is open."""
    return _asked(database, _RECEIVED)[0][0] == 0 and _asked(database, _OPEN)[0][0] == 0


def outcomes(database: Path) -> dict[tuple[str, str], int]:
    """How many deliveries of each department had each outcome."""
    return {(str(of), str(outcome)): int(str(count)) for of, outcome, count in _asked(database, _OUTCOMES)}


def answered_after(database: Path) -> list[tuple[str, str, float]]:
    """Notification, department, and the seconds from recording to that department's answer."""
    return [(str(event), str(of), float(str(seconds))) for event, of, seconds in _asked(database, _ANSWERED)]


def first_told_at(database: Path) -> float | None:
    """When the first department had answered, seconds since 1970; None where none has."""
    first = _asked(database, _FIRST)[0][0]
    return None if first is None else float(str(first))
