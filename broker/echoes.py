"""Echoes: what we published ourselves and read back from the topic. It says nothing that the database does not say."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, select

from broker.ports import Broker
from broker.record import Record
from broker.recording import for_the_topic
from broker.tables import event

_OURS: Final = re.compile(rb"[0-9a-f-]{36}")


async def others_than_echoes(records: Sequence[Record], broker: Broker) -> list[Record]:
    """The records that must be read: all but those that are, byte for byte, what is written down under their key.

    One look for all of them, and none is parsed. Raises StoreUnavailable.
    """
    keys = {record.key.decode() for record in records if record.key is not None and _OURS.fullmatch(record.key)}
    if not keys:
        return list(records)
    published = await broker.store.read(_published(keys))
    return [record for record in records if record.value is None or published.get(record.key) != record.value]


def _published(keys: set[str]) -> Callable[[Connection], dict[bytes | None, bytes]]:
    wanted = select(event.c.id, event.c.kind, event.c.told_at, event.c.body).where(event.c.id.in_(sorted(keys)))
    return lambda tx: {
        row.id.encode(): for_the_topic(row.id, row.kind, row.told_at, row.body) for row in tx.execute(wanted)
    }
