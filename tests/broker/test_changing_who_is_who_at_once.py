"""Two colleagues say at the same moment who is taken for whom, or one does while something of that person is put right."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import Connection, insert, select

from broker import recording
from broker.directory.life import KeptApart, NotInDirectory, keep_apart, merge, unmerge
from broker.directory.tables import resident
from broker.ports import Broker
from broker.store import Store
from tests.broker.at_once import begin, held, judged, not_committed_before_the_end
from tests.broker.test_joining import are_one, know_both, saying
from tests.broker.worlds import ADA, ADA_AS_SUBJECT, BEN, Clock, home, move, person, tell

T = TypeVar("T")
CAM = person(3, "Cam", "Testwell", "1970-01-31", "QQ234567C", home("9 Low Street", "AA9 9ZZ"))


@pytest.fixture
def store(postgres_store: Store) -> Store:
    return postgres_store


@pytest.fixture(autouse=True)
def _all_three_in_the_directory(broker: Broker) -> None:
    know_both(broker)
    row = {"seq": 3, "own": CAM.id, "person": CAM.id, "source_id": "SMP-3", "record": b"{}", "composed": False}
    broker.store.write_now(lambda tx: tx.execute(insert(resident), row).rowcount)


def only_once(unit: Callable[[Connection], T]) -> Callable[[Connection], T]:
    """Of two that wait for each other the database lets one give way, and that one is done again."""
    times: list[Connection] = []

    def run(tx: Connection) -> T:
        times.append(tx)
        assert len(times) == 1, "two waited for each other"
        return unit(tx)

    return run


def taken_for(broker: Broker) -> dict[str, str]:
    rows = broker.store.read_now(lambda tx: tx.execute(select(resident.c.own, resident.c.person)).all())
    return {own: whom for own, whom in rows if own != whom}


async def test_a_parting_and_a_correction_of_that_person_do_not_wait_for_each_other(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    first = await tell(broker, move(), key="first")
    are_one(broker, clock)
    [routed] = await judged(broker, corrects=first.reference)
    correcting = broker.store.write(only_once(recording.writing(routed, broker)))
    async with held(correcting, broker.store, "before_cursor_execute", "UPDATE resident"):
        parting = elsewhere.write(only_once(lambda tx: unmerge(tx, BEN.id, saying(clock))))
        parted = await begin(parting, broker.store)
    assert await parted
    assert taken_for(broker) == {}


async def test_a_joining_and_a_correction_of_the_one_whose_id_is_kept_do_not_wait_for_each_other(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    first = await tell(broker, move(), key="first")
    await tell(broker, move(subject=ADA_AS_SUBJECT), key="of-ada")
    [routed] = await judged(broker, corrects=first.reference)
    correcting = broker.store.write(only_once(recording.writing(routed, broker)))
    async with held(correcting, broker.store, "after_cursor_execute", "UPDATE resident"):
        joining = elsewhere.write(only_once(lambda tx: merge(tx, BEN.id, ADA.id, saying(clock))))
        joined = await begin(joining, broker.store)
    assert await joined
    assert taken_for(broker) == {ADA.id: BEN.id}


async def test_whoever_is_taken_for_another_takes_those_along_who_are_just_being_taken_for_them(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    first = broker.store.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(first, broker.store):
        second = await begin(elsewhere.write(lambda tx: merge(tx, CAM.id, ADA.id, saying(clock))), broker.store)
    assert await second
    assert taken_for(broker) == {BEN.id: CAM.id, ADA.id: CAM.id}


async def test_nobody_is_taken_for_somebody_who_is_just_being_taken_for_another(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    first = broker.store.write(lambda tx: merge(tx, CAM.id, ADA.id, saying(clock)))
    async with not_committed_before_the_end(first, broker.store):
        second = await begin(elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock))), broker.store)
    with pytest.raises(NotInDirectory):
        await second
    assert taken_for(broker) == {ADA.id: CAM.id}


async def test_who_is_just_being_parted_is_not_taken_along(broker: Broker, elsewhere: Store, clock: Clock) -> None:
    are_one(broker, clock)
    parting = broker.store.write(lambda tx: unmerge(tx, BEN.id, saying(clock)))
    async with not_committed_before_the_end(parting, broker.store):
        merging = await begin(elsewhere.write(lambda tx: merge(tx, CAM.id, ADA.id, saying(clock))), broker.store)
    assert await merging
    assert taken_for(broker) == {ADA.id: CAM.id}


async def test_whom_a_colleague_is_just_keeping_apart_nobody_merges(
    broker: Broker, elsewhere: Store, clock: Clock
) -> None:
    keeping = broker.store.write(lambda tx: keep_apart(tx, ADA.id, BEN.id, saying(clock)))
    async with not_committed_before_the_end(keeping, broker.store):
        merging = await begin(elsewhere.write(lambda tx: merge(tx, ADA.id, BEN.id, saying(clock))), broker.store)
    with pytest.raises(KeptApart):
        await merging
    assert taken_for(broker) == {}
