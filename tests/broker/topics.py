"""Real topics: what the tests put on them and read from them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import GroupCoordinatorNotAvailableError

from broker.settings import Settings


def kafka_settings(bootstrap: str, topic_prefix: str) -> Settings:
    """The settings of a process that speaks with this Kafka under this prefix."""
    return Settings(kafka=bootstrap, topic_prefix=topic_prefix, topic_partitions=2)


async def send(
    bootstrap: str,
    topic: str,
    *records: tuple[bytes | None, bytes | None],
    headers: Sequence[tuple[str, bytes | None]] = (),
    partition: int = 0,
) -> None:
    """Put records, key and value, on one partition in this order."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        sent = [await producer.send(topic, v, key=k, partition=partition, headers=list(headers)) for k, v in records]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def grow(settings: Settings, topic: str, partitions: int) -> None:
    """Give a topic more partitions, so many in all."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(total_count=partitions)})
    finally:
        await admin.close()


async def records_of(bootstrap: str, topic: str) -> list[Any]:
    """Every record that a topic holds now."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = consumer.assignment()
        first, last = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        wanted = sum(last.values()) - sum(first.values())
        found: list[Any] = []
        async with asyncio.timeout(20):
            while len(found) < wanted:
                found += [one for batch in (await consumer.getmany(timeout_ms=200)).values() for one in batch]
        return found
    finally:
        await consumer.stop()


async def committed(bootstrap: str, group: str, topic: str, partition: int = 0) -> int | None:
    """The offset that a group has committed; None while there is none."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:
        return None  # the first group of all makes the topic that groups are kept in
    finally:
        await admin.close()
    found = offsets.get(TopicPartition(topic, partition))
    return None if found is None or found.offset < 0 else int(found.offset)
