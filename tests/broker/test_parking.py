"""What becomes of a person's deliveries behind one that cannot be taken, and how many may wait."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker import acknowledging, department_state, ledger, parking, sweeper, tables
from broker.adapter import Behind, CrashMode
from broker.decision import Delivery
from broker.delivering import Attempted
from broker.ledger import Timing
from broker.outcome import Accepted, Deferred, Heard, Unheard
from broker.permits import Permits
from broker.ports import Broker
from broker.store import Store
from tests.broker.departments import LIBRARIES, PARKING, libraries
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, published, settle, standings
from tests.broker.worlds import ADA, BEN, LEASE, REPUBLISH, WAITS, Clock, make_broker, person, rows

PARKS = (60.0, 300.0)
CY = person(3, "Cy", "Testwell", "1980-01-01", "QQ111111A", BEN.addresses[0])
BUSY = Deferred(reason="http-503")


@pytest.fixture
def broker(store: Store, clock: Clock) -> Broker:
    return replace(make_broker(store, clock=clock), retry_waits=(0.5, 2.0), park_waits=PARKS)


async def try_once(broker: Broker, clock: Clock, of: Delivery, heard: Heard = BUSY) -> str:
    """The next attempt, when its hour has come."""
    due = ledger_row(broker, of).due_at
    clock.at = max(clock.at, due)
    await sweeper.sweep(broker)
    return await answer(broker, claim(broker, of), heard)


async def test_quick_tries_then_parked_then_a_person(broker: Broker, clock: Clock) -> None:
    told, behind = a_delivery(1), a_delivery(2)
    open_all(broker, told, behind)
    began = clock.at
    stood = [await try_once(broker, clock, told) for _ in range(5)]
    assert stood == ["retrying", "retrying", "parked", "parked", "dead"]
    row = ledger_row(broker, told)
    assert (row.attempts, row.reason, row.due_at) == (5, "http-503", None)
    assert 0.8 * 362 <= (clock.at - began).total_seconds() <= 1.2 * 362 + 62
    assert standings(broker, behind) == ["waiting"]
    assert claim(broker, behind) is None


async def test_only_the_head_of_a_parked_sequence_is_tried_and_the_rest_follows_at_once(
    broker: Broker, clock: Clock
) -> None:
    told, second, third = a_delivery(1), a_delivery(2), a_delivery(3)
    open_all(broker, told, second, third)
    for _ in range(3):
        await try_once(broker, clock, told)
    sent = len(published(broker.store))
    assert await try_once(broker, clock, told, Accepted(receipt="R")) == "settled"
    assert ledger_row(broker, told).jump == 1, "its retry goes straight to the engine, not behind others on the topic"
    assert await answer(broker, claim(broker, second), Accepted(receipt="R")) == "settled"
    assert await answer(broker, claim(broker, third), Accepted(receipt="R")) == "settled"
    assert len(published(broker.store)) == sent + 3 + 2  # three outcomes, and the two that follow on the topic


async def test_those_who_fail_together_are_not_parked_but_for_one_and_are_not_given_up(
    broker: Broker, clock: Clock
) -> None:
    together = [a_delivery(n, of=somebody) for n, somebody in enumerate((ADA, BEN, CY), 1)]
    permits = broker.permits[LIBRARIES] = Permits(lambda: 0.0)
    open_all(broker, *together)
    _, held, later = together
    for seconds in (0, 1, 3):
        clock.pass_by(seconds)
        await sweeper.sweep(broker)
        for one in together:
            await answer(broker, claim(broker, one), BUSY)
    assert standings(broker, *together) == ["parked", "retrying", "retrying"]
    assert [await try_once(broker, clock, held) for _ in range(8)] == ["retrying"] * 8
    row = ledger_row(broker, held)
    assert (row.attempts, row.jump, row.reason) == (11, 1, "http-503")
    assert broker.store.read_now(lambda tx: ledger.tries(tx, row)) == 2, "as many as before it was held back"
    assert timedelta(minutes=59) < row.due_at - clock.at <= timedelta(hours=1), "it doubles, up to an hour"
    for _ in range(5):
        permits.earn()
        permits.earn()
    assert await try_once(broker, clock, later) == "parked", "others are taken, so the fault is its own"


async def test_a_fact_by_itself_lets_later_ones_pass(broker: Broker, clock: Clock) -> None:
    told, later, latest = replace(a_delivery(1), behind=Behind.SKIP), a_delivery(2), a_delivery(3)
    open_all(broker, told, later)
    for _ in range(2):
        await try_once(broker, clock, told)
    assert claim(broker, later) is None, "a few seconds it waits for everything"
    await try_once(broker, clock, told)
    assert standings(broker, told) == ["parked"]
    clock.pass_by(100)
    await sweeper.sweep(broker)
    assert claim(broker, told) is None, "one of a lane at a time"
    assert await answer(broker, claim(broker, later), Accepted(receipt="R")) == "settled"
    for _ in range(2):
        await try_once(broker, clock, told)
    open_all(broker, latest)
    assert standings(broker, told) == ["dead"]
    assert await answer(broker, claim(broker, latest), Accepted(receipt="R")) == "settled"


async def test_a_later_one_of_its_kind_takes_the_place_of_a_stuck_one(broker: Broker, clock: Clock) -> None:
    told = replace(a_delivery(1), behind=Behind.SUPERSEDE)
    open_all(broker, told)
    for _ in range(3):
        await try_once(broker, clock, told)
    other_kind = replace(a_delivery(2), kind="name_change")
    open_all(broker, other_kind)
    assert standings(broker, told) == ["parked"], "another kind replaces nothing"
    later = a_delivery(3)
    open_all(broker, later)
    row = ledger_row(broker, told)
    assert (row.standing, row.reason, row.due_at) == ("cancelled", "superseded", None)
    assert "a later one of its kind" in [one.said for one in rows(broker.store, tables.step)][-1]
    assert claim(broker, other_kind) is not None
    assert claim(broker, told) is None
    assert "delivery.cancelled" in [one.what for one in rows(broker.store, tables.audit)]


async def test_one_that_waits_already_takes_the_place_as_soon_as_the_first_is_stuck(
    broker: Broker, clock: Clock
) -> None:
    told, later = replace(a_delivery(1), behind=Behind.SUPERSEDE), a_delivery(2)
    open_all(broker, told, later)
    stood = [await try_once(broker, clock, told) for _ in range(3)]
    assert (stood[-1], standings(broker, told)) == ("parked", ["cancelled"])
    assert claim(broker, later) is not None


async def test_when_as_many_persons_are_parked_as_may_be_the_department_is_full_and_nobody_is_dropped(
    store: Store, clock: Clock
) -> None:
    timing = Timing(republish_after=REPUBLISH, lease=LEASE, most_parked=2)
    broker = replace(make_broker(store, clock=clock), retry_waits=(), park_waits=PARKS, timing=timing)
    told = [a_delivery(n, of=one) for n, one in enumerate((BEN, ADA, CY), start=1)]
    open_all(broker, *told)
    stood = [await answer(broker, claim(broker, one), BUSY) for one in told]
    assert stood == ["parked", "parked", "retrying"]
    state = store.read_now(lambda tx: department_state.state_of(tx, LIBRARIES))
    assert (state.full_since, state.full_reason) == (clock.at, parking.TOO_MANY_PERSONS)
    await sweeper.keep_departments(broker)
    assert store.read_now(parking.any_full)
    for one in told[:2]:
        await try_once(broker, clock, one, Accepted(receipt="R"))
    await sweeper.keep_departments(broker)
    assert not store.read_now(parking.any_full)


async def test_too_many_behind_one_stuck_person_make_their_department_full(store: Store, clock: Clock) -> None:
    timing = Timing(republish_after=REPUBLISH, lease=LEASE, most_behind=3)
    broker = replace(make_broker(store, clock=clock), retry_waits=(), park_waits=PARKS, timing=timing)
    head = a_delivery(1)
    open_all(broker, head)
    await try_once(broker, clock, head)
    open_all(broker, *[a_delivery(n) for n in (2, 3)])
    assert not store.read_now(parking.any_full)
    open_all(broker, a_delivery(4))
    state = store.read_now(lambda tx: department_state.state_of(tx, LIBRARIES))
    assert state.full_reason == parking.TOO_MANY_BEHIND
    assert standings(broker, a_delivery(4)) == ["waiting"]


async def test_our_own_fault_puts_one_delivery_aside_and_it_is_tried_again(broker: Broker, clock: Clock) -> None:
    told, never_claimed = a_delivery(1), a_delivery(2, of=ADA)
    open_all(broker, told, never_claimed)
    claim(broker, told)
    for one in (told, never_claimed):
        assert await acknowledging.park(one.id, acknowledging.INTERNAL_ERROR, broker) == "parked"
        row = ledger_row(broker, one)
        assert (row.reason, row.claimed_by, row.due_at) == ("internal-error", None, clock.at + timedelta(seconds=60))
    assert await acknowledging.park(a_delivery(9).id, "internal-error", broker) is None


async def test_what_may_have_arrived_when_our_code_failed_waits_for_a_person_where_it_must_not_come_twice(
    store: Store, clock: Clock
) -> None:
    broker = make_broker(store, clock=clock, adapters=(libraries(CrashMode.HOLD),))
    told = a_delivery(1)
    open_all(broker, told)
    claim(broker, told)
    assert await acknowledging.park(told.id, "internal-error", broker) == "unknown"


@pytest.mark.parametrize(("proved", "standing"), [(False, "unknown"), (True, "retrying")])
async def test_a_death_whose_fate_is_unknown_is_sent_again_only_where_it_was_shown_to_act_once(
    store: Store, clock: Clock, proved: bool, standing: str
) -> None:
    department = libraries(CrashMode.RESEND)
    department.deduplicates_deaths = proved
    broker = make_broker(store, clock=clock, adapters=(department,))
    died, moved = replace(a_delivery(1), kind="bereavement"), a_delivery(2, of=ADA)
    open_all(broker, died, moved)
    for one, wanted in ((died, standing), (moved, "retrying")):
        assert await answer(broker, claim(broker, one), Unheard(reason="no-answer-in-time")) == wanted


async def test_a_failure_of_a_department_that_is_ill_is_not_counted(broker: Broker, clock: Clock) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    for _ in range(20):
        mine = claim(broker, told)
        assert mine is not None
        put_back = Attempted(claim=mine, heard=Unheard(reason="http-500"), ended_at=clock.at, counts=False)
        assert await settle(put_back, broker) == "waiting"
    assert await answer(broker, claim(broker, told), BUSY) == "retrying", "the first that counts"
    assert [one.heard for one in rows(broker.store, tables.attempt)] == ["not-counted"] * 20 + ["deferred"]
    assert ledger_row(broker, told).due_at < clock.at + timedelta(seconds=1)


async def test_an_unknown_fate_is_held_even_while_the_department_is_ill(store: Store, clock: Clock) -> None:
    broker = make_broker(store, clock=clock, adapters=(libraries(CrashMode.HOLD),))
    told = a_delivery(1)
    open_all(broker, told)
    mine = claim(broker, told)
    assert mine is not None
    heard = Attempted(claim=mine, heard=Unheard(reason="http-500"), ended_at=clock.at, counts=False)
    assert await settle(heard, broker) == "unknown"


async def test_other_departments_do_not_notice_that_one_is_stuck(broker: Broker, clock: Clock) -> None:
    told, elsewhere = a_delivery(1), a_delivery(1, department=PARKING)
    open_all(broker, told, elsewhere)
    for _ in range(len(WAITS)):
        await try_once(broker, clock, told)
    assert standings(broker, told, elsewhere) == ["parked", "handed_over"]
