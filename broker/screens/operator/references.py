"""References of failures: what people call them, where a fault id is all that is known. Reading only."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from broker.tables import delivery, event


def references(tx: Connection, failure_ids: Iterable[str]) -> dict[str, str]:
    """The reference of each delivery or notification that has one. As many ids as one page shows."""
    ids = list(failure_ids)
    told = select(delivery.c.id, event.c.reference).join(event, event.c.id == delivery.c.event_id)
    stuck = select(event.c.id, event.c.reference)
    rows = [*tx.execute(told.where(delivery.c.id.in_(ids))), *tx.execute(stuck.where(event.c.id.in_(ids)))]
    return {row.id: row.reference for row in rows}
