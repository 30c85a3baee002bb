"""Unsent: what stands as handed over to a department's topic, while its letter still lies in the outbox.

The ledger and the outbox are written in one commit; the relay empties the outbox in its order. While Kafka is away the
department has not been told, and nobody may be told that it was.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, func, select

from broker.adapter import HandOver
from broker.standing import Standing
from broker.tables import outbox

#: rows of the outbox that are looked through, the newest first; what was offered before them waits as long as the oldest
_MOST_READ: Final = 50_000


def unsent(tx: Connection, rows: Iterable[Row[Any]]) -> frozenset[str]:
    """The ids of those of these deliveries of which no copy has left the outbox."""
    given = [row for row in rows if row.standing == Standing.HANDED_OVER and row.hand_over == HandOver.SUBSCRIBES]
    since = _oldest(tx) if given else None
    if since is None:
        return frozenset()
    offered = (row for row in given if row.first_tried_at is None or row.first_tried_at >= since)
    return frozenset(row.id for row in offered if _all_copies_wait(tx, row))


def stands_at(row: Row[Any], waits: frozenset[str]) -> Standing:
    """Where a delivery truly stands: not handed over while all copies of its letter wait in the outbox."""
    return Standing.WAITING if row.id in waits else Standing(row.standing)


def _oldest(tx: Connection) -> datetime | None:
    """When the event of the oldest letter was written down: no row of the outbox is older."""
    value = tx.execute(select(outbox.c.value).order_by(outbox.c.id).limit(1)).scalar()
    written = orjson.loads(value).get("time") if value is not None else None
    return datetime.fromisoformat(written) if written else None


def _all_copies_wait(tx: Connection, row: Row[Any]) -> bool:
    # A letter is put there again while nobody answers: one copy for each attempt.
    floor = int(tx.execute(select(func.max(outbox.c.id))).scalar() or 0) - _MOST_READ
    same = (outbox.c.key == row.person, outbox.c.value == row.letter, outbox.c.id > floor)
    copies = select(outbox.c.id).where(*same).order_by(outbox.c.id.desc()).limit(row.attempts)
    found = len(tx.execute(copies).all())
    return found >= row.attempts or (not found and _reaches_below(tx, floor))


def _reaches_below(tx: Connection, floor: int) -> bool:
    return tx.execute(select(outbox.c.id).where(outbox.c.id <= floor).limit(1)).scalar() is not None
