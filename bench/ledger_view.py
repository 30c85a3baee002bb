"""What the ledger says, read from beside the running broker; nothing is ever written here."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

_OPEN = "SELECT 1 FROM delivery WHERE standing NOT IN ('settled', 'cancelled', 'awaited') LIMIT 1"
_RECEIVED = "SELECT 1 FROM event WHERE progress = 'received' LIMIT 1"
_OUTCOMES = "SELECT department, coalesce(outcome, standing), count(*) FROM delivery GROUP BY 1, 2"
_ANSWERED = (
    "SELECT e.id, d.department, (d.settled_at - e.recorded_at) / 1e6 FROM event e JOIN delivery d ON d.event_id = e.id"
    " WHERE d.settled_at IS NOT NULL"
)
_TOLD_BETWEEN = (
    "SELECT e.id, d.department, (d.settled_at - e.recorded_at) / 1e6 FROM event e JOIN delivery d ON d.event_id = e.id"
    " WHERE d.settled_at IS NOT NULL AND e.seq > {first} AND e.seq <= {last}"
)
_LAST = "SELECT coalesce(max(seq), 0) FROM event"
_HOW_MANY = (
    "SELECT count(*) FROM delivery WHERE standing = 'settled' AND settled_at >= {since} AND settled_at < {until}"
)
_PARKED = "SELECT count(DISTINCT person) FROM delivery WHERE standing = 'parked'"
_BREAKER = "SELECT breaker FROM department_state WHERE department = '{department}'"
_FIRST = "SELECT min(ended_at) / 1e6 FROM attempt"


#: an SQLite file, or PostgreSQL's address as SQLAlchemy has it
Ledger = Path | str


def _asked(database: Ledger, question: str) -> list[tuple[object, ...]]:
    if isinstance(database, str):
        with psycopg.connect(database.replace("+psycopg", "")) as asked:
            return list(asked.execute(question.encode()))
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return list(connection.execute(question))


def everything_is_answered(database: Ledger) -> bool:
    """Whether nothing waits for a route and no delivery is open."""
    return not _asked(database, _RECEIVED) and not _asked(database, _OPEN)


def outcomes(database: Ledger) -> dict[tuple[str, str], int]:
    """How many deliveries of each department had each outcome."""
    return {(str(of), str(outcome)): int(str(count)) for of, outcome, count in _asked(database, _OUTCOMES)}


def answered_after(database: Ledger) -> list[tuple[str, str, float]]:
    """Notification, department, and the seconds from recording to that department's answer."""
    return [(str(event), str(of), float(str(seconds))) for event, of, seconds in _asked(database, _ANSWERED)]


def first_told_at(database: Ledger) -> float | None:
    """When the first department had answered, seconds since 1970; None where none has."""
    first = _asked(database, _FIRST)[0][0]
    return None if first is None else float(str(first))


def last_event(database: Ledger) -> int:
    """The number of the latest notification; 0 where there is none."""
    return int(str(_asked(database, _LAST)[0][0]))


def answered_of(database: Ledger, first: int, last: int) -> list[tuple[str, str, float]]:
    """The same as ``answered_after``, of the notifications after the first number and up to the last."""
    rows = _asked(database, _TOLD_BETWEEN.format(first=first, last=last))
    return [(str(event), str(of), float(str(seconds))) for event, of, seconds in rows]


def answered_between(database: Ledger, since: float, until: float) -> int:
    """How many deliveries were settled between two moments, seconds since 1970."""
    asked = _HOW_MANY.format(since=int(since * 1e6), until=int(until * 1e6))
    return int(str(_asked(database, asked)[0][0]))


def parked_persons(database: Ledger) -> int:
    """How many people have a delivery that is parked."""
    return int(str(_asked(database, _PARKED)[0][0]))


def breaker_of(database: Ledger, department: str) -> str | None:
    """How a department's breaker stands; None where nothing was ever written of it."""
    rows = _asked(database, _BREAKER.format(department=department))
    return str(rows[0][0]) if rows else None
