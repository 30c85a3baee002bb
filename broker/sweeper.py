"""The sweeper: finds what has not moved on, and offers it again. The database is the truth; Kafka may forget."""

import asyncio
from datetime import datetime

import orjson
from sqlalchemy import Connection, insert, select, update

from broker import acknowledging, ledger
from broker.ledger import BROKER_SOURCE
from broker.notifications import LIFE_EVENTS
from broker.ports import Broker
from broker.tables import DUE, RECEIVED, delivery, event, outbox
from broker.telemetry import log

#: seconds between looks: how late a retry can be
EVERY = 0.25
MOST = 500


async def sweep_for_ever(broker: Broker) -> None:
    """Look for ever. Raises StoreUnavailable: start it again then."""
    while True:
        await sweep(broker)
        await asyncio.sleep(EVERY)


async def sweep(broker: Broker) -> None:
    """One look: retries whose hour has come, what was lost on the way, and leases of processes that died."""
    now = broker.now()
    due = await broker.store.read(lambda tx: _anything_due(tx, now))
    if due:
        deliveries = await broker.store.write(lambda tx: ledger.offer_due(tx, now, broker.timing, MOST))
        events = await broker.store.write(lambda tx: _publish_again(tx, now, broker))
        if events:
            log.warning("sweeper.offered", notifications=events, deliveries=deliveries)
    for row in await broker.store.read(lambda tx: ledger.ended_leases(tx, now)):
        await acknowledging.lease_ended(row, broker)


def _anything_due(tx: Connection, now: datetime) -> bool:
    due = select(delivery.c.id).where(DUE, delivery.c.due_at <= now).limit(1)
    late = select(event.c.id).where(RECEIVED, event.c.due_at <= now).limit(1)
    return tx.execute(due).first() is not None or tx.execute(late).first() is not None


def _publish_again(tx: Connection, now: datetime, broker: Broker) -> int:
    late = select(event).where(RECEIVED, event.c.due_at <= now)
    rows = tx.execute(late.order_by(event.c.seq).limit(MOST)).all()
    for row in rows:
        letter = {
            "specversion": "1.0",
            "id": row.id,
            "source": BROKER_SOURCE,
            "type": f"uk.tell-us-once.life-event.{row.kind}.v1",
            "time": row.told_at.isoformat(),
            "data": orjson.Fragment(row.body),
        }
        tx.execute(insert(outbox), {"topic": broker.topic(LIFE_EVENTS), "key": row.id, "value": orjson.dumps(letter)})
        again = now + max(broker.timing.republish_after, now - row.recorded_at)
        tx.execute(update(event).where(event.c.id == row.id).values(due_at=again))
    return len(rows)


async def take_over(broker: Broker, *, alone: bool) -> None:
    """At a start: what a process that died had claimed. One that is alone need not wait for leases to end."""
    if not alone:
        return
    for row in await broker.store.read(lambda tx: ledger.ended_leases(tx, broker.now(), but=[broker.worker])):
        await acknowledging.lease_ended(row, broker)
