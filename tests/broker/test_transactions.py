"""Feeds and back offices that write in transactions: what they take back was never said, and the rest goes on."""

from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaProducer

from broker import gap, tables
from broker import kafka as cluster
from broker.local_kafka import LocalKafka
from broker.outcomes import Outcomes
from broker.ports import Broker
from broker.settings import Settings
from broker.store import Store
from broker.stream import Router
from tests.broker.departments import PARKING
from tests.broker.steps import a_delivery, ledger_row, open_all
from tests.broker.test_outcomes import letter
from tests.broker.topics import committed, kafka_settings
from tests.broker.worlds import ADA, Clock, enveloped, eventually, make_broker, move, rows, running


@pytest.fixture
async def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    made = kafka_settings(kafka.bootstrap, topic_prefix)
    await cluster.make_topics(made, [])
    return made


@pytest.fixture
def broker(settings: Settings, sqlite_store: Store, clock: Clock) -> Broker:
    return make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)


async def write(settings: Settings, topic: str, *transactions: tuple[list[bytes], bool]) -> None:
    """Each list in a transaction of its own, which is committed or taken back."""
    name = f"{settings.topic_prefix}writer"
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, transactional_id=name)
    await producer.start()
    try:
        for values, kept in transactions:
            await producer.begin_transaction()
            for value in values:
                await producer.send_and_wait(settings.topic(topic), value, key=b"k", partition=0)
            await (producer.commit_transaction() if kept else producer.abort_transaction())
    finally:
        await producer.stop()


def has_read(settings: Settings, group: str, topic: str, upto: int) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        found = await committed(settings.kafka, settings.topic(group), settings.topic(topic))
        return found is not None and found >= upto

    return so


async def test_a_life_event_that_a_feed_took_back_in_its_transaction_was_never_told(
    broker: Broker, settings: Settings
) -> None:
    first, never, second = ([enveloped(move(), id=name)] for name in ("first", "never", "second"))
    await write(settings, "life-events", (first, True), (never, False), (second, True))
    async with running(Router(broker, settings).run):
        await eventually(has_read(settings, "router", "life-events", 5), 30)
    assert [row.progress for row in rows(broker.store, tables.event)] == ["routed", "routed"]
    assert rows(broker.store, tables.dead_letter) == []
    assert await gap.missing(broker, settings) == [], "what was taken back is not missing"


async def test_an_answer_that_a_back_office_took_back_in_its_transaction_was_never_given(
    broker: Broker, settings: Settings
) -> None:
    mine, another = a_delivery(1, department=PARKING), a_delivery(2, of=ADA, department=PARKING)
    open_all(broker, mine, another)
    never = letter(mine, outcome="refused", reason="not-ours")
    await write(settings, "outcomes", ([never], False), ([letter(another)], True))
    async with running(Outcomes(broker, settings).run):
        await eventually(has_read(settings, "outcomes", "outcomes", 3), 30)
    assert [ledger_row(broker, one).standing for one in (mine, another)] == ["handed_over", "settled"]
