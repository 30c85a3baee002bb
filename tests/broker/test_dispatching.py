"""Whether many are written down together or each by itself, the same is written."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker import department_state, journey, notifications, recording
from broker.department_state import Pause
from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.life import apply
from broker.directory.loading import load
from broker.ports import Broker
from broker.schema import bring_up_to_date
from broker.store import Store
from schemas.contact_change import ContactChange
from tests.broker.departments import ALLOTMENTS
from tests.broker.worlds import (
    ADA,
    ADA_AS_SUBJECT,
    BEN,
    START,
    STRANGER,
    contact_change,
    death,
    make_broker,
    move,
    take_in,
    tell,
)
from tests.broker.written import everything
from tests.people import resident_line

NAME_ALONE = {"name": {"forenames": "Wren", "surname": "Testwell"}}
BATCHES: dict[str, list[dict[str, Any]]] = {
    "two people": [contact_change(), move(subject=ADA_AS_SUBJECT)],
    "one person twice, another once": [move(), move(subject=ADA_AS_SUBJECT), contact_change()],
    "one to be held, and one to go out": [move(subject=NAME_ALONE), move(subject=ADA_AS_SUBJECT)],
    "somebody whom nobody knows": [move(subject=STRANGER), contact_change()],
    "a death and a change": [death(), contact_change()],
}


def a_world(at: Path, prepare: Callable[[Store], object]) -> None:
    """A database in which Ben and Ada are residents."""
    with Store(f"sqlite:///{at}") as store:
        bring_up_to_date(store)
        load(store, [Resident.model_validate(resident_line(f"SMP-{one.id[-4:]}", one)) for one in (BEN, ADA)])
        prepare(store)


def broker_of(store: Store, **options: Any) -> Broker:  # noqa: ANN401 - as make_broker has them
    return replace(make_broker(store, **options), directory=Directory(store))


def written(store: Store) -> Mapping[str, list[str]]:
    """Everything, without the numbers that rows have of themselves: an attempt has its delivery's id instead."""
    found, numbered = everything(store), {"step", "audit", "outbox", "delivery"}
    ids = {row.number: row.id for row in found["delivery"]}
    found["attempt"] = [(ids[number], *rest) for number, *rest in found["attempt"]]
    return {name: sorted(str(row[1:] if name in numbered else row) for row in each) for name, each in found.items()}


async def both_ways(tmp_path: Path, batch: list[dict[str, Any]], prepare: Callable[[Store], object]) -> list[Any]:
    """What is written of a batch: together, and then each by itself in a copy of the same world."""
    one, other = tmp_path / "together.db", tmp_path / "alone.db"
    a_world(one, prepare)
    with Store(f"sqlite:///{one}") as store:
        for n, document in enumerate(batch):
            await take_in(broker_of(store), document, key=f"call-{n}")
    shutil.copy(one, other)
    with Store(f"sqlite:///{one}") as store, Store(f"sqlite:///{other}") as copy:
        waiting = await store.read(notifications.waiting_for_a_route(10))
        routed = await journey.tell(waiting, broker_of(store))
        for each in routed:
            await copy.write(recording.writing(each, broker_of(copy)))
        return [written(store), written(copy)]


@pytest.mark.parametrize("batch", BATCHES)
async def test_what_is_written_of_a_batch_is_what_each_would_write_by_itself(tmp_path: Path, batch: str) -> None:
    together, alone = await both_ways(tmp_path, BATCHES[batch], lambda store: None)
    assert together == alone
    assert together["delivery"]


def _hold(store: Store) -> None:
    wanted = Pause(actor="operator", reason="annual billing", until=START + timedelta(days=1))
    store.write_now(lambda tx: department_state.pause(tx, ALLOTMENTS, wanted, START))


async def test_a_department_that_is_paused_is_offered_nothing_of_a_batch(tmp_path: Path) -> None:
    together, alone = await both_ways(tmp_path, BATCHES["two people"], _hold)
    assert together == alone
    assert not any(f"'{ALLOTMENTS}'" in row for row in together["outbox"])


async def test_who_has_something_open_waits_behind_it_and_the_others_of_the_batch_do_not(store: Store) -> None:
    broker = make_broker(store)
    await tell(broker, move(), key="before")
    await take_in(broker, contact_change(), key="behind")
    await take_in(broker, move(subject=ADA_AS_SUBJECT), key="first")
    waiting = await store.read(notifications.waiting_for_a_route(10))
    await journey.tell(waiting, broker)
    offered = {(row.seq, row.department): bool(row.released) for row in everything(store)["delivery"]}
    assert {seq for (seq, _), released in offered.items() if released} == {1, 3}
    assert {seq for (seq, _), released in offered.items() if not released} == {2}


async def test_a_batch_that_was_routed_meanwhile_is_not_written_twice(store: Store) -> None:
    broker = make_broker(store)
    for n, document in enumerate(BATCHES["two people"]):
        await take_in(broker, document, key=f"call-{n}")
    waiting = await store.read(notifications.waiting_for_a_route(10))
    await journey.tell(waiting[:1], broker)
    await journey.tell(waiting, broker)  # as a second router would that has read them before
    deliveries = everything(store)["delivery"]
    assert len({(row.event_id, row.department) for row in deliveries}) == len(deliveries)
    assert {row.seq for row in deliveries} == {1, 2}
    letters = [(row.topic, row.key, row.value) for row in everything(store)["outbox"]]
    assert len(set(letters)) == len(letters)


async def test_the_directory_takes_a_change_twice_for_one(tmp_path: Path) -> None:
    a_world(tmp_path / "tuo.db", lambda store: None)
    with Store(f"sqlite:///{tmp_path / 'tuo.db'}") as store:
        ben = everything(store)["resident"][0].own
        said = ContactChange.model_validate(contact_change())
        assert store.write_now(lambda tx: apply(tx, "event-1", ben, said))
        before = everything(store)
        assert not store.write_now(lambda tx: apply(tx, "event-1", ben, said))
        assert everything(store) == before
