"""The gap: records that Kafka holds and the database does not know, as after a restore to an earlier moment.

What we publish we publish after its commit, and what a feed sends is committed before its offset: a record of ours, or
one that was read, which the database does not know means that the database has forgotten. Looking changes nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import ConsumerRecord
from sqlalchemy import Column, Connection, select

from broker import recording, stream
from broker.consuming import let_go
from broker.kafka import connection, topics
from broker.ledger import BROKER_SOURCE
from broker.notifications import LIFE_EVENTS, OUTCOMES
from broker.ports import Broker
from broker.record import Record, record_of
from broker.recording import Door
from broker.settings import Settings
from broker.tables import delivery, event
from broker.telemetry import GAP, log
from schemas.problems import Invalid
from schemas.reading import Unreadable

#: at a start, the newest records of each partition are looked at; a command looks at all
NEWEST = 200
#: ids asked for at once
AT_ONCE = 500
_DOOR = Door(source="topic", actor="topic", from_topic=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One record that the database does not know."""

    topic: str
    partition: int
    position: int
    #: of a notification on ``life-events``, of a delivery on a department's topic
    id: str
    record: Record


async def missing(broker: Broker, settings: Settings, newest: int | None = None) -> list[Missing]:
    """Every record that the database does not know; of the newest of each partition only, or of all. Raises KafkaError."""
    names = [name for name in topics(settings, [one.department for one in broker.adapters]) if _asked(name, settings)]
    consumer = AIOKafkaConsumer(
        **connection(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        was_read = await _was_read(settings)
        parts = [TopicPartition(name, number) for name in names for number in await _partitions(consumer, name)]
        found: list[Missing] = []
        if parts:
            consumer.assign(parts)
            async for records in _all_of(consumer, parts, newest):
                found += await _unknown(records, broker, settings, was_read)
        return found
    finally:
        await let_go(consumer)


def _asked(name: str, settings: Settings) -> bool:
    return name != settings.topic(OUTCOMES)


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    await consumer._client.force_metadata_update()
    await consumer.topics()
    return sorted(consumer.partitions_for_topic(topic) or ())


async def _was_read(settings: Settings) -> Mapping[TopicPartition, int]:
    """Up to where the router has read, by its group's offsets."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(settings.topic("router"))
    except GroupCoordinatorNotAvailableError:
        return {}
    finally:
        await admin.close()
    return {part: found.offset for part, found in offsets.items()}


async def _all_of(consumer: AIOKafkaConsumer, parts: list[TopicPartition], newest: int | None) -> Any:  # noqa: ANN401
    first, last = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
    for part in parts:
        consumer.seek(part, first[part] if newest is None else max(first[part], last[part] - newest))
    left = {part for part in parts if await consumer.position(part) < last[part]}
    while left:
        batches = await consumer.getmany(*left, timeout_ms=1000, max_records=AT_ONCE)
        yield [record for records in batches.values() for record in records]
        left = {part for part in left if await consumer.position(part) < last[part]}


async def _unknown(
    records: Iterable[ConsumerRecord[Any, Any]],
    broker: Broker,
    settings: Settings,
    was_read: Mapping[TopicPartition, int],
) -> list[Missing]:
    told, sent = [], []
    for record in records:
        if record.topic == settings.topic(LIFE_EVENTS):
            read = record.offset < was_read.get(TopicPartition(record.topic, record.partition), 0)
            if (found := _notification(record, broker, was_read=read)) is not None:
                told.append(found)
        elif (found := _delivery(record)) is not None:
            sent.append(found)
    known = await broker.store.read(lambda tx: _known(tx, event.c.id, told) | _known(tx, delivery.c.id, sent))
    return [one for one in (*told, *sent) if one.id not in known]


def _notification(record: ConsumerRecord[Any, Any], broker: Broker, *, was_read: bool) -> Missing | None:
    """A letter of ours, or one of a feed that was read; one that cannot be read lies buried and is no gap."""
    try:
        ours = orjson.loads(record.value or b"").get("source") == BROKER_SOURCE
        return _missing(record, recording.read(record.value or b"", _DOOR, broker).id) if ours or was_read else None
    except (Unreadable, Invalid, ValueError, AttributeError):
        return None


def _delivery(record: ConsumerRecord[Any, Any]) -> Missing | None:
    try:
        return _missing(record, str(orjson.loads(record.value or b"")["id"]))
    except (ValueError, KeyError, TypeError):
        return None


def _missing(record: ConsumerRecord[Any, Any], made: str) -> Missing:
    return Missing(
        topic=record.topic, partition=record.partition, position=record.offset, id=made, record=record_of(record)
    )


def _known(tx: Connection, column: Column[Any], asked: list[Missing]) -> set[str]:
    ids = [one.id for one in asked]
    found: set[str] = set()
    for at in range(0, len(ids), AT_ONCE):
        found |= set(tx.execute(select(column).where(column.in_(ids[at : at + AT_ONCE]))).scalars())
    return found


async def take_in(found: Iterable[Missing], broker: Broker, life_events: str) -> int:
    """Write the missing notifications down again, under their own ids; their deliveries follow by themselves."""
    taken = 0
    for one in found:
        if one.topic == life_events:
            await stream.take_in(one.record, broker)
            taken += 1
    return taken


async def say_at_the_start(broker: Broker, settings: Settings) -> None:
    """Look once, say what is missing, and then stay quiet. Raises KafkaError: look again then."""
    by_topic = Counter(one.topic for one in await missing(broker, settings, NEWEST))
    for topic in topics(settings, [one.department for one in broker.adapters]):
        GAP.labels(topic).set(by_topic[topic])
    for topic, many in by_topic.items():
        log.error("database.gap", topic=topic, records=many)
    await asyncio.Event().wait()
