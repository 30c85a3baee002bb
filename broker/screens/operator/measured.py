"""Measured: how fast each department has answered lately, from the ledger."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from broker.tables import ANSWERED, Instant, delivery

#: how far back is looked, and over how many answers at most
LATELY: Final = timedelta(minutes=10)
_MOST: Final = 20_000
_SHORTEST: Final = timedelta(seconds=1)


def answers_a_minute(tx: Connection, now: datetime) -> Mapping[str, float]:
    """Answers a minute of each department over the last ten minutes; where there were very many, over less."""
    settled = delivery.c.settled_at
    newest = select(delivery.c.department, settled).where(ANSWERED, settled > now - LATELY, settled <= now)
    lately = newest.order_by(settled.desc()).limit(_MOST).subquery()
    counted = select(
        lately.c.department,
        func.count().label("how_many"),
        func.min(lately.c.settled_at, type_=Instant()).label("first"),
    ).group_by(lately.c.department)
    rows = tx.execute(counted).all()
    full = sum(row.how_many for row in rows) >= _MOST
    span = max(_SHORTEST, now - min(row.first for row in rows)) if full else LATELY
    return {row.department: row.how_many * timedelta(minutes=1) / span for row in rows}


def rate_in_words(a_minute: float) -> str:
    """A rate as it is read: 12 a second, 3.5 a minute, 6 an hour, or none."""
    if a_minute >= 60:
        return f"{a_minute / 60:.3g} a second"
    if a_minute >= 1:
        return f"{a_minute:.2g} a minute"
    return f"{a_minute * 60:.2g} an hour" if a_minute else "none"
