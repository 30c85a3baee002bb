"""A consumer is let go as one expects, whatever the client library is in the middle of."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from broker import kafka as cluster
from broker.consuming import let_go
from broker.kafka import connection
from broker.local_kafka import LocalKafka
from tests.broker.departments import LIBRARIES
from tests.broker.topics import kafka_settings
from tests.broker.worlds import eventually


async def test_a_consumer_that_waits_to_try_again_is_let_go_and_nobody_else_is_cancelled(own_kafka: LocalKafka) -> None:
    settings = kafka_settings(own_kafka.bootstrap, "gone.")
    await cluster.make_topics(settings, [LIBRARIES])
    consumer, partition = AIOKafkaConsumer(**connection(settings)), TopicPartition(settings.topic("life-events"), 0)
    await consumer.start()
    consumer.assign([partition])
    await consumer.position(partition)
    fetcher = consumer._fetcher
    assert fetcher is not None
    fetcher._retry_backoff = 60  # long enough to be met in it
    await asyncio.to_thread(own_kafka.kill)

    async def waits_to_try_again() -> bool:
        fetches = [str(task.get_coro()) + str(task.get_coro().cr_await) for task in fetcher._pending_tasks]
        return any("_proc_fetch_request" in fetch and "sleep" in fetch for fetch in fetches)

    await eventually(waits_to_try_again, 30)
    await let_go(consumer)
    assert (task := asyncio.current_task()) is not None
    assert task.cancelling() == 0
    assert consumer._client._sync_task is None or consumer._client._sync_task.done()
