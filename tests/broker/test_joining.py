"""Two people turn out to be one, or one to be two: what is open for them keeps its order at each department."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from broker import journey, ledger, notifications, sweeper
from broker.decision import Delivery
from broker.directory.life import Saying, merge, unmerge
from broker.directory.tables import resident
from broker.outcome import Accepted, Deferred, Refused, facts_of
from broker.person import Person
from broker.ports import Broker
from broker.replays.replaying import Order, replay
from broker.tables import delivery, event
from tests.broker.departments import LIBRARIES, PARKING
from tests.broker.steps import a_delivery, answer, claim, hear, ledger_row, open_all, standings
from tests.broker.worlds import ADA, ADA_AS_SUBJECT, BEN, Clock, move, rows, take_in, tell

TAKEN, BUSY = Accepted(receipt="R"), Deferred(reason="http-503")


@pytest.fixture(autouse=True)
def _both_in_the_directory(broker: Broker) -> None:
    know_both(broker)


def know_both(broker: Broker) -> None:
    for n, one in enumerate((ADA, BEN), 1):
        row = {"seq": n, "own": one.id, "person": one.id, "source_id": f"SMP-{n}", "record": b"{}", "composed": False}
        broker.store.write_now(lambda tx, row=row: tx.execute(insert(resident), row).rowcount)  # type: ignore[misc]


def saying(clock: Clock) -> Saying:
    return Saying(by="reviewer-1", because="Both hold the same number.", at=clock())


def are_one(broker: Broker, clock: Clock) -> None:
    assert broker.store.write_now(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))


def are_two(broker: Broker, clock: Clock) -> None:
    assert broker.store.write_now(lambda tx: unmerge(tx, BEN.id, saying(clock)))


def told_of(broker: Broker, seq: int, who: Person, department: str | None = None) -> Delivery:
    """The first leg has judged that this is about this person, and a department is told."""
    made = a_delivery(seq, of=who) if department is None else a_delivery(seq, of=who, department=department)
    at = broker.now()
    row = {"id": made.event_id, "seq": seq, "reference": f"TUO-{seq}", "kind": "move", "source": "s"}
    row |= {"fingerprint": "f", "body": b"{}", "progress": "routed", "told_at": at, "recorded_at": at}
    broker.store.write_now(lambda tx: tx.execute(insert(event), row | {"person": who.id}).rowcount)
    open_all(broker, made)
    return made


async def next_look(broker: Broker, clock: Clock) -> None:
    clock.pass_by(1)
    await sweeper.sweep(broker)


async def test_what_is_told_after_two_turned_out_to_be_one_waits_for_what_was_told_of_either(
    broker: Broker, clock: Clock
) -> None:
    broker = replace(broker, retry_waits=(30.0,))
    of_ben, of_ada = told_of(broker, 1, BEN), told_of(broker, 2, ADA)
    await answer(broker, claim(broker, of_ben), BUSY)
    assert ledger_row(broker, of_ada).released, "it was offered while they were two"
    are_one(broker, clock)
    later = told_of(broker, 3, ADA)
    await next_look(broker, clock)
    assert [claim(broker, one) for one in (of_ada, later)] == [None, None], "the earlier one is tried again first"
    clock.pass_by(60)
    await sweeper.sweep(broker)
    for one in (of_ben, of_ada, later):
        assert await answer(broker, claim(broker, one), TAKEN) == "settled"


async def test_what_was_on_its_way_when_they_turned_out_to_be_one_is_followed_when_it_has_ended(
    broker: Broker, clock: Clock
) -> None:
    of_ada, of_ben, next_of_ben = told_of(broker, 1, ADA), told_of(broker, 2, BEN), told_of(broker, 3, BEN)
    first, second = claim(broker, of_ada), claim(broker, of_ben)
    are_one(broker, clock)
    await next_look(broker, clock)
    assert await answer(broker, first, TAKEN) == "settled"
    assert claim(broker, next_of_ben) is None
    assert await answer(broker, second, TAKEN) == "settled"
    assert await answer(broker, claim(broker, next_of_ben), TAKEN) == "settled"


async def test_what_lies_with_a_department_is_followed_in_the_joined_lane_too(broker: Broker, clock: Clock) -> None:
    of_ben, of_ada = told_of(broker, 1, BEN, PARKING), told_of(broker, 2, ADA, PARKING)
    next_of_ben = told_of(broker, 3, BEN, PARKING)
    are_one(broker, clock)
    for one in (of_ben, of_ada):
        assert standings(broker, next_of_ben) == ["waiting"]
        said = facts_of(TAKEN, delivery=one.id, department=PARKING, now=clock())
        assert await hear(said, broker, published=True) == "settled"
    assert standings(broker, next_of_ben) == ["handed_over"]


async def test_where_they_are_two_after_all_what_was_told_of_the_one_before_keeps_only_that_one_waiting(
    broker: Broker, clock: Clock
) -> None:
    of_ben, of_ada = told_of(broker, 1, BEN), told_of(broker, 2, ADA)
    are_one(broker, clock)
    of_both = told_of(broker, 3, ADA)
    are_two(broker, clock)
    next_of_ben = told_of(broker, 4, BEN)
    await next_look(broker, clock)
    assert [ledger_row(broker, one).person for one in (of_ben, of_ada, of_both)] == [BEN.id, ADA.id, ADA.id]
    assert [claim(broker, one) for one in (next_of_ben, of_both)] == [None, None]
    for one in (of_ben, next_of_ben, of_ada, of_both):
        assert await answer(broker, claim(broker, one), TAKEN) == "settled"


async def test_a_correction_of_what_was_told_before_they_were_one_goes_after_it_and_goes_back_with_it(
    broker: Broker, clock: Clock
) -> None:
    broker = replace(broker, retry_waits=(30.0,))
    first = await tell(broker, move(), key="first")
    original = next(one for one in the_libraries(broker) if one.event_id == first.id)
    claimed = broker.store.write_now(lambda tx: ledger.claim(tx, original.id, "engine", clock(), broker.timing))
    await answer(broker, claimed, BUSY)
    are_one(broker, clock)
    await tell(broker, move(corrects=first.reference), key="second")
    assert [(one.person, one.released) for one in the_libraries(broker)] == [(ADA.id, True), (ADA.id, False)]
    are_two(broker, clock)
    assert [one.person for one in the_libraries(broker)] == [BEN.id, BEN.id]


async def test_what_was_matched_while_they_were_two_is_written_down_in_the_one_line_that_there_is_now(
    broker: Broker, clock: Clock
) -> None:
    """However many are written down together: of the two first in line only one is offered."""
    for n, document in enumerate((move(), move(subject=ADA_AS_SUBJECT))):
        await take_in(broker, document, key=f"call-{n}")
    waiting = await broker.store.read(notifications.waiting_for_a_route(10))
    known = await journey.match(waiting, broker)
    are_one(broker, clock)
    await journey.route(waiting, known, journey.validate(waiting, known), broker)
    assert [(one.person, one.released) for one in the_libraries(broker)] == [(ADA.id, True), (ADA.id, False)]


async def test_what_was_refused_of_the_one_is_overtaken_by_what_was_told_of_both_since(
    broker: Broker, clock: Clock
) -> None:
    of_ben = told_of(broker, 1, BEN)
    await answer(broker, claim(broker, of_ben), Refused(reason="no-account"))
    are_one(broker, clock)
    told_of(broker, 2, ADA)
    order = Order(actor="operator:olu", reason="they have an account now")
    (skipped,) = (await replay([of_ben.id], order, broker)).skipped
    assert "later event" in skipped.because
    assert ledger_row(broker, of_ben).standing == "settled"


def the_libraries(broker: Broker) -> list[Any]:
    return sorted(rows(broker.store, delivery, delivery.c.department == LIBRARIES), key=lambda row: row.seq)


async def test_the_head_of_a_joined_lane_is_offered_once_and_again_should_it_be_lost(
    broker: Broker, clock: Clock
) -> None:
    """As a random history found it: both were due at one look, and what the first had done the second undid."""
    later, first = told_of(broker, 2, BEN), told_of(broker, 1, ADA)
    are_one(broker, clock)
    for _ in range(2):
        await next_look(broker, clock)
        head, behind = ledger_row(broker, first), ledger_row(broker, later)
        assert (head.released, behind.released) == (True, False)
        assert head.due_at is not None, "it is offered again where Kafka has lost it"
