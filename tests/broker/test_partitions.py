"""Partitions that change hands, offsets that jump, and Kafka or the database gone: what an engine makes of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, OffsetAndMetadata, TopicPartition
from pydantic import SecretStr

from broker import delivery as engine
from broker import kafka as cluster
from broker import parts, sending
from broker.decision import Delivery
from broker.delivery import Department
from broker.local_kafka import LocalKafka
from broker.outcome import Deferred, Unheard
from broker.parts import Part, keep_running
from broker.ports import Broker
from broker.relay import Relay
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store, StoreUnavailable, Unit
from broker.sweeper import sweep
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.steps import a_delivery, ledger_row, open_all, standings
from tests.broker.topics import committed, grow, kafka_settings, records_of, send
from tests.broker.worlds import BEN, Clock, eventually, make_broker, person, running, stop_database
from tests.ground.postgres import PostgresCluster

T = TypeVar("T")
PEOPLE = [person(n, "Wren", "Testwell", "1980-01-01", "QQ111111A", BEN.addresses[0]) for n in range(10, 60)]
TOLD = [a_delivery(n, of=one) for n, one in enumerate(PEOPLE, start=1)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "COMMIT_SECONDS", 0.2)
    monkeypatch.setattr(engine, "DRAIN_SECONDS", 0.3)
    monkeypatch.setattr(cluster, "METADATA_MS", 500)
    monkeypatch.setattr(sending, "PAUSE", 0.05)
    monkeypatch.setattr(parts, "LONGEST_WAIT", 0.5)


@pytest.fixture
def several(settings: Settings) -> Settings:
    """As one of several processes, which share a topic's partitions."""
    return settings.model_copy(update={"database_url": SecretStr("postgresql+psycopg://nobody@127.0.0.1:1/none")})


@pytest.fixture
def broker(settings: Settings, sqlite_store: Store, clock: Clock, carrier: ScriptedCarrier) -> Broker:
    return make_broker(sqlite_store, clock=clock, carriers={LIBRARIES: carrier}, topic_prefix=settings.topic_prefix)


def topic_of(settings: Settings) -> str:
    return settings.topic(f"departments.{LIBRARIES}")


async def lay_out(settings: Settings, *told: Delivery, partition: int = 0) -> None:
    letters = [(one.person.encode(), one.letter) for one in told]
    await send(settings.kafka, topic_of(settings), *letters, partition=partition)


def are_settled(broker: Broker, *told: Delivery) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return set(standings(broker, *told)) == {"settled"}

    return so


async def is_at(settings: Settings, wanted: int | None, partition: int = 0) -> bool:
    group = settings.topic(f"delivery.{LIBRARIES}")
    return await committed(settings.kafka, group, topic_of(settings), partition) == wanted


async def are_on_their_way(carrier: ScriptedCarrier, many: int) -> bool:
    return carrier.now == many


async def has(many: int, member: Department) -> bool:
    return member._consumer is not None and len(member._consumer.assignment()) == many


def ids(*told: Delivery) -> list[str]:
    return sorted(one.id for one in told)


async def test_partitions_that_go_to_another_member_and_come_back_at_once_lose_and_double_nothing(
    broker: Broker, several: Settings, carrier: ScriptedCarrier
) -> None:
    """What was read and not begun is read again by whoever has the partition; what is on its way is nobody's twice."""
    first, later = TOLD[:16], TOLD[16:24]
    open_all(broker, *first)
    carrier.answering.clear()
    for partition in (0, 1):
        await lay_out(several, *first[partition::2], partition=partition)
    mine = Department(LIBRARIES, 2, broker, several)
    async with running(mine.run):
        await eventually(partial(are_on_their_way, carrier, 2))
        for _ in range(2):
            theirs = Department(LIBRARIES, 2, replace(broker, worker="worker-2"), several)
            async with running(theirs.run):
                await eventually(partial(has, 1, theirs), 30)
                await eventually(partial(has, 1, mine), 30)
            await eventually(partial(has, 2, mine), 30)
        open_all(broker, *later)
        for partition in (0, 1):
            await lay_out(several, *later[partition::2], partition=partition)
        carrier.answering.set()
        await eventually(are_settled(broker, *first, *later))
        for partition in (0, 1):
            await eventually(partial(is_at, several, 12, partition))
    assert sorted(carrier.keys) == ids(*first, *later)


async def test_how_often_it_was_tried_outlives_every_change_of_hands(
    broker: Broker, several: Settings, carrier: ScriptedCarrier, clock: Clock
) -> None:
    told = TOLD[0]
    open_all(broker, told)
    carrier.answers += [Deferred(reason="busy"), Unheard(reason="http-500"), Deferred(reason="busy")]

    async def tried(times: int) -> bool:
        row = ledger_row(broker, told)
        return (row.standing, row.attempts) == ("retrying", times)

    for times in (1, 2, 3):
        member = Department(LIBRARIES, 2, replace(broker, worker=f"worker-{times}"), several)
        async with running(Relay(broker.store, several).run, member.run):
            await eventually(partial(tried, times))
        clock.pass_by(200)
        await sweep(broker)
    assert set(carrier.keys) == {told.id}


async def test_a_loop_that_stands_still_for_five_seconds_keeps_its_partitions(
    broker: Broker, several: Settings, carrier: ScriptedCarrier
) -> None:
    open_all(broker, TOLD[0])
    member = Department(LIBRARIES, 2, broker, several)
    async with running(member.run):
        await eventually(partial(has, 2, member), 30)
        generation = _generation(member)
        time.sleep(5)  # noqa: ASYNC251 - the fault itself: an adapter that reckons for so long
        await lay_out(several, TOLD[0])
        await eventually(partial(is_at, several, 1), 30)
        assert _generation(member) == generation, "it was put out of its group meanwhile"
    assert carrier.keys == ids(TOLD[0])


def _generation(member: Department) -> int:
    consumer: Any = member._consumer
    return int(consumer._coordinator.generation)


async def test_a_group_that_was_set_back_by_hand_sends_nothing_again_whatever_was_noted_beside_its_offset(
    broker: Broker, settings: Settings, carrier: ScriptedCarrier
) -> None:
    told = TOLD[:5]
    open_all(broker, *told)
    await lay_out(settings, *told)
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(partial(is_at, settings, 5))
    await _set_back(settings, "\0 {not a note of ours")
    assert await is_at(settings, 0)
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(partial(is_at, settings, 5))
    assert sorted(carrier.keys) == ids(*told)


async def _set_back(settings: Settings, note: str) -> None:
    by_hand = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=settings.topic(f"delivery.{LIBRARIES}"), enable_auto_commit=False
    )
    await by_hand.start()
    try:
        place = TopicPartition(topic_of(settings), 0)
        by_hand.assign([place])
        await by_hand.commit({place: OffsetAndMetadata(0, note)})
    finally:
        await by_hand.stop()


@pytest.mark.parametrize("how", ["alone", "several"])
async def test_a_topic_that_grows_keeps_each_person_in_order(
    how: str, broker: Broker, settings: Settings, several: Settings, carrier: ScriptedCarrier, clock: Clock
) -> None:
    """Their later letters lie in another partition than the earlier: the ledger keeps their order, not Kafka."""
    people = PEOPLE[:8]
    told = [a_delivery(100 * turn + n, of=one) for turn in (1, 2, 3) for n, one in enumerate(people)]
    stuck, *others = told[:8]
    open_all(broker, *told[:8])
    carrier.answers.append(Deferred(reason="busy"))
    member = Department(LIBRARIES, 1, broker, settings if how == "alone" else several)
    async with running(member.run):
        await lay_out(several, stuck)
        await eventually(partial(_tried_again_later, broker, stuck))
        await lay_out(several, *others)
        await eventually(are_settled(broker, *others))
        await grow(several, topic_of(several), 7)
        await eventually(partial(has, 7, member), 30)
        open_all(broker, *told[8:])
        async with running(Relay(broker.store, several).run):  # which learns at its start how many there are
            await eventually(are_settled(broker, *[one for one in told if one.person != stuck.person]), 30)
            assert standings(broker, *told[::8]) == ["retrying", "waiting", "waiting"]
            clock.pass_by(200)
            await sweep(broker)
            await eventually(are_settled(broker, *told), 30)
    lay_in = {record.partition for record in await records_of(several.kafka, topic_of(several))}
    assert lay_in - {0, 1}
    for n in range(len(people)):
        keys = [key for key in carrier.keys if key in ids(*told[n::8])]
        assert list(dict.fromkeys(keys)) == [one.id for one in told[n::8]]


async def _tried_again_later(broker: Broker, told: Delivery) -> bool:
    return standings(broker, told) == ["retrying"]


async def test_offsets_are_committed_past_the_marks_of_transactions(
    broker: Broker, settings: Settings, carrier: ScriptedCarrier, topic_prefix: str
) -> None:
    told = TOLD[:4]
    open_all(broker, *told)
    never_told = a_delivery(99, of=PEOPLE[40])
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, transactional_id=f"{topic_prefix}writer")
    await producer.start()
    try:
        for written, kept in ((told[:2], True), ([never_told], False), (told[2:], True)):
            await producer.begin_transaction()
            for one in written:
                await producer.send_and_wait(topic_of(settings), one.letter, key=one.person.encode(), partition=0)
            await (producer.commit_transaction() if kept else producer.abort_transaction())
    finally:
        await producer.stop()
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(are_settled(broker, *told))
        await eventually(partial(is_at, settings, 7))  # 0 1 mark, 3 taken back, mark, 5 6, mark
    assert sorted(carrier.keys) == ids(*told)


async def test_what_was_read_before_kafka_went_is_sent_and_written_down_and_committed_when_it_is_back(
    own_kafka: LocalKafka, sqlite_store: Store, clock: Clock, carrier: ScriptedCarrier
) -> None:
    settings = kafka_settings(own_kafka.bootstrap, "")
    broker = make_broker(sqlite_store, clock=clock, carriers={LIBRARIES: carrier})
    before, after = TOLD[:40], TOLD[40]
    open_all(broker, *before)
    await cluster.make_topics(settings, [LIBRARIES])
    await lay_out(settings, *before)
    carrier.answering.clear()
    member = Department(LIBRARIES, 16, broker, settings)
    part = Part(name="delivery", run=member.run, after=partial(cluster.until_reached, settings, [LIBRARIES]))
    async with running(partial(keep_running, part)):

        async def all_read() -> bool:
            return len(member._under_way) == len(before) and carrier.now == 16

        await eventually(all_read)
        own_kafka.kill()
        carrier.answering.set()
        await eventually(are_settled(broker, *before))
        assert sorted(carrier.keys) == ids(*before)
        await asyncio.to_thread(own_kafka.start)
        await eventually(partial(is_at, settings, 40), 60)
        open_all(broker, after)
        await lay_out(settings, after)
        await eventually(are_settled(broker, after), 30)
    assert sorted(carrier.keys) == ids(*before, after)


class Noting(Store):
    """A store that counts how often it could not write."""

    failed = 0

    async def write(self, unit: Unit[T]) -> T:
        try:
            return await super().write(unit)
        except StoreUnavailable:
            self.failed += 1
            raise


async def test_while_the_database_is_away_nothing_is_sent_that_was_not_claimed_and_no_answer_is_lost(
    settings: Settings, postgres: PostgresCluster, postgres_url: str, clock: Clock, carrier: ScriptedCarrier
) -> None:
    told, name = TOLD[:20], postgres_url.rpartition("/")[2]
    store = Noting(postgres_url)
    with store:
        bring_up_to_date(store)
        broker = make_broker(store, clock=clock, carriers={LIBRARIES: carrier}, topic_prefix=settings.topic_prefix)
        open_all(broker, *told)
        carrier.answering.clear()
        await lay_out(settings, *told)
        async with running(Department(LIBRARIES, 2, broker, settings).run):

            async def claimed_ahead() -> bool:
                return standings(broker, *told).count("sending") == 4 and carrier.now == 2

            async def tried_often() -> bool:
                return store.failed > 20

            await eventually(claimed_ahead)
            stop_database(postgres, name)
            carrier.answering.set()
            await eventually(tried_often)
            assert len(carrier.keys) <= 4, "only what had been claimed before"
            assert await is_at(settings, None)
            postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await eventually(are_settled(broker, *told), 30)
            await eventually(partial(is_at, settings, 20))
    assert sorted(carrier.keys) == ids(*told)
