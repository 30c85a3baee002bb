"""Two people turn out to be one at the very moment at which another process writes of them: on PostgreSQL several do."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from broker import acknowledging, dispatching, ledger, recording, sweeper
from broker.decision import Delivery, Routed
from broker.directory.life import merge, unmerge
from broker.outcome import Accepted, Awaited, Deferred, Heard, Refused, facts_of
from broker.ports import Broker
from broker.replays import revising
from broker.replays.replaying import Judged, Order, Skipped, put_back
from broker.store import Store
from tests.broker.at_once import begin, judged, not_committed_before_the_end
from tests.broker.steps import answer, claim, ledger_row, standings
from tests.broker.test_joining import are_one, know_both, next_look, saying, the_libraries, told_of
from tests.broker.worlds import ADA, ADA_AS_SUBJECT, BEN, REPUBLISH, Clock, move, tell

TAKEN, BUSY = Accepted(receipt="R"), Deferred(reason="http-503")


@pytest.fixture
def store(postgres_store: Store) -> Store:
    return postgres_store


@pytest.fixture(autouse=True)
def _both_in_the_directory(broker: Broker) -> None:
    know_both(broker)


async def together(routed: list[Routed], broker: Broker) -> None:
    await dispatching.write_routes(routed, broker)


async def alone(routed: list[Routed], broker: Broker) -> None:
    await broker.store.write_all([recording.writing(one, broker) for one in routed])


WAYS = pytest.mark.parametrize("write", [together, alone])
Write = Callable[[list[Routed], Broker], Awaitable[None]]
Fail = Callable[[Broker, Delivery], Awaitable[None]]


@WAYS
async def test_what_is_being_written_down_moves_to_the_line_of_the_one_with_the_rest(
    broker: Broker, elsewhere: Store, clock: Clock, write: Write
) -> None:
    await tell(broker, move(subject=ADA_AS_SUBJECT), key="before")
    routed = await judged(broker)
    async with not_committed_before_the_end(write(routed, broker), broker.store):
        merging = await begin(elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock))), broker.store)
    assert await merging
    await next_look(broker, clock)
    assert [(one.person, one.released) for one in the_libraries(broker)] == [(ADA.id, True), (ADA.id, False)]


@WAYS
async def test_what_is_written_down_while_two_are_being_taken_for_one_stands_in_that_one_s_line(
    broker: Broker, elsewhere: Store, clock: Clock, write: Write
) -> None:
    await tell(broker, move(subject=ADA_AS_SUBJECT), key="before")
    routed = await judged(broker)
    merging = elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(merging, elsewhere):
        writing = await begin(write(routed, broker), broker.store)
    await writing
    await next_look(broker, clock)
    assert [(one.person, one.released) for one in the_libraries(broker)] == [(ADA.id, True), (ADA.id, False)]


async def test_what_is_being_written_down_of_the_one_goes_back_to_a_line_of_its_own_with_the_rest(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    routed = await judged(broker)
    are_one(broker, clock)
    async with not_committed_before_the_end(alone(routed, broker), broker.store):
        parting = await begin(elsewhere.write(lambda tx: unmerge(tx, BEN.id, saying(clock))), broker.store)
    assert await parting
    assert [one.person for one in the_libraries(broker)] == [BEN.id]


async def test_a_look_at_what_is_due_offers_nothing_beside_what_is_on_its_way_in_the_line_that_it_joins(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    of_ben, of_ada = told_of(broker, 1, BEN), told_of(broker, 2, ADA)
    on_its_way = claim(broker, of_ada)
    clock.pass_by(REPUBLISH.total_seconds())
    merging = elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(merging, elsewhere):
        looking = await begin(sweeper.sweep(broker), broker.store)
    await looking
    assert claim(broker, of_ben) is None, "Ada's is on its way"
    assert await answer(broker, on_its_way, TAKEN) == "settled"
    await next_look(broker, clock)
    assert await answer(broker, claim(broker, of_ben), TAKEN) == "settled"


async def test_what_is_to_be_tried_again_is_not_forgotten_where_its_line_is_joined_during_the_look(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    of_ben = told_of(broker, 1, BEN)
    await answer(broker, claim(broker, of_ben), BUSY)
    clock.pass_by(10)
    merging = elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(merging, elsewhere):
        looking = await begin(sweeper.sweep(broker), broker.store)
    await looking
    assert standings(broker, of_ben) == ["retrying"], "the line that it stands in now was not kept for this look"
    await next_look(broker, clock)
    assert await answer(broker, claim(broker, of_ben), TAKEN) == "settled"


async def test_what_is_being_claimed_while_it_is_looked_at_is_not_offered_again(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    of_ben = told_of(broker, 1, BEN)
    clock.pass_by(REPUBLISH.total_seconds())
    claiming = elsewhere.write(lambda tx: ledger.claim(tx, of_ben.id, "another", clock(), broker.timing))
    async with not_committed_before_the_end(claiming, elsewhere):
        looking = await begin(sweeper.sweep(broker), broker.store)
    await looking
    assert standings(broker, of_ben) == ["sending"]
    assert claim(broker, of_ben) is None


@pytest.mark.parametrize("heard", [BUSY, Awaited(receipt="R")], ids=["it is tried again", "it is answered later"])
async def test_what_is_heard_while_its_line_is_joined_lets_the_next_of_the_joined_line_go(
    broker: Broker, elsewhere: Store, clock: Clock, heard: Heard
) -> None:
    next_one, of_ben = told_of(broker, 1, ADA), told_of(broker, 2, BEN)
    on_its_way = claim(broker, of_ben)
    merging = elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(merging, elsewhere):
        answering = await begin(answer(broker, on_its_way, heard), broker.store)
    await answering
    assert ledger_row(broker, next_one).released, "nobody need look for it"


async def refused(broker: Broker, of: Delivery) -> None:
    assert await answer(broker, claim(broker, of), Refused(reason="no-such-card")) == "settled"


async def given_up(broker: Broker, of: Delivery) -> None:
    assert await answer(replace(broker, retry_waits=()), claim(broker, of), BUSY) == "dead"


def replaying(broker: Broker, of: Delivery, *, reworded: bool) -> Awaitable[Judged]:
    row = ledger_row(broker, of)
    letter = revising.revision_of(row, row.letter) if reworded else None
    order = Order(actor="olu", reason="the libraries are back")
    return broker.store.write(lambda tx: put_back(tx, of.id, order, broker, letter))


@pytest.mark.parametrize("reworded", [False, True], ids=["the same letter", "another wording"])
@pytest.mark.parametrize("fail", [refused, given_up])
async def test_what_is_replayed_while_two_are_being_taken_for_one_stands_in_that_one_s_line(
    broker: Broker, elsewhere: Store, clock: Clock, fail: Fail, reworded: bool
) -> None:
    of_ben = told_of(broker, 1, BEN)
    await fail(broker, of_ben)
    merging = elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(merging, elsewhere):
        replayed = await begin(replaying(broker, of_ben, reworded=reworded), broker.store)
    assert await replayed is None
    again = the_libraries(broker)[-1]
    assert (again.person, again.standing, again.released) == (ADA.id, "waiting", True)


@pytest.mark.parametrize("reworded", [False, True], ids=["the same letter", "another wording"])
async def test_what_is_just_being_answered_after_all_is_not_replayed(
    broker: Broker, elsewhere: Store, clock: Clock, reworded: bool
) -> None:
    of_ben = told_of(broker, 1, BEN)
    await given_up(broker, of_ben)
    late = facts_of(TAKEN, delivery=of_ben.id, department=of_ben.department, now=clock())
    hearing = elsewhere.write(acknowledging.hearing(late, broker, published=True))
    async with not_committed_before_the_end(hearing, elsewhere):
        replayed = await begin(replaying(broker, of_ben, reworded=reworded), broker.store)
    assert await replayed == Skipped(id=of_ben.id, because="it has been answered since")
    assert [(one.standing, one.outcome) for one in the_libraries(broker)] == [("settled", "accepted")]
