from datetime import date
from functools import partial
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Connection, Update

from broker import ids, journey, ledger, stream, tables
from broker.adapter import Adapter, HandOver
from broker.decision import Proceed
from broker.facts import Facts
from broker.notifications import waiting_for_a_route
from broker.ports import Broker, DirectoryUnavailable
from broker.store import Store
from schemas.move import Move
from tests.broker.departments import MovedPerson
from tests.broker.steps import published
from tests.broker.worlds import (
    ADA,
    ADA_AS_SUBJECT,
    BEN,
    STRANGER,
    Clock,
    ListDirectory,
    contact_change,
    death,
    make_broker,
    move,
    person,
    rows,
    take_in,
    tell,
    withdrawal,
)
from tests.broker.written import event_of, everything, letters_of, told_to


async def test_everybody_who_needs_to_know_is_told_and_the_others_are_named(broker: Broker) -> None:
    told = await tell(broker, move(direction="out"))
    row = event_of(broker.store, told.reference)
    assert (row.progress, row.person, row.match, row.due_at) == ("routed", BEN.id, "matched", None)
    assert told_to(broker.store, told.reference) == ["allotments", "libraries"]
    steps = [(step.step, step.department, step.said) for step in rows(broker.store, tables.step)]
    assert ("route", "parking", "Not told: Parking is told of moves within the area.") in steps
    assert [word for word, *_ in steps] == ["intake", "match", "validate", "route", "route", "route"]


async def test_a_stranger_who_is_told_of_in_full_has_a_lane_of_their_own(broker: Broker) -> None:
    one = await tell(broker, move(subject=STRANGER))
    other = await tell(broker, move(subject=STRANGER, occurred_on="2026-10-06"))
    first, second = event_of(broker.store, one.reference), event_of(broker.store, other.reference)
    assert (first.progress, first.match) == ("routed", "unknown")
    assert first.person != second.person
    assert first.person == ids.unknown_person(UUID(one.id))


async def test_a_stranger_of_whom_too_little_is_said_is_held_with_what_is_missing(broker: Broker) -> None:
    said = move(subject={"name": {"forenames": "Wren", "surname": "Testwell"}}, informant=None)
    told = await tell(broker, {name: value for name, value in said.items() if value is not None})
    row = event_of(broker.store, told.reference)
    assert (row.progress, row.reason, row.person) == ("held", "identity-incomplete", None)
    assert told_to(broker.store, told.reference) == []
    (missing,) = [step.said for step in rows(broker.store, tables.step) if step.step == "validate"]
    assert missing.endswith("Missing: informant, subject.address, subject.date_of_birth, subject.nino.")


async def test_two_who_could_be_meant_wait_for_a_person(broker: Broker, directory: ListDirectory) -> None:
    directory.people.append(person(3, "Ben", "Okafor", "1985-04-12", "QQ123456C", BEN.addresses[0]))
    told = await tell(broker, move())
    row = event_of(broker.store, told.reference)
    assert (row.progress, row.reason, row.match) == ("held", "clerical-review", "unsure")
    assert told_to(broker.store, told.reference) == []


async def test_after_a_death_nothing_is_told_without_a_look(broker: Broker) -> None:
    died = await tell(broker, death())
    moved = await tell(broker, move(subject=ADA_AS_SUBJECT, occurred_on="2026-10-02"))
    again = await tell(broker, death(occurred_on="2026-10-02", registration=None))
    assert event_of(broker.store, died.reference).progress == "routed"
    held = [event_of(broker.store, one.reference) for one in (moved, again)]
    assert [row.reason for row in held] == ["after-a-death", "second-death"]
    assert {row.person for row in held} == {ADA.id}


async def test_a_death_and_a_move_that_are_judged_together_are_judged_in_order(broker: Broker) -> None:
    before = await take_in(broker, move(subject=ADA_AS_SUBJECT, occurred_on="2026-09-01"))
    died = await take_in(broker, death())
    after = await take_in(broker, move(subject=ADA_AS_SUBJECT, occurred_on="2026-10-02"))
    assert await stream.route_waiting(broker) == 3
    progress = [event_of(broker.store, one.reference).progress for one in (before, died, after)]
    assert progress == ["routed", "routed", "held"]


async def test_a_death_that_was_taken_back_holds_nothing(broker: Broker) -> None:
    died = await tell(broker, death())
    await tell(broker, withdrawal(died.reference, subject=ADA_AS_SUBJECT))
    moved = await tell(broker, move(subject=ADA_AS_SUBJECT))
    assert event_of(broker.store, moved.reference).progress == "routed"


async def test_a_death_that_was_put_right_still_holds(broker: Broker) -> None:
    died = await tell(broker, death())
    put_right = await tell(broker, death(corrects=died.reference, occurred_on="2026-09-30"))
    moved = await tell(broker, move(subject=ADA_AS_SUBJECT))
    assert event_of(broker.store, put_right.reference).progress == "routed"
    assert event_of(broker.store, moved.reference).reason == "after-a-death"


async def test_a_correction_goes_to_exactly_those_who_had_the_original(broker: Broker) -> None:
    first = await tell(broker, move(direction="out"))
    put_right = await tell(broker, move(corrects=first.reference, direction="within"))
    originals = {of: letter["id"] for of, letter in letters_of(broker.store, first.reference).items()}
    letters = letters_of(broker.store, put_right.reference)
    assert sorted(originals) == sorted(letters) == ["allotments", "libraries"]  # parking had not been told
    assert {of: letter["corrects"] for of, letter in letters.items()} == originals
    assert {of: letter["data"]["original"] for of, letter in letters.items()} == originals


async def test_a_withdrawal_goes_to_exactly_those_who_had_the_original(broker: Broker) -> None:
    first = await tell(broker, move(direction="out"))
    for told in rows(broker.store, tables.delivery, tables.delivery.c.hand_over == "called"):
        broker.store.write_now(partial(_is_sent, told.id, broker))
    taken_back = await tell(broker, withdrawal(first.reference))
    letters = letters_of(broker.store, taken_back.reference)
    originals = {of: letter["id"] for of, letter in letters_of(broker.store, first.reference).items()}
    assert {of: letter["withdraws"] for of, letter in letters.items()} == originals


def _is_sent(delivery: str, broker: Broker, tx: Connection) -> None:
    assert ledger.claim(tx, delivery, "worker-1", broker.now(), broker.timing)


async def test_a_correction_stays_in_the_lane_of_what_it_corrects_however_unsure_it_reads(broker: Broker) -> None:
    first = await tell(broker, move())
    said = move(corrects=first.reference, subject={"name": {"forenames": "Benn", "surname": "Okafor"}})
    put_right = await tell(broker, said)
    row = event_of(broker.store, put_right.reference)
    assert (row.progress, row.person) == ("routed", BEN.id)
    assert told_to(broker.store, put_right.reference) == told_to(broker.store, first.reference)


async def test_a_withdrawal_of_what_nobody_was_told_goes_to_nobody_and_ends_it(broker: Broker) -> None:
    held = await tell(broker, move(subject={"name": {"forenames": "Wren", "surname": "Testwell"}}))
    taken_back = await tell(broker, withdrawal(held.reference))
    first = event_of(broker.store, held.reference)
    assert (first.progress, first.reason) == ("rejected", "replaced")
    assert event_of(broker.store, taken_back.reference).progress == "routed"
    assert rows(broker.store, tables.delivery) == []


async def test_a_correction_of_what_is_held_takes_its_place(broker: Broker) -> None:
    held = await tell(broker, move(subject={"name": {"forenames": "Wren", "surname": "Testwell"}}))
    put_right = await tell(broker, move(corrects=held.reference))
    first = event_of(broker.store, held.reference)
    assert (first.progress, first.reason) == ("rejected", "replaced")
    letters = letters_of(broker.store, put_right.reference)
    assert sorted(letters) == ["allotments", "libraries", "parking"]
    assert not any("corrects" in letter for letter in letters.values())


async def test_a_correction_that_is_told_in_one_breath_with_its_original_finds_it_routed(broker: Broker) -> None:
    first = await take_in(broker, move(direction="out"))
    put_right = await take_in(broker, move(corrects=first.reference, direction="within"))
    await stream.route_waiting(broker)
    assert told_to(broker.store, put_right.reference) == ["allotments", "libraries"]


async def test_what_a_department_cannot_do_without_is_asked_for_and_nothing_is_sent(broker: Broker) -> None:
    told = await tell(broker, contact_change(new_email=None))
    (row,) = rows(broker.store, tables.delivery)
    assert (row.department, row.standing, row.outcome) == ("libraries", "settled", "needs_information")
    assert orjson.loads(row.question)["field"] == "email"
    assert [topic for topic, _ in published(broker.store)] == ["life-events"]
    assert event_of(broker.store, told.reference).progress == "routed"


async def test_routing_a_notification_twice_changes_nothing(broker: Broker) -> None:
    await take_in(broker, move())
    waiting = await broker.store.read(waiting_for_a_route(10))
    (routed,) = await journey.tell(waiting, broker)
    before = everything(broker.store)
    (again,) = await journey.tell(waiting, broker)
    assert isinstance(routed.decision, Proceed)
    assert again == routed
    assert everything(broker.store) == before
    assert await stream.route_waiting(broker) == 0


async def test_holding_a_notification_twice_changes_nothing(broker: Broker) -> None:
    await take_in(broker, move(subject={"name": {"forenames": "Wren", "surname": "Testwell"}}))
    waiting = await broker.store.read(waiting_for_a_route(10))
    await journey.tell(waiting, broker)
    before = everything(broker.store)
    await journey.tell(waiting, broker)
    assert everything(broker.store) == before


async def test_a_directory_that_cannot_be_asked_is_never_nobody_found(broker: Broker, directory: ListDirectory) -> None:
    directory.down = True
    told = await take_in(broker, move())
    with pytest.raises(DirectoryUnavailable):
        await stream.route_waiting(broker)
    assert event_of(broker.store, told.reference).progress == "received"
    directory.down = False
    assert await stream.route_waiting(broker) == 1
    assert event_of(broker.store, told.reference).match == "matched"


async def test_what_was_written_down_and_cannot_be_read_any_more_is_put_aside_and_the_others_go_on(
    broker: Broker,
) -> None:
    """The rules of a newer version may refuse what an older one took."""
    odd, garbled, good = [await take_in(broker, move(), key=key) for key in ("1", "2", "3")]
    for told, body in ((odd, b'{"kind":"flood"}'), (garbled, b"{")):
        change = tables.event.update().where(tables.event.c.id == told.id).values(body=body)
        await broker.store.write(partial(_execute, change))
    assert await stream.route_waiting(broker) == 1
    progress = [event_of(broker.store, one.reference).progress for one in (odd, garbled, good)]
    assert progress == ["stuck", "stuck", "routed"]


def _execute(change: Update, tx: Connection) -> int:
    return tx.execute(change).rowcount


async def test_a_notification_that_breaks_an_adapter_s_rule_is_put_aside_and_the_others_go_on(
    store: Store, clock: Clock
) -> None:
    def breaks(facts: Facts) -> bool:
        raise ZeroDivisionError if facts.event.occurred_on == date(2026, 10, 4) else KeyError

    fragile = Adapter("fragile", title="Fragile", hand_over=HandOver.COLLECTS, lawful_basis="Public task")
    fragile.tells(Move, sees=MovedPerson, when=lambda facts: facts.event.kind == "move" and not breaks(facts))
    broker = make_broker(store, clock=clock, adapters=(fragile,))
    good = [await take_in(broker, death(occurred_on=day, registration=None), key=day) for day in ("2026-09-01",)]
    bad = [await take_in(broker, move(occurred_on=day), key=day) for day in ("2026-10-04", "2026-10-05")]
    await stream.route_waiting(broker)
    assert [event_of(store, one.reference).progress for one in (*good, *bad)] == ["routed", "stuck", "stuck"]
    assert [step.said for step in rows(store, tables.step) if step.step == "route"] == [
        "No department needs to know of this.",
        "Stopped by a fault of ours (ZeroDivisionError).",
        "Stopped by a fault of ours (KeyError).",
    ]


async def test_no_personal_data_stands_in_steps_audit_or_keys(broker: Broker) -> None:
    for document in (move(), death(), move(subject=STRANGER), move(subject={"name": {"surname": "Testwell"}})):
        await tell(broker, document)
    read = rows(broker.store, tables.step) + rows(broker.store, tables.audit)
    texts = " ".join(str(row) for row in read) + " ".join(key for _, key in published(broker.store))
    for value in ("Okafor", "Penhaligon", "Testwell", "QQ123456C", "QQ345678B", "1985-04-12", "AA1 1AA", "07700"):
        assert value not in texts
