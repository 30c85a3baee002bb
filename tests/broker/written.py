"""What is written down: a notification's row, whom it went to, the letters, and everything there is."""

from typing import Any

import orjson
from sqlalchemy import Row

from broker import tables
from broker.recording import Door
from broker.store import Store
from tests.broker.worlds import rows

TOPIC = Door(source="topic", actor="topic", from_topic=True)


def event_of(store: Store, reference: str) -> Row[*tuple[Any, ...]]:
    row: Row[*tuple[Any, ...]]
    (row,) = rows(store, tables.event, tables.event.c.reference == reference)
    return row


def told_to(store: Store, reference: str) -> list[str]:
    """The departments that a notification went to."""
    event = event_of(store, reference)
    return sorted(row.department for row in rows(store, tables.delivery, tables.delivery.c.event_id == event.id))


def letters_of(store: Store, reference: str) -> dict[str, dict[str, Any]]:
    event = event_of(store, reference)
    found = rows(store, tables.delivery, tables.delivery.c.event_id == event.id)
    return {row.department: orjson.loads(row.letter) for row in found}


def everything(store: Store) -> dict[str, list[Any]]:
    return {name: rows(store, table) for name, table in tables.metadata.tables.items()}
