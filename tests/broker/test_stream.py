import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
import pytest
from structlog.testing import capture_logs

from broker import kafka as cluster
from broker import stream, tables
from broker.echoes import others_than_echoes
from broker.local_kafka import LocalKafka
from broker.person import Person
from broker.ports import Broker
from broker.record import Record
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store, StoreUnavailable
from broker.stream import LONGEST_RECORD, Router, take_in
from schemas.subject import Subject
from tests.broker.topics import committed, kafka_settings, send
from tests.broker.worlds import (
    BEN,
    Clock,
    ListDirectory,
    enveloped,
    eventually,
    make_broker,
    move,
    plain,
    rows,
    running,
    stop_database,
)
from tests.broker.worlds import take_in as tell_us
from tests.broker.worlds import withdrawal as taking_back
from tests.ground.postgres import PostgresCluster

GOOD = enveloped(move(), id="good")
TOO_LONG = plain(move(channel="x" * LONGEST_RECORD))
POISON: dict[str, tuple[bytes | None, bytes | None, str]] = {
    "not JSON": (b"k", b"hello", "invalid_json"),
    "not UTF-8": (b"k", b'{"kind":"\xff"}', "invalid_json"),
    "a list": (b"k", b"[]", "invalid_json"),
    "not a number": (b"k", b'{"kind":NaN}', "invalid_json"),
    "a thousand deep": (b"k", b"[" * 1000 + b"]" * 1000, "invalid_json"),
    "a key twice": (b"k", b'{"kind":"move","kind":"move"}', "duplicate_key"),
    "without a key": (None, GOOD, "no-key"),
    "without a value": (b"k", None, "empty"),
    "nothing in it": (b"k", b"", "invalid_json"),
    "too long": (b"k", TOO_LONG, "too-long"),
    "an unknown kind": (b"k", plain(move(kind="flood")), "unknown_kind"),
    "a version to come": (b"k", plain(move(schema_version="2.0")), "unknown_schema_version"),
    "an impossible date": (b"k", plain(move(occurred_on="2026-02-30")), "bad_date"),
    "another envelope": (b"k", orjson.dumps(orjson.loads(GOOD) | {"specversion": "2.0"}), "unknown_specversion"),
    "the same id with other words": (
        b"k",
        enveloped(move(occurred_on="2026-10-06"), id="good"),
        "fingerprint-mismatch",
    ),
    "a correction of nothing": (b"k", plain(move(corrects="TUO-0000-0000-0000")), "earlier-not-found"),
    "a withdrawal of nothing": (b"k", plain(taking_back("TUO-0000-0000-0000")), "earlier-not-found"),
    "a forged identity": (b"k", enveloped(move(), id="ours", source="urn:tell-us-once:broker"), "internal-error"),
}


def record(key: bytes | None, value: bytes | None, position: int = 7) -> Record:
    headers: dict[str, bytes | None] = {"trace": b"\x00\xff"}
    return Record(topic="life-events", partition=3, position=position, key=key, value=value, headers=headers)


@pytest.mark.parametrize("sort", POISON)
async def test_what_cannot_be_taken_in_is_buried_with_its_bytes_and_coordinates(broker: Broker, sort: str) -> None:
    key, value, reason = POISON[sort]
    await take_in(record(b"k", GOOD, 6), broker)
    await take_in(record(key, value), broker)
    await take_in(record(key, value), broker)  # read again after a crash
    (buried,) = rows(broker.store, tables.dead_letter)
    assert (buried.topic, buried.partition, buried.position) == ("life-events", 3, 7)
    assert (buried.key, buried.value, buried.reason) == (key, value, reason)
    assert orjson.loads(buried.headers) == {"trace": "00ff"}
    assert len(rows(broker.store, tables.event)) == 1
    assert [row.what for row in rows(broker.store, tables.audit)][-1] == "letter.buried"


async def test_a_header_without_a_value_does_not_keep_a_record_from_its_grave(broker: Broker) -> None:
    empty = Record(topic="life-events", partition=0, position=1, key=b"k", value=b"hello", headers={"empty": None})
    await take_in(empty, broker)
    (buried,) = rows(broker.store, tables.dead_letter)
    assert orjson.loads(buried.headers) == {"empty": None}


async def test_while_the_database_is_gone_a_record_is_neither_taken_nor_buried(sqlite_url: str) -> None:
    closed = make_broker(Store(sqlite_url))
    for value in (GOOD, b"hello"):
        with pytest.raises(StoreUnavailable):
            await take_in(record(b"k", value), closed)


async def test_a_newer_minor_version_is_taken_in_without_what_it_adds(broker: Broker) -> None:
    await take_in(record(b"k", plain(move(schema_version="1.7", mood="calm"))), broker)
    assert rows(broker.store, tables.dead_letter) == []
    assert await stream.route_waiting(broker) == 1


@pytest.fixture
def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    return kafka_settings(kafka.bootstrap, topic_prefix)


async def test_poison_never_stops_a_partition(
    kafka: LocalKafka, settings: Settings, sqlite_store: Store, clock: Clock
) -> None:
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)
    await cluster.make_topics(settings, [])
    topic = settings.topic("life-events")
    poison = list(POISON.values())
    await send(kafka.bootstrap, topic, (b"k", GOOD), *[(key, value) for key, value, _ in poison])
    await send(kafka.bootstrap, topic, (b"k", b"hello"), headers=[("empty", None)])
    await send(kafka.bootstrap, topic, (b"k", enveloped(move(), id="good-too")))
    async with running(Router(broker, settings).run):

        async def all_read() -> bool:
            return await committed(kafka.bootstrap, settings.topic("router"), topic) == len(poison) + 3

        await eventually(all_read, 30)
    assert [row.progress for row in rows(sqlite_store, tables.event)] == ["routed", "routed"]
    buried = sorted(rows(sqlite_store, tables.dead_letter), key=lambda row: int(row.position))
    assert [(row.key, row.value, row.reason) for row in buried] == [*poison, (b"k", b"hello", "invalid_json")]
    assert [row.position for row in buried] == list(range(1, len(poison) + 2))
    assert {(row.topic, row.partition) for row in buried} == {(topic, 0)}


async def test_nothing_is_committed_past_what_the_database_has_not_taken(
    kafka: LocalKafka,
    settings: Settings,
    postgres: PostgresCluster,
    postgres_url: str,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "PAUSE", 0.5)
    await cluster.make_topics(settings, [])
    topic, group, name = settings.topic("life-events"), settings.topic("router"), postgres_url.rpartition("/")[2]

    async def position() -> int | None:
        return await committed(kafka.bootstrap, group, topic)

    with Store(postgres_url) as store, capture_logs() as log:
        bring_up_to_date(store)
        broker = make_broker(store, clock=clock, topic_prefix=settings.topic_prefix)
        async with running(Router(broker, settings).run):
            await send(kafka.bootstrap, topic, *[(b"k", enveloped(move(), id=str(n))) for n in range(3)])
            await eventually(lambda: _is(position, 3), 30)
            stop_database(postgres, name)
            await send(kafka.bootstrap, topic, (b"k", b"hello"), (b"k", enveloped(move(), id="3")))
            # Offsets are committed every second: three stalls are more than one commit.
            await eventually(lambda: _count(log, "router.stalled", 3))
            assert await position() == 3
            postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await eventually(lambda: _is(position, 5))
        assert [row.progress for row in rows(store, tables.event)] == ["routed"] * 4
        assert len(rows(store, tables.dead_letter)) == 1


async def _is(position: Callable[[], Awaitable[int | None]], wanted: int) -> bool:
    return await position() == wanted


async def _count(log: Sequence[Mapping[str, object]], event: str, least: int) -> bool:
    return sum(entry["event"] == event for entry in log) >= least


async def test_what_we_published_ourselves_is_known_by_its_bytes_and_anything_else_is_read(broker: Broker) -> None:
    told = await tell_us(broker, move())
    (letter,) = rows(broker.store, tables.outbox)
    key, forged = told.id.encode(), letter.value.replace(b"2026-10-05", b"2026-10-06")
    echo, unlike, odd_key, empty = [
        record(of, value)
        for of, value in ((key, letter.value), (key, forged), (b"\x00" * 36, letter.value), (key, None))
    ]
    read = await others_than_echoes([echo, unlike, odd_key, empty, echo], broker)
    assert read == [unlike, odd_key, empty]


class SlowDirectory(ListDirectory):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__(BEN)
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def candidates_of(self, subjects: Sequence[Subject]) -> list[tuple[Person, ...]]:
        self.asked.set()
        await self.may_answer.wait()
        return await super().candidates_of(subjects)


async def test_a_router_that_is_busy_with_what_it_heard_is_not_taken_for_deaf(
    kafka: LocalKafka, settings: Settings, sqlite_store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE", 0.5)
    monkeypatch.setattr(stream, "WATCH", 0.1)
    monkeypatch.setattr(stream, "PAUSE", 0.1)
    directory = SlowDirectory()
    broker = make_broker(sqlite_store, clock=clock, directory=directory, topic_prefix=settings.topic_prefix)
    await cluster.make_topics(settings, [])
    router = asyncio.ensure_future(Router(broker, settings).run())
    try:
        await send(kafka.bootstrap, settings.topic("life-events"), (b"k", enveloped(move(), id="good")))
        await asyncio.wait_for(directory.asked.wait(), 30)
        clock.pass_by(60)  # so long has it waited
        ended, _ = await asyncio.wait({router}, timeout=2)
        assert not ended
        directory.may_answer.set()
        await eventually(lambda: _routed(sqlite_store))
    finally:
        router.cancel()
        await asyncio.wait({router}, timeout=30)


async def _routed(store: Store) -> bool:
    return [row.progress for row in rows(store, tables.event)] == ["routed"]
