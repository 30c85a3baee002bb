import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import insert

from broker import kafka as cluster
from broker import parts, relay, sweeper, tables
from broker.local_kafka import LocalKafka
from broker.parts import Part, keep_running
from broker.relay import Relay
from broker.settings import Settings
from broker.store import Store
from broker.stream import Router
from tests.broker.topics import kafka_settings, records_of
from tests.broker.worlds import Clock, eventually, make_broker, move, rows, running, take_in


@pytest.fixture
def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    return kafka_settings(kafka.bootstrap, topic_prefix)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PATIENCE", 2.0)
    monkeypatch.setattr(parts, "LONGEST_WAIT", 0.5)


async def put(store: Store, topic: str, *letters: tuple[str, bytes]) -> None:
    lines = [{"topic": topic, "key": key, "value": value} for key, value in letters]
    await store.write(lambda tx: tx.execute(insert(tables.outbox), lines).rowcount)


async def published(store: Store) -> bool:
    return not await store.read(lambda tx: tx.execute(tables.outbox.select().limit(1)).all())


def kept_running(store: Store, settings: Settings) -> Callable[[], Awaitable[None]]:
    part = Part(name="relay", run=Relay(store, settings).run, after=partial(cluster.until_reached, settings, []))
    return partial(keep_running, part)


async def test_a_relay_that_is_stopped_as_it_is_called_stops(store: Store, settings: Settings) -> None:
    idle = Relay(store, settings)
    turn = asyncio.ensure_future(idle._round(cast("AIOKafkaProducer", None)))  # it has nothing to publish
    async with asyncio.timeout(10):
        while not idle._called._waiters:  # noqa: ASYNC110 - until it waits to be called
            await asyncio.sleep(0)
    idle._called.set()
    turn.cancel()
    await asyncio.wait({turn})
    assert turn.cancelled()


async def test_what_the_outbox_holds_is_published_in_order_and_then_forgotten(
    kafka: LocalKafka, settings: Settings, store: Store
) -> None:
    await cluster.make_topics(settings, [])
    topic = settings.topic("life-events")
    letters = [("one-person", b"%d" % n) for n in range(600)]
    await put(store, topic, *letters)
    async with running(Relay(store, settings).run):
        await eventually(lambda: published(store))
        await put(store, topic, ("one-person", b"600"), ("another", b"601"))
        await eventually(lambda: published(store))
    found = await records_of(kafka.bootstrap, topic)
    of_one = [record.value for record in found if record.key == b"one-person"]
    assert of_one == [b"%d" % n for n in range(601)]
    assert [record.value for record in found if record.key == b"another"] == [b"601"]
    assert all(not record.headers for record in found)


async def test_what_is_written_down_comes_round_by_kafka_and_is_routed(
    kafka: LocalKafka, settings: Settings, sqlite_store: Store, clock: Clock
) -> None:
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)
    await cluster.make_topics(settings, [one.department for one in broker.adapters])
    async with running(Relay(sqlite_store, settings).run, Router(broker, settings).run):
        told = await take_in(broker, move())

        async def routed() -> bool:
            return rows(sqlite_store, tables.event)[0].progress == "routed" and await published(sqlite_store)

        await eventually(routed, 30)
    (record,) = await records_of(kafka.bootstrap, settings.topic("life-events"))
    assert record.key == told.id.encode()
    (parking,) = await records_of(kafka.bootstrap, settings.topic("departments.parking"))
    (row,) = rows(sqlite_store, tables.delivery, tables.delivery.c.department == "parking")
    assert (parking.key, parking.value) == (row.person.encode(), row.letter)
    assert len(rows(sqlite_store, tables.event)) == 1


async def test_what_is_told_while_kafka_is_down_is_published_when_it_is_back(
    own_kafka: LocalKafka, sqlite_store: Store
) -> None:
    settings = kafka_settings(own_kafka.bootstrap, "")
    broker = make_broker(sqlite_store)
    async with running(kept_running(sqlite_store, settings)):
        first = await take_in(broker, move(), key="1")
        await eventually(lambda: published(sqlite_store), 30)
        own_kafka.kill()
        others = [await take_in(broker, move(), key=str(n)) for n in range(2, 12)]
        assert len(rows(sqlite_store, tables.outbox)) == 10
        await asyncio.to_thread(own_kafka.start)
        await eventually(lambda: published(sqlite_store), 40)
    found = [record.key.decode() for record in await records_of(own_kafka.bootstrap, "life-events")]
    assert set(found) == {first.id, *[other.id for other in others]}


async def test_what_a_topic_has_forgotten_is_published_again(
    kafka: LocalKafka, settings: Settings, sqlite_store: Store, clock: Clock
) -> None:
    """The topic is deleted with all it held, under a relay that is running."""
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)
    topic = settings.topic("life-events")
    async with running(kept_running(sqlite_store, settings)):
        told = await take_in(broker, move())
        await eventually(lambda: published(sqlite_store), 30)
        await delete_topic(kafka.bootstrap, topic)
        clock.pass_by(61)
        await sweeper.sweep(broker)
        await eventually(lambda: published(sqlite_store), 40)
    (record,) = await records_of(kafka.bootstrap, topic)
    assert record.key == told.id.encode()


async def delete_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await eventually(gone)
    finally:
        await admin.close()
