"""Taking part in a topic: as one of a group, or, where a process is alone, all of it without a group's ceremony."""

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from broker.kafka import connection
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


async def _partitions(topic: str, settings: Settings) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await admin.start()
        [described] = await admin.describe_topics([topic])
        return [TopicPartition(topic, each["partition"]) for each in described["partitions"]]
    finally:
        await admin.close()
