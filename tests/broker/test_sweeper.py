from datetime import timedelta

import orjson
import pytest

from broker import journey, stream, sweeper, tables
from broker.outcome import Deferred
from broker.ports import Broker
from broker.recording import Door
from broker.store import Store, StoreUnavailable
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, published, standings
from tests.broker.worlds import ADA, BEN, REPUBLISH, START, Clock, eventually, make_broker, move, person, rows, take_in

CY = person(3, "Cy", "Testwell", "1980-01-01", "QQ111111A", BEN.addresses[0])


async def test_what_is_not_routed_in_time_is_published_again_ever_more_rarely(broker: Broker, clock: Clock) -> None:
    told = await take_in(broker, move())
    published_after = []
    for _ in range(60):
        clock.pass_by(15)
        before = len(published(broker.store))
        await sweeper.sweep(broker)
        if len(published(broker.store)) > before:
            published_after.append((clock.at - START) / REPUBLISH)
    assert published_after == [1, 2, 4, 8]
    assert set(published(broker.store)) == {("life-events", told.id)}


async def test_what_is_published_again_is_the_same_letter_and_is_known_when_it_comes_back(
    broker: Broker, clock: Clock
) -> None:
    told = await take_in(broker, move())
    clock.pass_by(REPUBLISH.total_seconds())
    await sweeper.sweep(broker)
    first, again = [orjson.loads(row.value) for row in rows(broker.store, tables.outbox)]
    assert again == {name: value for name, value in first.items() if name in again}
    assert again.keys() >= {"specversion", "id", "source", "type", "time", "data"}
    back = rows(broker.store, tables.outbox)[-1].value
    recorded = await journey.intake(back, Door(source="topic", actor="topic", from_topic=True), broker)
    assert (recorded.id, recorded.repeat) == (told.id, True)


async def test_what_has_been_routed_is_not_published_again(broker: Broker, clock: Clock) -> None:
    await take_in(broker, move(subject={"name": {"surname": "Testwell"}}), key="held")
    await take_in(broker, move(), key="routed")
    await stream.route_waiting(broker)
    before = [one for one in published(broker.store) if one[0] == "life-events"]
    clock.pass_by(timedelta(days=1).total_seconds())
    await sweeper.sweep(broker)
    assert [one for one in published(broker.store) if one[0] == "life-events"] == before


async def test_one_look_offers_retries_finds_what_was_lost_and_ends_leases(broker: Broker, clock: Clock) -> None:
    retried, lost, crashed = [a_delivery(n, of=who) for n, who in enumerate((BEN, ADA, CY), start=1)]
    open_all(broker, retried, lost, crashed)
    await answer(broker, claim(broker, retried), Deferred(reason="busy"))
    claim(broker, crashed)
    clock.pass_by(125)
    offered = len(published(broker.store))
    await sweeper.sweep(broker)
    assert standings(broker, retried, lost, crashed) == ["waiting", "waiting", "retrying"]
    assert len(published(broker.store)) == offered + 2
    assert ledger_row(broker, crashed).reason == "process-ended"


async def test_a_look_at_a_quiet_ledger_writes_nothing(broker: Broker) -> None:
    await take_in(broker, move())
    await stream.route_waiting(broker)
    commits: list[None] = []
    broker.store.after_commit(lambda: commits.append(None))
    # The writer speaks of a commit after whoever waited for it goes on: let it speak of the last one first.
    broker.store.write_now(lambda _: commits.clear())
    await eventually(lambda: _of(len(commits) == 1))
    await sweeper.sweep(broker)
    assert commits == [None]


async def _of(said: bool) -> bool:
    return said


async def test_without_a_database_the_sweeper_says_so(sqlite_url: str) -> None:
    with pytest.raises(StoreUnavailable):
        await sweeper.sweep(make_broker(Store(sqlite_url)))
