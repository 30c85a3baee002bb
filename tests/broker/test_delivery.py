import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from pydantic import SecretStr

from broker import delivery as engine
from broker import kafka as cluster
from broker import tables
from broker.decision import Delivery
from broker.delivery import Department
from broker.local_kafka import LocalKafka
from broker.outcome import Accepted, Deferred
from broker.parts import Part, keep_running
from broker.ports import Broker
from broker.relay import Relay
from broker.settings import Settings
from broker.store import Store
from broker.sweeper import sweep
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.steps import a_delivery, ledger_row, open_all, standings
from tests.broker.topics import committed, kafka_settings, send
from tests.broker.worlds import ADA, BEN, Clock, eventually, make_broker, person, rows, running

PEOPLE = [person(n, "Wren", "Testwell", "1980-01-01", "QQ111111A", BEN.addresses[0]) for n in range(10, 30)]


@pytest.fixture
def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    return kafka_settings(kafka.bootstrap, topic_prefix)


@pytest.fixture
def topic(settings: Settings) -> str:
    return settings.topic(f"departments.{LIBRARIES}")


@pytest.fixture
async def broker(settings: Settings, sqlite_store: Store, clock: Clock, carrier: ScriptedCarrier) -> Broker:
    await cluster.make_topics(settings, [LIBRARIES])
    carriers = {LIBRARIES: carrier}
    return make_broker(sqlite_store, clock=clock, carriers=carriers, topic_prefix=settings.topic_prefix)


def records(*told: Delivery) -> list[tuple[bytes | None, bytes | None]]:
    return [(one.person.encode(), one.letter) for one in told]


def all_stand(broker: Broker, standing: str, *told: Delivery) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return set(standings(broker, *told)) == {standing}

    return so


async def is_committed(settings: Settings, topic: str, wanted: int, partition: int = 0) -> bool:
    return await committed(settings.kafka, settings.topic(f"delivery.{LIBRARIES}"), topic, partition) == wanted


async def test_each_delivery_is_handed_over_once_however_often_the_topic_holds_it(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, topic: str
) -> None:
    told = [a_delivery(n, of=one) for n, one in enumerate(PEOPLE[:5], start=1)]
    open_all(broker, *told)
    await send(settings.kafka, topic, *records(*told, *told, *reversed(told)))
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(all_stand(broker, "settled", *told))
        await eventually(partial(is_committed, settings, topic, 15))
        await send(settings.kafka, topic, *records(*told))
        await eventually(partial(is_committed, settings, topic, 20))
    assert sorted(carrier.keys) == sorted(one.id for one in told)


async def test_what_cannot_be_read_is_buried_and_its_neighbours_go_on(
    broker: Broker, settings: Settings, topic: str
) -> None:
    first, last = a_delivery(1), a_delivery(2, of=ADA)
    open_all(broker, first, last)
    poison = [
        (b"k", b"hello"),
        (b"k", None),
        (None, b"{}"),
        (b"k", first.letter.replace(first.id.encode(), b"not an id")),
        (b"k", first.letter.replace(first.id.encode(), b"\\u0000")),
    ]
    await send(settings.kafka, topic, *records(first), *poison, *records(last))
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(partial(is_committed, settings, topic, 7))
    assert standings(broker, first, last) == ["settled", "settled"]
    buried = rows(broker.store, tables.dead_letter)
    assert sorted((row.position, row.key, row.value) for row in buried) == [
        (n, key, value) for n, (key, value) in enumerate(poison, start=1)
    ]
    assert {row.reason for row in buried} == {"delivery-unreadable"}


async def test_an_identity_that_no_database_can_hold_is_buried_too(
    settings: Settings, topic: str, postgres_store: Store, clock: Clock
) -> None:
    broker = make_broker(postgres_store, clock=clock, topic_prefix=settings.topic_prefix)
    await cluster.make_topics(settings, [LIBRARIES])
    told = a_delivery(1)
    await send(settings.kafka, topic, (b"k", told.letter.replace(told.id.encode(), b"\\u0000")))
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(partial(is_committed, settings, topic, 1))
    assert [row.reason for row in rows(postgres_store, tables.dead_letter)] == ["delivery-unreadable"]


async def test_a_department_has_no_more_requests_on_their_way_than_it_is_allowed(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, topic: str
) -> None:
    told = [a_delivery(n, of=one) for n, one in enumerate(PEOPLE, start=1)]
    open_all(broker, *told)
    carrier.answering.clear()
    await send(settings.kafka, topic, *records(*told))
    async with running(Department(LIBRARIES, 2, broker, settings).run):

        async def two_on_their_way() -> bool:
            return carrier.now == 2

        await eventually(two_on_their_way)
        assert not await is_committed(settings, topic, 1)
        carrier.answering.set()
        await eventually(all_stand(broker, "settled", *told))
        await eventually(partial(is_committed, settings, topic, len(told)))
    assert carrier.most_at_once == 2


async def test_a_person_s_events_arrive_in_their_order_through_failures(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, clock: Clock
) -> None:
    """The whole second leg: outbox, relay, topic, engine, ledger, sweeper."""
    told = [a_delivery(n) for n in range(1, 6)]
    other = a_delivery(9, of=ADA)
    busy = Deferred(reason="http-503")
    carrier.answers += [busy, Accepted(receipt="R-1"), busy, Accepted(receipt="R-2")]
    open_all(broker, *told)

    async def sweeping() -> None:
        while True:
            clock.pass_by(1)
            await sweep(broker)
            await asyncio.sleep(0.02)

    async with running(Relay(broker.store, settings).run, Department(LIBRARIES, 4, broker, settings).run, sweeping):
        await eventually(all_stand(broker, "settled", *told), 30)
        open_all(broker, other)
        await eventually(all_stand(broker, "settled", other), 30)
    first_seen = list(dict.fromkeys(carrier.keys))
    assert first_seen == [one.id for one in (*told, other)]
    assert carrier.keys[:4] == [told[0].id, told[0].id, told[1].id, told[1].id]


async def test_a_person_s_next_goes_straight_to_the_engine_and_an_engine_that_was_stopped_finds_it(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, topic: str
) -> None:
    told = [a_delivery(n) for n in range(1, 7)]
    open_all(broker, *told)
    await send(settings.kafka, topic, *records(told[0]))
    carrier.answering.clear()
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(all_asked(carrier, 1))
        carrier.answering.set()
        await eventually(all_stand(broker, "settled", *told[:2]))
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(all_stand(broker, "settled", *told))
    assert carrier.keys == [one.id for one in told]
    assert {row.topic for row in rows(broker.store, tables.outbox)} <= {topic, settings.topic("outcomes")}
    published = [row for row in rows(broker.store, tables.outbox) if row.topic == topic]
    assert [row.value for row in published] == [told[0].letter], "none but the first came by the topic"


def all_asked(carrier: ScriptedCarrier, requests: int) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return len(carrier.keys) >= requests

    return so


async def test_an_engine_that_is_stopped_first_finishes_what_is_on_its_way(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, topic: str
) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    carrier.answering.clear()
    await send(settings.kafka, topic, *records(told))
    task = asyncio.ensure_future(Department(LIBRARIES, 4, broker, settings).run())

    async def on_its_way() -> bool:
        return carrier.now == 1

    await eventually(on_its_way)
    task.cancel()
    await asyncio.sleep(0)
    assert standings(broker, told) == ["sending"]
    carrier.answering.set()
    await asyncio.wait([task])
    assert standings(broker, told) == ["settled"]
    assert await is_committed(settings, topic, 1)


async def test_a_bug_of_ours_in_one_delivery_stops_no_other(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, topic: str, clock: Clock
) -> None:
    """It is parked, and tried again by itself: the fault may be mended by then."""
    bad, good = a_delivery(1), a_delivery(2, of=ADA)
    bad_letter = bad.letter.replace(b'"data":{"notification":"TUO-1"}', b'"data":{"oddly":"TUO-1"}')
    open_all(broker, _with(bad, bad_letter), good)
    await send(settings.kafka, topic, *records(bad, good))
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(all_stand(broker, "settled", good))
        await eventually(partial(is_committed, settings, topic, 2))
    row = ledger_row(broker, bad)
    assert (row.standing, row.reason, row.claimed_by) == ("parked", "internal-error", None)
    clock.pass_by(200)
    await sweep(broker)
    assert standings(broker, bad) == ["waiting"]
    (tried,) = [one for one in rows(broker.store, tables.attempt) if one.delivery_number == row.number]
    assert tried.reason == "internal-error"


async def test_a_cancellation_that_a_library_lets_out_stops_no_delivery_for_ever(
    broker: Broker, carrier: ScriptedCarrier, settings: Settings, topic: str
) -> None:
    """The request may have left: a department that can tell a repeat is sent it again, later."""
    lost, good = a_delivery(1), a_delivery(2, of=ADA)
    open_all(broker, lost, good)
    await send(settings.kafka, topic, *records(lost, good))
    carrier.losing.add(lost.id)
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(all_stand(broker, "settled", good))
        await eventually(partial(is_committed, settings, topic, 2))
    row = ledger_row(broker, lost)
    assert (row.standing, row.reason, row.claimed_by) == ("parked", "internal-error", None)


def _with(told: Delivery, letter: bytes) -> Delivery:
    return Delivery(**{name: getattr(told, name) for name in told.__slots__} | {"letter": letter})


async def test_an_engine_that_was_restarted_commits_in_whatever_partitions_it_then_has(
    settings: Settings, sqlite_store: Store, topic: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has taken some of its partitions while it was away."""
    monkeypatch.setattr(engine, "COMMIT_SECONDS", 0.2)
    elsewhere = SecretStr("postgresql+psycopg://nobody@127.0.0.1:1/none")
    several = settings.model_copy(update={"database_url": elsewhere})  # not alone: so no fixed name in the group
    await cluster.make_topics(settings, [LIBRARIES])
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)
    told = [a_delivery(n, of=one) for n, one in enumerate(PEOPLE[:4], start=1)]
    open_all(broker, *told)
    mine, theirs = Department(LIBRARIES, 4, broker, several), Department(LIBRARIES, 4, broker, several)
    async with running(mine.run):
        for partition in (0, 1):
            await send(settings.kafka, topic, *records(told[partition]), partition=partition)
            await eventually(partial(is_committed, settings, topic, 1, partition))
    async with running(theirs.run, mine.run):

        async def one_each() -> bool:
            assigned = [one._consumer.assignment() for one in (mine, theirs) if one._consumer is not None]
            return [len(each) for each in assigned] == [1, 1]

        await eventually(one_each, 30)
        for partition in (0, 1):
            await send(settings.kafka, topic, *records(told[2 + partition]), partition=partition)
        for partition in (0, 1):
            await eventually(partial(is_committed, settings, topic, 2, partition), 15)


async def test_an_engine_goes_on_when_kafka_has_forgotten_the_topic(
    broker: Broker, settings: Settings, carrier: ScriptedCarrier
) -> None:
    """Kept running, with the topics made again before each start."""
    told = a_delivery(1)
    part = Part(
        name="delivery",
        run=Department(LIBRARIES, 4, broker, settings).run,
        after=partial(cluster.until_reached, settings, [LIBRARIES]),
    )
    async with running(partial(keep_running, part), Relay(broker.store, settings).run):
        open_all(broker, told)
        await eventually(all_stand(broker, "settled", told), 30)
    assert carrier.keys == [told.id]
    assert ledger_row(broker, told).attempts == 1
