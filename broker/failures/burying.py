"""Burying: a record that cannot be read is kept with its bytes and coordinates, and its neighbours go on."""

from hashlib import sha256

import orjson
from sqlalchemy import Connection, select

from broker.failures import keeping_waiting
from broker.notifications import LIFE_EVENTS, note_audit
from broker.ports import Broker
from broker.record import Record
from broker.rows import insert_if_new
from broker.tables import dead_letter
from broker.telemetry import BURIED, log


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _keep_waiting(tx: Connection, row: dict[str, object], broker: Broker) -> None:
    """Whom the key names waits: what was told of them later must not overtake what could not be read."""
    key, at = row["key"], broker.now()
    # On departments' topics there is nothing to overtake: their letters are in the ledger, and are offered again.
    if row["topic"] != broker.topic(LIFE_EVENTS) or not isinstance(key, bytes):
        return
    if (person := keeping_waiting.person_of(tx, key)) is not None:
        here = [dead_letter.c[name] == row[name] for name in ("topic", "partition", "position", "digest")]
        keeping_waiting.keep(tx, person, tx.execute(select(dead_letter.c.id).where(*here)).scalar_one(), at)


async def bury(record: Record, reason: str, broker: Broker) -> None:
    """Keep a record as a dead letter. Raises StoreUnavailable: then its offset must not be committed."""
    at = broker.now()
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "position": record.position,
        "key": record.key,
        "value": record.value,
        "headers": orjson.dumps({name: _hex(value) for name, value in record.headers.items()}).decode(),
        "digest": sha256(b"%s\n%s" % (record.key or b"", record.value or b"")).hexdigest(),
        "reason": reason[:64],
        "buried_at": at,
    }
    about = f"{record.topic}/{record.partition}/{record.position}"[-64:]

    def unit(tx: Connection) -> bool:
        new = insert_if_new(tx, dead_letter, row)
        if new:
            note_audit(tx, at, "topic", "letter.buried", about)
            _keep_waiting(tx, row, broker)
        return new

    if await broker.store.write(unit):
        BURIED.labels(record.topic, reason).inc()
        log.warning(
            "letter.buried", topic=record.topic, partition=record.partition, offset=record.position, reason=reason
        )
