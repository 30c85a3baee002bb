"""What is judged together, and what is routed although its record never came."""

from typing import Any

import pytest

from broker import calling_off, stream, tables
from broker import kafka as cluster
from broker.delivering import Attempted
from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.local_kafka import LocalKafka
from broker.outcome import Unheard
from broker.ports import Broker
from broker.store import Store
from broker.stream import Router
from tests.broker.steps import a_delivery, claim, open_all, settle
from tests.broker.topics import kafka_settings, send
from tests.broker.worlds import Clock, enveloped, eventually, make_broker, move, rows, running, take_in
from tests.chaos.stage import people
from tests.chaos.submitter import death_of, event_of, withdrawal_of


def _found(store: Store, made: str) -> Any:  # noqa: ANN401 - a row
    (row,) = rows(store, tables.event, tables.event.c.id == made)
    return row


async def test_what_follows_a_withdrawal_is_judged_when_the_directory_has_been_put_right(sqlite_store: Store) -> None:
    (who,) = people(1)
    load(sqlite_store, [Resident.model_validate(who)])
    broker = make_broker(sqlite_store, directory=Directory(sqlite_store))  # type: ignore[arg-type]
    died = await take_in(broker, death_of(who) | {"occurred_on": "2026-10-30"}, "death")
    await stream.route_waiting(broker)
    taken_back = withdrawal_of(who, died.reference) | {"occurred_on": "2026-11-01"}
    await take_in(broker, taken_back, "withdrawal")
    after = await take_in(broker, event_of(who, 1) | {"occurred_on": "2026-11-01"}, "a new number")
    await stream.route_waiting(broker)
    assert (_found(sqlite_store, after.id).progress, _found(sqlite_store, after.id).reason) == ("routed", None)


async def test_what_waits_is_routed_although_its_record_never_comes(
    kafka: LocalKafka, topic_prefix: str, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, clock = kafka_settings(kafka.bootstrap, topic_prefix), Clock()
    broker = make_broker(sqlite_store, clock=clock, topic_prefix=topic_prefix)
    monkeypatch.setattr(stream, "PAUSE", 0.1)
    await cluster.make_topics(settings, [])
    await send(kafka.bootstrap, settings.topic("life-events"), (b"k", enveloped(move(), id="heard")))
    async with running(Router(broker, settings).run):

        async def one_is_heard() -> bool:
            return [row.progress for row in rows(sqlite_store, tables.event)] == ["routed"]

        await eventually(one_is_heard, 30)
        told = await take_in(broker, move(), "nobody publishes this")
        clock.pass_by(stream.LATE.total_seconds() + 1)

        async def it_is_routed() -> bool:
            return bool(_found(sqlite_store, told.id).progress == "routed")

        await eventually(it_is_routed, 10)


async def test_a_request_that_left_while_its_department_was_ill_may_have_arrived_and_is_taken_back_there(
    sqlite_broker: Broker,
) -> None:
    one = a_delivery(1)
    open_all(sqlite_broker, one)
    claimed = claim(sqlite_broker, one)
    assert claimed is not None
    silence = Attempted(
        claim=claimed, heard=Unheard(reason="no-answer-in-time"), ended_at=sqlite_broker.now(), counts=False
    )
    assert await settle(silence, sqlite_broker) == "waiting"
    assert sqlite_broker.store.read_now(lambda tx: calling_off.unsent_of(tx, one.event_id)) == {}
