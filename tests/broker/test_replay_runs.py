"""A replay is planned, agreed to by two, tried on one, and goes on only while it works."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from broker import ledger
from broker.adapter import CrashMode
from broker.failures.groups import groups
from broker.outcome import Accepted, Deferred, Refused
from broker.ports import Broker
from broker.replays import orders as replay_orders
from broker.replays import runs as replay_runs
from broker.replays.driving import Driver
from broker.replays.orders import RefusedOrder
from broker.replays.plan import Limits
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import Order
from broker.replays.runs import ItemState, RunState
from broker.replays.tables import replay_item, replay_run
from broker.tables import audit, delivery, outbox
from tests.broker.departments import LIBRARIES, ScriptedCarrier, libraries
from tests.broker.replays import (
    OLU,
    ORDER,
    PRIYA,
    approve,
    begin,
    drive,
    fail_many,
    offered,
    plan_all,
    run_of,
    serve,
    somebody,
    states,
)
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import Clock, make_broker, rows


async def test_a_cause_of_many_is_replayed_one_then_ten_then_a_tenth_then_the_rest(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail_many(broker, carrier, 60)
    (group,) = broker.store.read_now(lambda tx: groups(tx, now=broker.now()))
    assert (group.count, group.persons, group.last_hour, group.hour_before) == (60, 60, 60, 0)
    plan = await plan_all(broker)
    assert (plan.goes_on, plan.persons, plan.skipped, plan.stages) == (60, 60, (), (1, 10, 6, 43))
    waiting = begin(broker, plan)
    assert waiting.state is RunState.APPROVAL
    await Driver(broker).look()
    assert offered(broker) == [], "nothing goes before a second person has agreed"

    going, driver, went = approve(broker, waiting), Driver(broker), []
    while run_of(broker, going).state is RunState.RUNNING:
        await driver.look()
        went.append((run_of(broker, going).stage, await serve(broker, carrier, offered(broker))))
    by_stage = [sum(sent for stage, sent in went if stage == wanted) for wanted in (1, 2, 3, 4)]
    assert by_stage == [1, 10, 6, 43]
    assert max(sent for _, sent in went) <= broker.replays.at_once(LIBRARIES)
    done = run_of(broker, going)
    assert (done.state, done.delivered, done.failed, done.planned) == (RunState.DONE, 60, 0, 0)
    assert sorted(carrier.keys[60:]) == sorted(failed), "each went once, under the id it had"
    assert broker.store.read_now(groups) == []


async def test_a_run_stops_by_itself_at_the_canary_and_an_operator_may_go_on(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    await fail_many(broker, carrier, 30)
    going = begin(broker, await plan_all(broker))
    assert going.state is RunState.RUNNING, "thirty are one person's own to replay"
    stopped = await drive(broker, carrier, going, Refused(reason="tenure-code-unknown"))
    assert (stopped.state, stopped.failed, stopped.planned) == (RunState.STOPPED, 1, 29)
    assert stopped.because is not None
    assert "1 of 1" in stopped.because
    await Driver(broker).look()
    assert offered(broker) == []
    broker.store.write_now(replay_orders.resume(going.id, OLU, broker.now()))
    done = await drive(broker, carrier, going)
    assert (done.state, done.delivered, done.failed) == (RunState.DONE, 29, 1)


async def test_one_bad_letter_among_many_does_not_stop_the_rest(broker: Broker, carrier: ScriptedCarrier) -> None:
    await fail_many(broker, carrier, 40)
    going = begin(broker, await plan_all(broker))
    driver = Driver(broker)
    await driver.look()
    await serve(broker, carrier, offered(broker))
    await driver.look()
    await driver.look()
    bad = offered(broker)[3]
    await serve(broker, carrier, [bad], Refused(reason="no-such-card"))
    done = await drive(broker, carrier, going, driver=driver)
    assert (done.state, done.delivered, done.failed) == (RunState.DONE, 39, 1)
    (item,) = broker.store.read_now(lambda tx: replay_runs.items(tx, going.id, state=ItemState.FAILED))
    assert (item.failure, item.because) == (bad, "no-such-card")


async def test_what_cannot_be_taken_for_long_counts_as_failed(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    await fail_many(broker, carrier, 20)
    going = begin(broker, await plan_all(broker))
    driver = Driver(broker)
    await driver.look()
    for _ in range(8):
        await serve(broker, carrier, offered(broker), Deferred(reason="http-503"))
        await driver.look()
        if run_of(broker, going).state is not RunState.RUNNING:
            break
        clock.pass_by(12)
        await broker.store.write(lambda tx: ledger.offer_due(tx, clock(), broker.timing))
    assert run_of(broker, going).state is RunState.STOPPED
    (item,) = broker.store.read_now(lambda tx: replay_runs.items(tx, going.id, state=ItemState.FAILED))
    assert item.because is not None
    assert "http-503" in item.because


async def test_new_failures_of_the_cause_are_not_part_of_a_plan(broker: Broker, carrier: ScriptedCarrier) -> None:
    await fail_many(broker, carrier, 5)
    plan = await plan_all(broker)
    later = a_delivery(900, of=somebody(900))
    open_all(broker, later)
    await serve(broker, carrier, [later.id], Refused(reason="tenure-code-unknown"))
    done = await drive(broker, carrier, begin(broker, plan))
    assert done.delivered == 5
    (left,) = broker.store.read_now(groups)
    assert left.count == 1
    assert rows(broker.store, delivery, delivery.c.id == later.id)[0].outcome == "refused"


async def test_a_plan_whose_selection_is_not_what_was_looked_at_is_refused(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    await fail_many(broker, carrier, 3)
    plan = await plan_all(broker)
    with pytest.raises(RefusedOrder) as other:
        begin(broker, plan, digest="0" * 64)
    assert other.value.code == "digest_differs"
    broker.store.write_now(
        lambda tx: tx.execute(update(replay_item).where(replay_item.c.n == 0).values(failure_id="another")).rowcount
    )
    with pytest.raises(RefusedOrder) as changed:
        begin(broker, plan)
    assert changed.value.code == "digest_differs"
    assert rows(broker.store, replay_run) == []


async def test_a_plan_runs_once_however_often_it_is_begun(broker: Broker, carrier: ScriptedCarrier) -> None:
    await fail_many(broker, carrier, 3)
    plan = await plan_all(broker)
    first, second = begin(broker, plan), begin(broker, plan, PRIYA)
    assert first.id == second.id
    await drive(broker, carrier, first)
    assert begin(broker, plan).state is RunState.DONE
    assert len(carrier.keys) == 6, "three refused, three replayed, and no more"


async def test_a_second_plan_says_which_run_has_the_failures_already(broker: Broker, carrier: ScriptedCarrier) -> None:
    await fail_many(broker, carrier, 4)
    going = begin(broker, await plan_all(broker))
    second = await plan_all(broker)
    assert second.goes_on == 0
    assert [(each.because, each.count) for each in second.skipped] == [(f"run {going.id} has it", 4)]
    with pytest.raises(RefusedOrder) as refused:
        begin(broker, second)
    assert refused.value.code == "nothing_to_replay"


async def test_a_second_person_is_somebody_else_and_agrees_once_to_one_selection(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    await fail_many(broker, carrier, 51)
    plan = await plan_all(broker)
    assert plan.second_person
    waiting = begin(broker, plan, PRIYA)
    for who, digest, code in (
        (OLU, plan.digest, "same_person"),
        (PRIYA, plan.digest, "same_person"),
        (replay_orders.Door(actor="sam"), "0" * 64, "digest_differs"),
    ):
        with pytest.raises(RefusedOrder) as refused:
            approve(broker, waiting, who, digest)
        assert refused.value.code == code
    assert run_of(broker, waiting).state is RunState.APPROVAL
    approve(broker, waiting, replay_orders.Door(actor="sam"))
    with pytest.raises(RefusedOrder) as again:
        approve(broker, waiting, replay_orders.Door(actor="ada"))
    assert again.value.code == "not_waiting"
    noted = [(row.actor, row.what) for row in rows(broker.store, audit) if row.what.startswith("replay.")]
    assert noted == [("olu", "replay.planned"), ("priya", "replay.begun"), ("sam", "replay.approved")]


async def test_a_run_to_which_nobody_agrees_in_a_day_is_cancelled_by_itself_and_holds_nothing(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    await fail_many(broker, carrier, 60)
    plan = await plan_all(broker)
    waiting = begin(broker, plan)
    (held,) = (await plan_all(broker)).skipped
    assert held.because == f"run {waiting.id} has it and waits for a second person"
    clock.pass_by(86_400)
    await Driver(broker).look()
    assert run_of(broker, waiting).state is RunState.APPROVAL, "its plan is good until now"
    clock.pass_by(1)
    with pytest.raises(RefusedOrder, match="plan it anew with tuo failures plan") as late:
        approve(broker, waiting)
    assert late.value.code == "plan_too_old", "also where nobody has looked at it yet"
    await Driver(broker).look()
    over = run_of(broker, waiting)
    assert (over.state, over.skipped, over.ended_at) == (RunState.CANCELLED, 60, clock())
    assert over.because == "nobody agreed to it within a day of its plan: 0 had been sent and stay so, 60 were left"
    (written,) = rows(broker.store, audit, audit.c.what == "replay.cancelled")
    assert (written.actor, written.about) == ("broker", waiting.id)
    with pytest.raises(RefusedOrder, match="nobody agreed to it within a day") as over_now:
        approve(broker, waiting)
    assert over_now.value.code == "not_waiting"
    assert (await plan_all(broker)).goes_on == 60


async def test_a_run_that_waits_for_a_word_is_named_before_those_that_ended_since(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    one, other = await fail_many(broker, carrier, 2)
    stopped = begin(broker, await plan_all(broker, ids=(one,)))
    await drive(broker, carrier, stopped, Refused(reason="no-such-card"))
    clock.pass_by(60)
    later = begin(broker, await plan_all(broker, ids=(other,)))
    await drive(broker, carrier, later)
    listed = broker.store.read_now(lambda tx: replay_runs.runs(tx, most=1))
    assert [(each.id, each.state) for each in listed] == [(stopped.id, RunState.STOPPED)]


async def test_a_department_that_cannot_tell_a_repeat_needs_a_second_person_for_one_failure(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    held = make_broker(broker.store, clock=clock, adapters=[libraries(CrashMode.HOLD)], carriers=broker.carriers)
    (failed,) = await fail_many(held, carrier, 1)
    plan = await plan_all(held)
    assert plan.second_person == ("libraries cannot tell a repeat from a new letter",)
    with pytest.raises(RefusedOrder) as refused:
        await replay_orders.replay_few([failed], ORDER, held)
    assert refused.value.code == "needs_second_person"
    assert offered(held) == []


async def test_many_small_replays_are_one_large_one(broker: Broker, carrier: ScriptedCarrier, clock: Clock) -> None:
    failed = await fail_many(broker, carrier, 60)
    report = await replay_orders.replay_few(failed[:40], ORDER, broker)
    assert len(report.replayed) == 40
    with pytest.raises(RefusedOrder) as refused:
        await replay_orders.replay_few(failed[40:], ORDER, broker)
    assert refused.value.code == "needs_second_person"
    rest = await plan_all(broker)
    assert (rest.goes_on, bool(rest.second_person)) == (20, True)
    clock.pass_by(3601)
    assert len((await replay_orders.replay_few(failed[40:], ORDER, broker)).replayed) == 20


async def test_a_few_that_are_replayed_at_once_are_a_run_with_results_too(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail_many(broker, carrier, 3)
    await replay_orders.replay_few([*failed, "no-such-id"], ORDER, broker)
    await serve(broker, carrier, failed[:2])
    await serve(broker, carrier, failed[2:], Refused(reason="no-such-card"))
    (going,) = broker.store.read_now(replay_runs.runs)
    done = await drive(broker, carrier, going)
    assert (done.state, done.delivered, done.failed, done.skipped) == (RunState.DONE, 2, 1, 1)


async def test_pause_resume_and_cancel_say_what_already_went(broker: Broker, carrier: ScriptedCarrier) -> None:
    failed = await fail_many(broker, carrier, 30)
    going = begin(broker, await plan_all(broker))
    driver = Driver(broker)
    await driver.look()
    paused = broker.store.write_now(replay_orders.pause(going.id, PRIYA, broker.now()))
    assert (paused.state, paused.because) == (RunState.PAUSED, PRIYA.reason)
    await serve(broker, carrier, offered(broker))
    await driver.look()
    assert (run_of(broker, going).delivered, offered(broker)) == (1, []), "what was away is heard, nothing more goes"
    broker.store.write_now(replay_orders.resume(going.id, PRIYA, broker.now()))
    await driver.look()
    await driver.look()
    assert len(offered(broker)) == 10
    cancelled = broker.store.write_now(replay_orders.cancel(going.id, OLU, broker.now()))
    assert (cancelled.state, cancelled.went, cancelled.skipped) == (RunState.CANCELLED, 11, 19)
    assert cancelled.because == "cancelled: 11 had been sent and stay so, 19 were left"
    await serve(broker, carrier, offered(broker))
    await driver.look()
    assert run_of(broker, going).delivered == 11
    (left,) = broker.store.read_now(groups)
    assert left.count == 19, "what did not go is where it was"
    with pytest.raises(RefusedOrder):
        broker.store.write_now(replay_orders.resume(going.id, OLU, broker.now()))
    assert len(carrier.keys) == len(failed) + 11


async def test_a_sequence_goes_head_first_and_ends_where_its_head_fails_again(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    hers = [a_delivery(n, of=somebody(1)) for n in (1, 2, 3)]
    his = [a_delivery(n, of=somebody(2)) for n in (11, 12)]
    for one in (*hers, *his):
        clock.pass_by(1)
        open_all(broker, one)
        await serve(broker, carrier, [one.id], Refused(reason="no-such-card"))
    plan = await make_plan(
        Selection(ids=tuple(one.id for one in (*reversed(hers), *his))),
        Order(actor="olu", reason="again", force=True),
        broker,
    )
    assert (plan.goes_on, plan.persons, plan.stages) == (5, 2, (1, 1))
    going, driver = begin(broker, plan), Driver(broker)
    order: list[str] = []
    for n in range(8):
        for _ in range(3):  # nothing more of a sequence goes while one of it is away
            await driver.look()
        for going_now in offered(broker):
            order.append(going_now)
            await serve(broker, carrier, [going_now], Refused(reason="still") if going_now == his[0].id else None)
        if n == 5 and run_of(broker, going).state is RunState.STOPPED:
            broker.store.write_now(replay_orders.resume(going.id, OLU, broker.now()))
    assert order == [hers[0].id, hers[1].id, hers[2].id, his[0].id]
    assert states(broker, going)[-2:] == [ItemState.FAILED, ItemState.SKIPPED]


async def test_a_later_driver_takes_a_run_over_and_sends_nothing_twice(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    failed = await fail_many(broker, carrier, 40)
    going = begin(broker, await plan_all(broker))
    other = make_broker(
        broker.store, clock=clock, adapters=broker.adapters, carriers=broker.carriers, worker="worker-2"
    )
    first, second = Driver(broker), Driver(other)
    await first.look()
    await second.look()
    assert len(offered(broker)) == 1
    await serve(broker, carrier, offered(broker))
    await second.look()
    assert run_of(broker, going).delivered == 0, "the first still has it"
    clock.pass_by(11)
    done = await drive(other, carrier, going, driver=second)
    assert (done.state, done.delivered) == (RunState.DONE, 40)
    assert sorted(carrier.keys[40:]) == sorted(failed)


async def test_a_replay_keeps_to_its_share_of_the_department_s_rate(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    await fail_many(broker, carrier, 40)
    slow = Limits(rates={LIBRARIES: 10.0})
    broker = replace(broker, replays=slow)
    plan = await plan_all(broker)
    assert plan.seconds == 20.0
    going, driver, sent = begin(broker, plan), Driver(broker), 0
    for _ in range(8):
        await driver.look()
        sent += await serve(broker, carrier, offered(broker))
        clock.pass_by(0.25)
    assert 3 <= sent <= 5, "two a second, a fifth of ten"
    assert run_of(broker, going).state is RunState.RUNNING


async def test_what_was_answered_or_overtaken_since_the_plan_is_skipped_with_the_reason(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    first, second = await fail_many(broker, carrier, 2)
    plan = await plan_all(broker)
    await replay_orders.replay_few([first], ORDER, broker)
    await serve(broker, carrier, [first])
    open_all(broker, a_delivery(500, of=somebody(1)))
    done = await drive(broker, carrier, begin(broker, plan))
    because = [one.because for one in broker.store.read_now(lambda tx: replay_runs.items(tx, done.id))]
    assert (done.state, done.skipped) == (RunState.DONE, 2)
    assert because[0] == "it has been answered since"
    assert "later event" in str(because[1])
    assert second not in carrier.keys[2:]


async def test_what_a_run_publishes_carries_no_more_than_any_delivery(broker: Broker, carrier: ScriptedCarrier) -> None:
    await fail_many(broker, carrier, 2)
    before = len(rows(broker.store, outbox))
    await drive(broker, carrier, begin(broker, await plan_all(broker)), Accepted(receipt="R-1"))
    topics = [row.topic for row in rows(broker.store, outbox)][before:]
    assert topics.count("departments.libraries") == 2
