import orjson
import pytest

from broker import kafka as cluster
from broker import ledger, tables
from broker.decision import Delivery
from broker.local_kafka import LocalKafka
from broker.outcomes import BACK_OFFICE_SOURCE, Outcomes
from broker.settings import Settings
from broker.store import Store
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING
from tests.broker.steps import a_delivery, open_all, standings
from tests.broker.topics import committed, grow, kafka_settings, send
from tests.broker.worlds import ADA, Clock, eventually, make_broker, rows, running


def letter(of: Delivery, *, source: str | None = None, department: str | None = None, **said: str) -> bytes:
    """An answer as a back office puts it on the topic."""
    facts = {"delivery": of.id, "department": department or of.department, "outcome": "accepted"} | said
    envelope = {
        "specversion": "1.0",
        "id": "1",
        "source": source or BACK_OFFICE_SOURCE + of.department,
        "type": "uk.tell-us-once.outcome.v1",
        "time": "2026-11-02T10:00:00Z",
        "subject": of.id,
        "data": facts,
    }
    return orjson.dumps(envelope)


@pytest.fixture
def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    return kafka_settings(kafka.bootstrap, topic_prefix)


async def test_answers_on_the_topic_are_written_down_and_odd_ones_are_buried(
    kafka: LocalKafka, settings: Settings, store: Store, clock: Clock
) -> None:
    broker = make_broker(store, clock=clock, topic_prefix=settings.topic_prefix)
    topic, group = settings.topic("outcomes"), settings.topic("outcomes")
    await cluster.make_topics(settings, [])
    ours, next_of_ours = a_delivery(1, department=PARKING), a_delivery(2, department=PARKING)
    other, unknown = a_delivery(3, of=ADA, department=ALLOTMENTS), a_delivery(99, department=PARKING)
    open_all(broker, ours, next_of_ours, other)
    poison: list[tuple[bytes | None, str]] = [
        (b"hello", "outcome-unreadable"),
        (None, "outcome-unreadable"),
        (letter(ours, outcome="perhaps"), "outcome-unreadable"),
        (letter(ours, receipt="R\x00-1"), "outcome-unreadable"),
        (letter(ours, receipt="R" * 256), "outcome-unreadable"),
        (letter(ours, outcome="refused", reason="Not ours, sorry"), "outcome-unreadable"),
        (letter(other, source=BACK_OFFICE_SOURCE + PARKING), "outcome-of-another-department"),
        (letter(other, source="urn:example:anybody"), "outcome-of-another-department"),
        (letter(other, source=BACK_OFFICE_SOURCE + PARKING, department=PARKING), "outcome-of-no-delivery"),
        (letter(unknown), "outcome-of-no-delivery"),
        (letter(unknown, delivery="not an id"), "outcome-of-no-delivery"),
    ]
    good = [letter(ours, receipt="R-1"), letter(ours, receipt="R-2"), letter(other, source=ledger.BROKER_SOURCE)]
    records = [(b"k", value) for value, _ in poison]
    await send(kafka.bootstrap, topic, (b"k", good[0]), *records, *[(b"k", value) for value in good[1:]])
    async with running(Outcomes(broker, settings).run):

        async def all_read() -> bool:
            return await committed(kafka.bootstrap, group, topic) == len(poison) + len(good)

        await eventually(all_read, 30)
    assert standings(broker, ours, next_of_ours, other) == ["settled", "handed_over", "handed_over"]
    (row,) = rows(store, tables.delivery, tables.delivery.c.id == ours.id)
    assert row.receipt == "R-1"
    buried = rows(store, tables.dead_letter)
    assert [(row.value, row.reason) for row in buried] == poison
    assert [row.position for row in buried] == list(range(1, len(poison) + 1))
    assert [row.topic for row in rows(store, tables.outbox)] == [settings.topic("departments.parking")] * 2


async def test_an_answer_in_a_partition_that_was_added_since_is_heard_without_a_restart(
    kafka: LocalKafka, settings: Settings, sqlite_store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "METADATA_MS", 500)
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)
    topic = settings.topic("outcomes")
    await cluster.make_topics(settings, [])
    before, since = a_delivery(1, department=PARKING), a_delivery(2, of=ADA, department=PARKING)
    open_all(broker, before, since)

    async def all_heard() -> bool:
        return standings(broker, before, since) == ["settled", "settled"]

    async with running(Outcomes(broker, settings).run):
        await send(kafka.bootstrap, topic, (b"k", letter(before)))
        await grow(settings, topic, 3)
        await send(kafka.bootstrap, topic, (b"k", letter(since)), partition=2)
        await eventually(all_heard, 30)


async def test_an_answer_is_not_passed_over_while_the_database_is_gone(
    kafka: LocalKafka, settings: Settings, sqlite_store: Store, clock: Clock
) -> None:
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=settings.topic_prefix)
    await cluster.make_topics(settings, [])
    told = a_delivery(1, department=LIBRARIES)
    open_all(broker, told)
    topic = settings.topic("outcomes")
    await send(kafka.bootstrap, topic, (b"k", letter(told, receipt="R-1")))
    closed = make_broker(Store(sqlite_store.url), clock=clock, topic_prefix=settings.topic_prefix)
    with pytest.raises(Exception, match="not open"):
        await Outcomes(closed, settings).run()
    assert await committed(kafka.bootstrap, topic, topic) is None
    async with running(Outcomes(broker, settings).run):

        async def settled() -> bool:
            return standings(broker, told) == ["settled"]

        await eventually(settled, 30)
