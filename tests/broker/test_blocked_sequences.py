"""One person's deliveries behind one that is stuck, being tried again, or only the first of very many."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker import sweeper
from broker.decision import Delivery
from broker.failures import failures
from broker.failures.groups import groups
from broker.failures.vouching import Said, Word, vouch
from broker.glance import departments_at_a_glance
from broker.outcome import Accepted, Deferred
from broker.ports import Broker
from broker.store import Store
from tests.broker.departments import LIBRARIES
from tests.broker.replays import offered, somebody
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, published, standings
from tests.broker.worlds import BEN, Clock, make_broker

BUSY = Deferred(reason="http-503")
MANY = 500


@pytest.fixture
def broker(store: Store, clock: Clock) -> Broker:
    return replace(make_broker(store, clock=clock), retry_waits=(), park_waits=(60.0,))


async def take_all(broker: Broker, told: Sequence[Delivery]) -> list[str]:
    """Whatever is offered is taken until all of these are; in which order they were."""
    by_id, order = {one.id: one for one in told}, list[str]()
    while len(order) < len(told):
        now = [one for one in offered(broker) if one in by_id]
        assert now, "nothing is offered any more"
        for each in now:
            await answer(broker, claim(broker, by_id[each]), Accepted(receipt="R"))
        order += now
    return order


async def test_what_comes_while_the_parked_one_before_it_is_tried_again_goes_after_it(
    broker: Broker, clock: Clock
) -> None:
    told, second = a_delivery(1), a_delivery(2)
    open_all(broker, told)
    assert await answer(broker, claim(broker, told), BUSY) == "parked"
    clock.at = ledger_row(broker, told).due_at
    await sweeper.sweep(broker)
    again = claim(broker, told)
    open_all(broker, second)
    assert claim(broker, second) is None
    assert standings(broker, told, second) == ["sending", "waiting"]
    assert len(published(broker.store)) == 1, "by no other way either"
    assert await answer(broker, again, Accepted(receipt="R")) == "settled"
    assert claim(broker, second) is not None


async def test_a_head_that_is_bad_for_ever_is_one_failure_and_without_it_all_behind_it_go_in_order(
    sqlite_store: Store, clock: Clock
) -> None:
    broker = replace(make_broker(sqlite_store, clock=clock), retry_waits=(), park_waits=())
    head, behind = a_delivery(1), [a_delivery(n) for n in range(2, 2 + MANY)]
    open_all(broker, head, *behind)
    assert await answer(broker, claim(broker, head), BUSY) == "dead"
    (failure,) = sqlite_store.read_now(failures.listing)
    examined = sqlite_store.read_now(lambda tx: failures.show(tx, head.id))
    assert examined is not None
    assert (failure.id, examined.behind, offered(broker)) == (head.id, MANY, [])
    word = Word(delivery=head.id, said=Said.REFUSED, actor="olu", reason="they will not have it")
    sqlite_store.write_now(vouch(word, broker))
    assert await take_all(broker, behind) == [one.id for one in behind]
    assert sqlite_store.read_now(groups) == []


async def test_half_of_all_events_about_one_person_are_one_place_in_line_and_nobody_else_waits_for_them(
    broker: Broker, clock: Clock
) -> None:
    theirs = [a_delivery(2 * n, of=BEN) for n in range(1, 51)]
    others = [a_delivery(2 * n + 1, of=somebody(n)) for n in range(1, 51)]
    open_all(broker, *[one for both in zip(theirs, others, strict=True) for one in both])
    assert [key for _, key in published(broker.store)].count(BEN.id) == 1, "of theirs the topic holds the first alone"
    slow = claim(broker, theirs[0])
    assert sorted(await take_all(broker, others)) == sorted(one.id for one in others)
    (libraries,) = [
        one
        for one in broker.store.read_now(lambda tx: departments_at_a_glance(tx, clock.at, broker.adapters))
        if one.department == LIBRARIES
    ]
    assert libraries.backlog == len(theirs)
    await answer(broker, slow, Accepted(receipt="R"))
    assert await take_all(broker, theirs[1:]) == [one.id for one in theirs[1:]]
