"""Failures by cause: counted with people, trend and release; noted with an owner; filtered by anything."""

from datetime import timedelta

from sqlalchemy import update

from broker.failures.causes import Cause
from broker.failures.failures import Wanted, listing
from broker.failures.groups import Group, groups
from broker.failures.notes import note_cause
from broker.outcome import Refused
from broker.ports import Broker
from broker.replays.releases import note_releases, releases, version_of
from broker.replays.tables import adapter_release
from broker.standing import Standing
from broker.tables import delivery
from tests.broker.departments import LIBRARIES, ScriptedCarrier, libraries
from tests.broker.replays import serve, somebody
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import START, Clock, rows

HOUR = 3600


async def refuse(broker: Broker, carrier: ScriptedCarrier, seq: int, person: int, reason: str) -> str:
    one = a_delivery(seq, of=somebody(person))
    open_all(broker, one)
    await serve(broker, carrier, [one.id], Refused(reason=reason))
    return one.id


def found(broker: Broker, **wanted: object) -> list[Group]:
    return broker.store.read_now(lambda tx: groups(tx, Wanted(**wanted), broker.now()))  # type: ignore[arg-type]


async def test_one_cause_counts_people_once_and_says_whether_it_grows(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    await refuse(broker, carrier, 1, person=1, reason="case-48213-locked")
    clock.pass_by(1.5 * HOUR)
    await refuse(broker, carrier, 2, person=1, reason="case-99871-locked")
    clock.pass_by(0.75 * HOUR)
    for seq, person in ((3, 2), (4, 3)):
        await refuse(broker, carrier, seq, person, reason="case-10001-locked")
    other = await refuse(broker, carrier, 5, person=4, reason="no-such-card")
    locked, card = found(broker)
    assert (locked.cause, locked.department, locked.reason) == (Cause.REFUSED, LIBRARIES, "case-n-locked")
    assert (locked.count, locked.persons, locked.last_hour, locked.hour_before) == (4, 3, 3, 0)
    assert (locked.first, locked.last) == (START, clock.at)
    clock.pass_by(0.5 * HOUR)
    assert (found(broker)[0].last_hour, found(broker)[0].hour_before) == (2, 1)
    assert (card.count, card.id == locked.id) == (1, False)

    assert [one.id for one in found(broker, group=card.id)] == [card.id]
    assert [one.id for one in broker.store.read_now(lambda tx: listing(tx, Wanted(group=card.id)))] == [other]
    since = START + timedelta(hours=1)
    assert found(broker, group=locked.id, since=since)[0].count == 3
    assert found(broker, group=locked.id, until=since)[0].persons == 1
    assert found(broker, kind="bereavement") == found(broker, department="parking") == []
    assert len(broker.store.read_now(lambda tx: listing(tx, Wanted(since=since, kind="move")))) == 4


async def test_what_is_parked_is_a_cause_too_and_apart_from_what_has_failed(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    parked = await refuse(broker, carrier, 1, person=1, reason="http-503")
    await refuse(broker, carrier, 2, person=2, reason="http-503")
    said = {"standing": Standing.PARKED, "outcome": None, "settled_at": None}
    broker.store.write_now(lambda tx: tx.execute(update(delivery).where(delivery.c.id == parked).values(said)).rowcount)
    assert {(one.cause, one.count) for one in found(broker)} == {(Cause.PARKED, 1), (Cause.REFUSED, 1)}
    (one,) = broker.store.read_now(lambda tx: listing(tx, Wanted(cause=Cause.PARKED)))
    assert one.id == parked


async def test_a_cause_is_said_to_be_somebodys_until_it_is_cleared(broker: Broker, carrier: ScriptedCarrier) -> None:
    await refuse(broker, carrier, 1, person=1, reason="no-such-card")
    (group,) = found(broker)
    for owner, note in (("Jo", "ticket 4411"), ("Sam", None), (None, None)):
        unit = note_cause(group.id, owner=owner, note=note, actor="olu", now=broker.now())
        broker.store.write_now(unit)
        assert (found(broker)[0].owner, found(broker)[0].note) == (owner, note)


async def test_a_cause_names_the_release_that_spoke_when_it_began(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    await note_releases(broker)
    clock.pass_by(10)
    await note_releases(broker)
    assert len(rows(broker.store, adapter_release)) == len(broker.adapters), "the same again is nothing new"
    row = {"department": LIBRARIES, "since": clock.at, "version": "0.2.0+00000000"}
    broker.store.write_now(lambda tx: tx.execute(adapter_release.insert(), row).rowcount)
    await refuse(broker, carrier, 1, person=1, reason="no-such-card")
    assert found(broker)[0].release == "0.2.0+00000000"
    clock.pass_by(10)
    await note_releases(broker)
    last = [one for one in broker.store.read_now(releases) if one.department == LIBRARIES][-1]
    assert last.version == version_of(libraries()), "what was rolled back is a release of its own"
    assert found(broker)[0].release == "0.2.0+00000000"


def test_the_version_of_an_adapter_is_its_source_s() -> None:
    assert version_of(libraries()) == version_of(libraries())
    assert version_of(libraries()).partition("+")[2]
