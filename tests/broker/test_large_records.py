"""Records larger than anything we take in, where Kafka was told to let them through."""

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from broker import kafka as cluster
from broker import tables
from broker.local_kafka import LocalKafka
from broker.store import Store
from broker.stream import Router
from tests.broker.topics import committed, kafka_settings
from tests.broker.worlds import Clock, enveloped, eventually, make_broker, move, rows, running

LARGEST = 11_000_000


async def let_through(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = {"max.message.bytes": str(LARGEST)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=wanted)])
    finally:
        await admin.close()


async def test_a_record_of_ten_megabytes_is_buried_whole_and_what_follows_it_is_taken_in(
    kafka: LocalKafka, topic_prefix: str, sqlite_store: Store, clock: Clock
) -> None:
    settings = kafka_settings(kafka.bootstrap, topic_prefix)
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=topic_prefix)
    await cluster.make_topics(settings, [])
    topic, large = settings.topic("life-events"), b'{"kind":"' + b"x" * 10_000_000 + b'"}'
    await let_through(kafka.bootstrap, topic)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=LARGEST)
    await producer.start()
    try:
        for value in (large, enveloped(move(), id="after")):
            await producer.send_and_wait(topic, value, key=b"k", partition=0)
    finally:
        await producer.stop()
    async with running(Router(broker, settings).run):

        async def both_are_read() -> bool:
            return await committed(kafka.bootstrap, settings.topic("router"), topic) == 2

        await eventually(both_are_read, 30)
    (buried,) = rows(sqlite_store, tables.dead_letter)
    assert (buried.reason, buried.value == large) == ("too-long", True)
    assert [row.progress for row in rows(sqlite_store, tables.event)] == ["routed"]
