"""Taking part in a topic: as one of a group, or, where a process is alone, all of it without a group's ceremony."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from broker.kafka import connection
from broker.parts import was_told_to_end
from broker.settings import Settings


async def take_part(
    consumer: AIOKafkaConsumer, topic: str, settings: Settings, listener: ConsumerRebalanceListener | None = None
) -> None:
    """Begin to read a topic; the consumer has been started.

    A process that is alone assigns itself every partition: after a crash nobody waits for a dead member's session to
    end, and no rebalance can leave a partition to nobody. Offsets are committed to the group all the same.
    """
    if settings.is_alone:
        consumer.assign(await _partitions(topic, settings))
    else:
        consumer.subscribe([topic], listener=listener)


async def keep_up(
    consumer: AIOKafkaConsumer, topic: str, settings: Settings, listener: ConsumerRebalanceListener | None = None
) -> None:
    """Take up partitions that were added to a topic since: a group does so by itself, a process that is alone here.

    Costs nothing: the client learns of them by itself, every ``METADATA_MS``. Reading begins again at what is committed.
    """
    mine = consumer.assignment()
    there = consumer.partitions_for_topic(topic) if settings.is_alone else None
    if there is None or len(there) <= len(mine):
        return
    if listener is not None:
        await listener.on_partitions_revoked(mine)
    grown = _of(topic, there)
    consumer.assign(grown)
    if listener is not None:
        await listener.on_partitions_assigned(grown)


async def let_go(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, also while Kafka is away.

    aiokafka cancels its fetches then, and what is cancelled in one that waits before it tries again comes out of
    ``stop`` as if whoever stops had been cancelled; its connections are left open.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        if was_told_to_end():
            raise
        await consumer._client.close()


async def _partitions(topic: str, settings: Settings) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await admin.start()
        [described] = await admin.describe_topics([topic])
        return _of(topic, (each["partition"] for each in described["partitions"]))
    finally:
        await admin.close()


def _of(topic: str, numbers: Iterable[int]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in sorted(numbers)]
