"""Replays that two operators want at once, and plans of more than ten thousand."""

from functools import partial

from sqlalchemy import Connection, insert, update

from broker.failures.groups import groups
from broker.ports import Broker
from broker.replays import runs as replay_runs
from broker.replays.runs import RunState
from broker.store import Store
from broker.tables import attempt, delivery
from tests.broker.departments import ScriptedCarrier
from tests.broker.replays import PRIYA, begin, drive, fail_many, plan_all
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import BEN, START, make_broker, person

VERY_MANY, PAGE = 10_050, 1000


async def test_two_operators_who_planned_the_same_before_either_began_send_each_failure_once(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail_many(broker, carrier, 12)
    hers, his = await plan_all(broker), await plan_all(broker)
    assert (hers.goes_on, his.goes_on) == (12, 12)
    runs = [begin(broker, hers), begin(broker, his, PRIYA)]
    done = [await drive(broker, carrier, each) for each in runs]
    assert {each.state for each in done} == {RunState.DONE}
    assert (sum(each.delivered for each in done), sum(each.skipped for each in done)) == (12, 12)
    assert sorted(carrier.keys[12:]) == sorted(failed)


async def test_a_plan_of_more_than_ten_thousand_that_failed_at_one_moment_holds_each_once(sqlite_store: Store) -> None:
    broker = make_broker(sqlite_store)
    told = [
        a_delivery(n, of=person(n, "Wren", "Testwell", "1980-01-01", "QQ111111A", BEN.addresses[0]))
        for n in range(1, VERY_MANY + 1)
    ]
    open_all(broker, *told)
    sqlite_store.write_now(_all_refused_at_the_third_attempt)
    (group,) = sqlite_store.read_now(lambda tx: groups(tx, now=broker.now()))
    assert (group.count, group.persons) == (VERY_MANY, VERY_MANY)
    plan = await plan_all(broker, compare=False)
    assert plan.goes_on == VERY_MANY
    seen: list[str] = []
    after = -1
    while page := sqlite_store.read_now(partial(replay_runs.items, plan_or_run=str(plan.id), after=after, most=PAGE)):
        seen += [one.failure for one in page]
        after += len(page)
    assert len(seen) == VERY_MANY
    assert set(seen) == {one.id for one in told}


def _all_refused_at_the_third_attempt(tx: Connection) -> None:
    refused = {"standing": "settled", "outcome": "refused", "reason": "closed", "attempts": 3, "settled_at": START}
    tx.execute(update(delivery).values(**refused, due_at=None))
    numbers = tx.execute(delivery.select().with_only_columns(delivery.c.number)).scalars().all()
    tx.execute(
        insert(attempt),
        [
            {"delivery_number": each, "n": n, "started_at": START, "ended_at": START, "heard": "deferred"}
            for each in numbers
            for n in (1, 2, 3)
        ],
    )
