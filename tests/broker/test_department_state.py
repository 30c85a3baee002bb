"""Holding what goes to a department, and letting it go on: by an operator's word, and by its calendar."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from broker import department_state, lanes, sweeper, tables
from broker.adapter import Adapter
from broker.books import findings
from broker.breaker import Position
from broker.department_state import NO_END, Pause, State
from broker.glance import Condition, departments_at_a_glance
from broker.outcome import Accepted, Deferred
from broker.ports import Broker
from broker.standing import URGENT
from broker.store import Store
from broker.windows import Planned
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, published, standings
from tests.broker.worlds import ADA, BEN, REPUBLISH, START, Clock, rows


def pause(broker: Broker, department: str, until: datetime | None = None) -> None:
    wanted = Pause(actor="operator:olu", reason="planned work", until=until)
    broker.store.write_now(lambda tx: department_state.pause(tx, department, wanted, broker.now()))


def resume(broker: Broker, department: str) -> State:
    return broker.store.write_now(
        lambda tx: department_state.resume(tx, department, "operator:olu", "it is done", broker.now())
    )


def state(broker: Broker, department: str) -> State:
    return broker.store.read_now(lambda tx: department_state.state_of(tx, department))


@pytest.mark.parametrize("department", [LIBRARIES, PARKING, ALLOTMENTS])
async def test_nothing_is_offered_to_a_paused_department_until_it_is_resumed(
    broker: Broker, clock: Clock, department: str
) -> None:
    pause(broker, department)
    first, second, ada_s = (a_delivery(n, of=who, department=department) for n, who in ((1, BEN), (2, BEN), (3, ADA)))
    open_all(broker, first, second, ada_s)
    for _ in range(5):
        clock.pass_by(3600)
        await sweeper.sweep(broker)
    assert standings(broker, first, second, ada_s) == ["waiting"] * 3
    assert published(broker.store) == []
    look = partial(findings, adapters=broker.adapters, now=clock.at, republish_after=REPUBLISH)
    assert {found.what for found in broker.store.read_now(look)} == {"event-missing"}, "nothing is lost: it waits"
    resume(broker, department)
    await sweeper.sweep(broker)
    offered = "waiting" if department == LIBRARIES else "handed_over"
    assert standings(broker, first, second, ada_s) == [offered, "waiting", offered]
    assert [ledger_row(broker, one).released for one in (first, second, ada_s)] == [True, False, True]
    said = [(row.actor, row.what, row.about) for row in rows(broker.store, tables.audit)]
    assert said == [
        ("operator:olu", "department.paused", department),
        ("operator:olu", "department.resumed", department),
    ]


async def test_a_pause_with_an_end_ends_by_itself_and_others_are_told_meanwhile(broker: Broker, clock: Clock) -> None:
    pause(broker, LIBRARIES, START + timedelta(hours=2))
    told, elsewhere = a_delivery(1), a_delivery(1, department=PARKING)
    open_all(broker, told, elsewhere)
    assert standings(broker, told, elsewhere) == ["waiting", "handed_over"]
    clock.pass_by(7199)
    await sweeper.keep_departments(broker)
    await sweeper.sweep(broker)
    assert claim(broker, told) is None
    clock.pass_by(2)
    await sweeper.keep_departments(broker)
    await sweeper.sweep(broker)
    assert claim(broker, told) is not None
    assert state(broker, LIBRARIES) == State(department=LIBRARIES, last_success_at=None)


def test_a_pause_without_an_end_outlives_every_process(broker: Broker, store: Store) -> None:
    pause(broker, LIBRARIES)
    again = Store(store.url)
    found = again.read_now(lambda tx: department_state.state_of(tx, LIBRARIES))
    again.close()
    assert found.paused_until == found.held_until == NO_END
    assert (found.paused_by, found.pause_reason) == ("operator:olu", "planned work")


async def test_what_is_due_while_its_department_is_paused_stands_by_and_is_not_counted(
    broker: Broker, clock: Clock
) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    await answer(broker, claim(broker, told), Deferred(reason="busy"))
    pause(broker, LIBRARIES)
    sent = len(published(broker.store))
    for _ in range(50):
        clock.pass_by(600)
        await sweeper.sweep(broker)
    assert (ledger_row(broker, told).attempts, len(published(broker.store))) == (1, sent)
    resume(broker, LIBRARIES)
    await sweeper.sweep(broker)
    assert claim(broker, told) is not None


async def test_what_lay_on_the_topic_when_the_pause_began_is_not_laid_there_again(broker: Broker, clock: Clock) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    pause(broker, LIBRARIES)
    for _ in range(30):
        clock.pass_by(600)
        await sweeper.sweep(broker)
    assert len(published(broker.store)) == 1


async def test_a_closing_window_holds_and_releases(broker: Broker, clock: Clock) -> None:
    work = Planned(begins=START + timedelta(hours=1), ends=START + timedelta(hours=3), reason="planned-work")
    broker = replace(broker, windows={LIBRARIES: (work,), PARKING: (work,)})
    clock.pass_by(3600)
    await sweeper.keep_departments(broker)
    written = state(broker, LIBRARIES)
    assert (written.closed_until, written.closed_reason, written.held_until) == (work.ends, "planned-work", work.ends)
    told, collected = a_delivery(1), a_delivery(1, department=PARKING)
    open_all(broker, told, collected)
    assert [row.due_at for row in (ledger_row(broker, told), ledger_row(broker, collected))] == [work.ends] * 2
    clock.pass_by(2 * 3600)
    await sweeper.keep_departments(broker)
    await sweeper.sweep(broker)
    assert standings(broker, collected) == ["handed_over"]
    assert claim(broker, told) is not None
    assert state(broker, LIBRARIES).closed_until is None


async def test_a_pause_that_outlasts_a_window_goes_on(broker: Broker, clock: Clock) -> None:
    work = Planned(begins=START, ends=START + timedelta(hours=1), reason="planned-work")
    broker = replace(broker, windows={LIBRARIES: (work,)})
    await sweeper.keep_departments(broker)
    pause(broker, LIBRARIES, START + timedelta(hours=5))
    told = a_delivery(1)
    open_all(broker, told)
    clock.pass_by(2 * 3600)
    await sweeper.keep_departments(broker)
    await sweeper.sweep(broker)
    assert claim(broker, told) is None
    assert state(broker, LIBRARIES).held_until == START + timedelta(hours=5)


async def test_what_undoes_a_death_goes_past_a_pause_and_before_all_others(broker: Broker) -> None:
    first, second = a_delivery(1), a_delivery(2)
    open_all(broker, first, second)
    pause(broker, LIBRARIES)
    urgent = replace(a_delivery(3), jump=URGENT)
    open_all(broker, urgent)
    assert broker.store.read_now(lambda tx: list(lanes.straight_to(tx, LIBRARIES, 9))) == [(urgent.id, URGENT)]
    assert claim(broker, first) is None, "what lay on the topic steps back: one at a time"
    assert await answer(broker, claim(broker, urgent), Accepted(receipt="R")) == "settled"
    resume(broker, LIBRARIES)
    await sweeper.sweep(broker)
    assert claim(broker, first) is not None


async def test_what_undoes_a_death_waits_for_a_request_that_is_on_its_way(broker: Broker) -> None:
    first, second = a_delivery(1), a_delivery(2)
    open_all(broker, first, second)
    mine = claim(broker, first)
    urgent = replace(a_delivery(3), jump=URGENT)
    open_all(broker, urgent)
    assert claim(broker, urgent) is None
    await answer(broker, mine, Accepted(receipt="R"))
    assert claim(broker, second) is None
    assert claim(broker, urgent) is not None


def test_a_glance_says_in_a_word_how_each_department_does(broker: Broker, clock: Clock) -> None:
    open_all(broker, a_delivery(1), a_delivery(2), a_delivery(3, of=ADA))
    pause(broker, PARKING, START + timedelta(hours=1))
    broker.store.write_now(
        lambda tx: department_state.change(
            tx,
            LIBRARIES,
            breaker=Position.OPEN.value,
            breaker_since=START,
            breaker_reason="http-500",
            next_probe_at=START + timedelta(seconds=5),
        )
    )

    def glances(adapters: tuple[Adapter, ...] = tuple(broker.adapters)) -> dict[str, tuple[Condition, int]]:
        found = broker.store.read_now(lambda tx: departments_at_a_glance(tx, clock.at, adapters))
        return {one.department: (one.condition, one.backlog) for one in found}

    assert glances() == {
        ALLOTMENTS: (Condition.OPEN, 0),
        LIBRARIES: (Condition.AWAY, 3),
        PARKING: (Condition.PAUSED, 0),
    }
    (libraries,) = [
        one
        for one in broker.store.read_now(lambda tx: departments_at_a_glance(tx, clock.at, broker.adapters))
        if one.department == LIBRARIES
    ]
    assert (libraries.since, libraries.reason, libraries.oldest) == (START, "http-500", START)
    assert libraries.next_probe_at == START + timedelta(seconds=5)
    clock.pass_by(3601)
    assert glances()[PARKING] == (Condition.OPEN, 0)


async def test_while_its_breaker_is_open_retries_wait_for_the_next_probe(broker: Broker, clock: Clock) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    await answer(broker, claim(broker, told), Deferred(reason="not-reached"))
    probe = START + timedelta(seconds=50)
    said = {"breaker": "open", "next_probe_at": probe}
    broker.store.write_now(lambda tx: department_state.change(tx, LIBRARIES, **said))
    clock.pass_by(10)
    await sweeper.sweep(broker)
    assert (standings(broker, told), ledger_row(broker, told).due_at) == (["retrying"], probe)
    clock.at = probe
    await sweeper.sweep(broker)
    assert claim(broker, told) is not None
