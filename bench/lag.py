"""The lag of a consumer group: records on its topic that it has not committed."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


def lag(kafka: str, group: str, topic: str) -> int:
    """Just now; a partition of which nothing was committed counts from its beginning."""
    return asyncio.run(_lag(kafka, group, topic))


async def _lag(kafka: str, group: str, topic: str) -> int:
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=kafka), AIOKafkaConsumer(bootstrap_servers=kafka)
    try:
        await admin.start()
        await consumer.start()
        committed = await admin.list_consumer_group_offsets(group)
        [said] = await admin.describe_topics([topic])
        parts = [TopicPartition(topic, one["partition"]) for one in said["partitions"]]
        ends = await consumer.end_offsets(parts)
        return sum(ends[at] - max(0, committed[at].offset if at in committed else 0) for at in parts)
    finally:
        await consumer.stop()
        await admin.close()
