"""The books balance while everything is where it should be, and name every row that was damaged by hand."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, update
from structlog.testing import capture_logs

from broker import books, stream, sweeper
from broker.books import Books
from broker.outcome import Accepted
from broker.ports import Broker
from broker.standing import Progress, Standing
from broker.tables import delivery, event, step
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING, ScriptedCarrier
from tests.broker.test_failures import attempt_once, delivered, die
from tests.broker.worlds import START, Clock, contact_change, death, eventually, move, rows, take_in, tell, withdrawal

LATER = START + timedelta(minutes=10)


def drawn(broker: Broker) -> Books:
    return broker.store.read_now(
        lambda tx: books.book(tx, broker.adapters, broker.now(), republish_after=broker.timing.republish_after)
    )


def found(broker: Broker) -> list[tuple[str, str, str | None]]:
    return [(finding.what, finding.id, finding.department) for finding in drawn(broker).findings]


async def test_books_count_every_event_at_every_department(
    broker: Broker, clock: Clock, carrier: ScriptedCarrier
) -> None:
    await tell(broker, move())
    await tell(broker, death())
    await tell(broker, contact_change(new_email=None))  # nobody can act on it: settled with a question
    await take_in(broker, move(), "not routed yet")
    await attempt_once(broker, str(delivered(broker)[0].id), carrier, Accepted(receipt="R-1"))
    page = drawn(broker)
    assert page.findings == ()
    assert page.notifications == {"routed": 3, "received": 1}
    assert page.departments[LIBRARIES] == {"settled": 2, "waiting": 1}
    assert page.departments[PARKING] == {"handed_over": 2}
    assert page.departments[ALLOTMENTS] == {"handed_over": 1}
    assert sum(page.deliveries.values()) == 6
    assert (page.outbox > 0, page.outbox_since is not None) == (True, True)


async def test_what_waits_behind_a_dead_delivery_is_counted_and_is_no_fault_of_the_books(
    broker: Broker, clock: Clock, carrier: ScriptedCarrier
) -> None:
    await tell(broker, move(), "first")
    await tell(broker, move(), "second")
    await die(broker, clock, carrier)
    clock.at = START
    page = drawn(broker)
    assert page.findings == ()
    assert page.blocked == {LIBRARIES: 1}


async def test_what_waits_while_the_withdrawal_of_a_death_lies_with_its_department_is_no_fault_of_the_books(
    broker: Broker, clock: Clock
) -> None:
    first = await tell(broker, death(), "first")
    await take_in(broker, death(), "second")
    await take_in(broker, withdrawal(first.reference, subject=death()["subject"]), "back")
    await stream.route_waiting(broker)
    clock.pass_by(130)
    await sweeper.sweep(broker)
    stood = rows(broker.store, delivery, delivery.c.department == PARKING)
    assert [(row.kind, row.standing) for row in sorted(stood, key=lambda row: row.seq)] == [
        ("bereavement", "cancelled"),
        ("bereavement", "waiting"),
        ("withdrawal", "handed_over"),
    ]
    assert drawn(broker).findings == ()


def _set(**values: object) -> Callable[[Connection, Any], object]:
    def damage(tx: Connection, row: Any) -> object:  # noqa: ANN401 - a row
        return tx.execute(update(delivery).where(delivery.c.id == row.id).values(**values))

    return damage


@pytest.mark.parametrize(
    ("what", "damage"),
    [
        ("not-moving", _set(due_at=None)),
        ("not-moving", _set(standing=Standing.RETRYING, due_at=START - timedelta(hours=1))),
        ("never-offered", _set(released=False)),
        ("lease-ended", _set(standing=Standing.SENDING, claimed_until=START - timedelta(hours=1))),
        ("lease-ended", _set(standing=Standing.SENDING, claimed_until=None)),
        ("answer-missing", _set(standing=Standing.SETTLED)),
        ("no-such-state", _set(standing="lost")),
        ("no-adapter", _set(department="museums")),
        ("event-missing", _set(event_id="00000000-0000-4000-8000-000000000000")),
    ],
)
async def test_a_delivery_that_was_damaged_by_hand_is_named(
    broker: Broker, what: str, damage: Callable[[Connection, Any], object]
) -> None:
    await tell(broker, move())
    assert found(broker) == []
    (row,) = delivered(broker)
    await broker.store.write(lambda tx: damage(tx, row) is None)
    assert (what, row.id) in [(said, named) for said, named, _ in found(broker)]


async def test_a_delivery_that_was_deleted_is_missed_at_its_department(broker: Broker) -> None:
    told = await tell(broker, move())
    (row,) = delivered(broker)
    await broker.store.write(lambda tx: tx.execute(delete(delivery).where(delivery.c.id == row.id)).rowcount)
    assert found(broker) == [("delivery-missing", told.id, LIBRARIES)]


async def test_a_routed_notification_without_a_reason_for_telling_nobody_is_named(broker: Broker) -> None:
    told = await tell(broker, move())
    await broker.store.write(lambda tx: tx.execute(delete(delivery)).rowcount)
    await broker.store.write(lambda tx: tx.execute(delete(step).where(step.c.step == "route")).rowcount)
    assert found(broker) == [("routed-to-nobody", told.id, None)]


async def test_a_notification_that_is_not_routed_in_time_is_named(broker: Broker, clock: Clock) -> None:
    told = await take_in(broker, move())
    clock.pass_by(5 * 60)
    assert found(broker) == []
    clock.pass_by(1)
    assert found(broker) == [("not-routed", told.id, None)]


async def test_a_running_broker_names_what_is_not_balanced_in_its_log(
    broker: Broker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "EVERY", 0.01)
    told = await take_in(broker, move())
    clock.pass_by(3600)

    async def named() -> list[Any]:
        return [line["ids"] for line in lines if line["event"] == "books.unbalanced"]

    with capture_logs() as lines:
        watching = asyncio.create_task(books.watch_books_for_ever(broker))
        try:
            said = await eventually(named)
        finally:
            watching.cancel()
    assert said[0] == [told.id]


async def test_a_state_that_does_not_exist_is_named(broker: Broker) -> None:
    told = await tell(broker, move())
    await broker.store.write(lambda tx: tx.execute(update(event).values(progress="elsewhere")).rowcount)
    assert ("no-such-state", told.id, None) in found(broker)
    assert "elsewhere" not in list(Progress)
