"""A wrong link is undone: what was told is withdrawn, what was held is taken back, and the event is judged anew."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Row, select

from broker import tables
from broker.ports import Broker
from broker.reviews.relinking import Relinked, RelinkRefused, WrongLink, relink
from broker.reviews.tables import not_person
from broker.store import Store
from broker.stream import route_waiting
from broker.why import why
from tests.broker.worlds import BEN, STRANGER, ListDirectory, death, make_broker, move, person, rows, tell, withdrawal

TWIN = person(9, "Benedict", "Okafor", "1985-04-12", "QQ765432A", BEN.addresses[0])


def event_of(store: Store, reference: str) -> Row[Any]:
    row: Row[Any]
    (row,) = rows(store, tables.event, tables.event.c.reference == reference)
    return row


def deliveries_of(store: Store, reference: str) -> dict[str, Any]:
    found = rows(store, tables.delivery, tables.delivery.c.event_id == event_of(store, reference).id)
    return {row.department: row for row in found}


async def undo(broker: Broker, reference: str, person: str | None = None) -> Relinked:
    wrong = WrongLink(reference=reference, person=person, actor="command:test", reason="Her twin rang.")
    return await broker.store.write(relink(wrong, broker))


async def test_everybody_who_had_it_is_told_that_it_is_withdrawn_and_it_is_judged_without_that_person(
    store: Store,
) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, move(direction="out"))
    had = deliveries_of(store, told.reference)
    assert event_of(store, told.reference).person == BEN.id
    done = await undo(broker, told.reference)
    assert done.withdrawal is not None
    await route_waiting(broker)
    taken_back = deliveries_of(store, done.withdrawal)
    # What had not been sent yet is called off; whoever had it is told.
    called_off = {
        department for department, row in deliveries_of(store, told.reference).items() if row.standing == "cancelled"
    }
    assert set(taken_back) | called_off == set(had)
    assert taken_back
    assert {row.person for row in taken_back.values()} == {BEN.id}, "it goes to the lane of who was told of"
    again = event_of(store, done.again)
    assert (again.progress, again.match) == ("routed", "unknown")
    assert again.person != BEN.id
    assert again.told_at == event_of(store, told.reference).told_at


async def test_it_is_linked_to_the_right_person_where_there_is_one(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, move())
    broker = make_broker(store, directory=ListDirectory(BEN, replace(BEN, id=TWIN.id)))
    done = await undo(broker, told.reference, BEN.id)
    await route_waiting(broker)
    assert event_of(store, done.again).person == TWIN.id


async def test_what_nobody_had_been_told_of_is_only_judged_again(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN, replace(BEN, id=TWIN.id)))
    held = await tell(broker, move())
    assert event_of(store, held.reference).progress == "held"
    assert await undo(broker, held.reference, TWIN.id) == Relinked(withdrawal=None, again=held.reference)
    await route_waiting(broker)
    assert (event_of(store, held.reference).progress, event_of(store, held.reference).person) == ("routed", BEN.id)


@pytest.mark.parametrize("again", [True, False])
async def test_a_link_is_undone_once(store: Store, again: bool) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, move())
    if again:
        first = await undo(broker, told.reference)
        assert first.withdrawal is not None
        expected = first.withdrawal
    else:
        expected = (await tell(broker, withdrawal(told.reference))).reference
    with pytest.raises(RelinkRefused, match=expected):
        await undo(broker, told.reference)


@pytest.mark.parametrize("document", [lambda: move(subject=STRANGER), lambda: death(subject=STRANGER)])
async def test_what_is_linked_to_nobody_cannot_be_undone(
    store: Store, document: Callable[[], dict[str, object]]
) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, document())
    with pytest.raises(RelinkRefused, match="not linked to this person"):
        await undo(broker, told.reference)
    with pytest.raises(RelinkRefused, match="Nothing is here"):
        await undo(broker, "TUO-0000-0000-0000")
    assert rows(store, not_person) == []


async def test_a_link_that_is_another_than_was_thought_stays(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, move())
    with pytest.raises(RelinkRefused):
        await undo(broker, told.reference, TWIN.id)
    assert len(rows(store, tables.event)) == 1


async def test_whoever_asks_why_reads_what_agreed_what_was_asked_for_and_who_undid_it(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, move())
    await undo(broker, told.reference)
    said = store.read_now(why(told.reference))
    assert said is not None
    assert said.found == "It was linked to one record."
    assert any("bits" in line and "to 1 that it is the person" in line for line in said.weighing)
    assert "schema move, matched" in said.by
    assert [(one.who, one.reason) for one in said.colleagues] == [("command:test", "Her twin rang.")]
    text = said.model_dump_json()
    assert not [word for word in ("Okafor", "QQ123456C", BEN.id, "Mill Row") if word in text]
    assert store.read_now(why("TUO-0000-0000-0000")) is None


async def test_the_audit_has_who_undid_it_and_why(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN))
    told = await tell(broker, move())
    await undo(broker, told.reference)
    wanted = select(tables.audit.c.actor, tables.audit.c.said).where(tables.audit.c.what == "event.relinked")
    assert store.read_now(lambda tx: tx.execute(wanted).all()) == [("command:test", "Her twin rang.")]
