"""Calling off: withdrawals, corrections before their day, the cool-off of deaths, and one word that stops."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from broker import ledger, pigeonhole, stopping, sweeper, tables
from broker.adapter import Adapter, Conversation, HandOver
from broker.calendar import Wanted, calendar
from broker.case import Undone
from broker.facts import Facts
from broker.ledger import Timing
from broker.outcome import Accepted, Deferred, Heard, NotHeld, Refused, Unheard, facts_of
from broker.ports import Broker
from broker.store import Store
from broker.tracker import Tracker, track
from schemas.move import Move
from schemas.withdrawal import Withdrawal
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING, DeadPerson, MovedPerson
from tests.broker.steps import answer, hear
from tests.broker.worlds import (
    ADA_AS_SUBJECT,
    LEASE,
    REPUBLISH,
    START,
    Clock,
    death,
    make_broker,
    move,
    rows,
    tell,
    withdrawal,
)

COOL_OFF = timedelta(minutes=15)


def of(broker: Broker, reference: str) -> dict[str, Any]:
    """A notification's deliveries, by department."""
    (event,) = rows(broker.store, tables.event, tables.event.c.reference == reference)
    found = rows(broker.store, tables.delivery, tables.delivery.c.event_id == event.id)
    return {row.department: row for row in found}


def claim(broker: Broker, row: Any) -> ledger.Claim | None:  # noqa: ANN401 - a row of the ledger
    return broker.store.write_now(lambda tx: ledger.claim(tx, row.id, "worker-1", broker.now(), broker.timing))


async def answer_from(broker: Broker, row: Any, heard: Any) -> None:  # noqa: ANN401 - a row, an outcome
    facts = facts_of(heard, delivery=row.id, department=row.department, now=broker.now())
    assert await hear(facts, broker, published=True) is not None


def tracked(broker: Broker, reference: str) -> Tracker:
    found = broker.store.read_now(track(reference, broker.adapters, broker.now()))
    assert found is not None
    return found


def of_ada(reference: str) -> dict[str, Any]:
    return withdrawal(reference, subject=ADA_AS_SUBJECT)


@pytest.fixture
def careful(store: Store, clock: Clock) -> Broker:
    """A broker in which a death waits a quarter of an hour."""
    return replace(
        make_broker(store, clock=clock), timing=Timing(republish_after=REPUBLISH, lease=LEASE, cool_off=COOL_OFF)
    )


async def test_what_was_not_sent_is_called_off_and_its_department_hears_nothing(broker: Broker) -> None:
    died = await tell(broker, death())
    taken_back = await tell(broker, of_ada(died.reference))
    first = of(broker, died.reference)
    assert (first[LIBRARIES].standing, first[LIBRARIES].reason) == ("cancelled", "withdrawn")
    assert claim(broker, first[LIBRARIES]) is None, "it lies on the topic still, and is not sent"
    assert set(of(broker, taken_back.reference)) == {PARKING}, "parking reads its topic, and may have read it"
    case = tracked(broker, taken_back.reference).case
    assert case is not None
    assert {line.department: line.undone for line in case.lines} == {
        LIBRARIES: Undone.NEVER_ACTED,
        PARKING: Undone.OPEN,
    }
    assert case.open


@pytest.mark.parametrize("heard", [Deferred(reason="not-reached"), Deferred(reason="http-503")])
async def test_a_try_that_was_turned_away_unread_counts_as_not_sent(broker: Broker, heard: Heard) -> None:
    died = await tell(broker, death())
    await answer(broker, claim(broker, of(broker, died.reference)[LIBRARIES]), heard)
    taken_back = await tell(broker, of_ada(died.reference))
    assert of(broker, died.reference)[LIBRARIES].standing == "cancelled"
    assert LIBRARIES not in of(broker, taken_back.reference)


async def test_what_may_have_arrived_is_tried_no_more_and_undone(broker: Broker, clock: Clock) -> None:
    died = await tell(broker, death())
    await answer(broker, claim(broker, of(broker, died.reference)[LIBRARIES]), Unheard(reason="no-answer-in-time"))
    taken_back = await tell(broker, of_ada(died.reference))
    first = of(broker, died.reference)[LIBRARIES]
    assert (first.standing, first.reason) == ("cancelled", "withdrawn")
    undoing = of(broker, taken_back.reference)[LIBRARIES]
    assert (undoing.jump, undoing.released) == (2, True)
    assert await answer(broker, claim(broker, undoing), Accepted(receipt="R-1")) == "settled"
    clock.pass_by(86_400)
    await sweeper.sweep(broker)
    assert claim(broker, first) is None


async def test_what_came_after_its_withdrawal_and_was_refused_is_called_off_and_its_case_is_closed(
    broker: Broker,
) -> None:
    died = await tell(broker, death())
    mine = claim(broker, of(broker, died.reference)[LIBRARIES])
    await answer(broker, mine, Unheard(reason="no-answer-in-time"))
    taken_back = await tell(broker, of_ada(died.reference))
    await answer(broker, claim(broker, of(broker, taken_back.reference)[LIBRARIES]), NotHeld())
    # What was on the wire arrives now, and is answered; nobody waits for that any more.
    assert await answer(broker, mine, Refused(reason="withdrawn-before-it-came")) == "cancelled"
    line = next(one for one in tracked(broker, died.reference).departments if one.department == LIBRARIES)
    assert (line.standing, line.outcome) == ("cancelled", None)
    assert line.sentence.endswith("may have heard of it is put right. You need not do anything.")
    case = tracked(broker, died.reference).case
    assert case is not None
    assert {one.department: one.undone for one in case.lines}[LIBRARIES] is Undone.NEVER_ACTED


@pytest.mark.parametrize(
    ("heard", "standing"),
    [
        (Accepted(receipt="R"), "settled"),
        (Unheard(reason="http-500"), "cancelled"),
        (Deferred(reason="busy"), "cancelled"),
        (NotHeld(), "cancelled"),
        (Refused(reason="withdrawn-before-it-came"), "cancelled"),
    ],
)
async def test_a_request_that_is_on_its_way_is_waited_for_and_not_repeated(
    broker: Broker, heard: Heard, standing: str
) -> None:
    died = await tell(broker, death())
    mine = claim(broker, of(broker, died.reference)[LIBRARIES])
    taken_back = await tell(broker, of_ada(died.reference))
    undoing = of(broker, taken_back.reference)[LIBRARIES]
    assert claim(broker, undoing) is None
    assert await answer(broker, mine, heard) == standing
    assert await answer(broker, claim(broker, undoing), Accepted(receipt="R")) == "settled"


async def test_what_was_taken_back_is_collected_no_more_and_its_answer_is_waited_for_a_while(
    broker: Broker, clock: Clock
) -> None:
    moved = await tell(broker, move())
    taken_back = await tell(broker, withdrawal(moved.reference))
    undoing = of(broker, taken_back.reference)[ALLOTMENTS]
    assert broker.store.read_now(pigeonhole.waiting(ALLOTMENTS, 10)) == ()
    clock.pass_by(REPUBLISH.total_seconds() + 1)
    await sweeper.sweep(broker)
    assert of(broker, moved.reference)[ALLOTMENTS].standing == "cancelled"
    (here,) = broker.store.read_now(pigeonhole.waiting(ALLOTMENTS, 10))
    assert here.delivery == undoing.id


async def test_a_case_is_closed_when_everybody_who_had_it_has_answered_for_good(broker: Broker) -> None:
    moved = await tell(broker, move())
    first = of(broker, moved.reference)
    await answer(broker, claim(broker, first[LIBRARIES]), Accepted(receipt="R"))
    taken_back = await tell(broker, withdrawal(moved.reference))
    now = of(broker, taken_back.reference)
    assert set(now) == {"allotments", LIBRARIES, PARKING}
    for department in ("allotments", PARKING):
        await answer_from(broker, first[department], Accepted(receipt="R"))
        await answer_from(broker, now[department], NotHeld() if department == PARKING else Refused(reason="too-late"))
    case = tracked(broker, moved.reference).case
    assert case is not None
    assert case.open
    await answer(broker, claim(broker, now[LIBRARIES]), Accepted(receipt="R"))
    case = tracked(broker, taken_back.reference).case
    assert case is not None
    assert not case.open
    assert {line.department: line.undone for line in case.lines} == {
        "allotments": Undone.COULD_NOT,
        LIBRARIES: Undone.REVERSED,
        PARKING: Undone.NEVER_ACTED,
    }


async def test_a_death_waits_before_anybody_is_told_and_everything_else_does_not(careful: Broker, clock: Clock) -> None:
    died, moved = await tell(careful, death()), await tell(careful, move())
    assert {row.standing for row in of(careful, died.reference).values()} == {"waiting"}
    assert of(careful, moved.reference)[PARKING].standing == "handed_over"
    assert all(claim(careful, row) is None for row in of(careful, died.reference).values())
    said = {line.department: line.sentence for line in tracked(careful, died.reference).departments}
    assert said[LIBRARIES] == (
        "We will tell Libraries at 10:15 on 2 November 2026; until then this can be stopped. You need not do anything."
    )
    clock.pass_by(COOL_OFF.total_seconds() + 1)
    await sweeper.sweep(careful)
    told = of(careful, died.reference)
    assert told[PARKING].standing == "handed_over"
    assert claim(careful, told[LIBRARIES]) is not None


async def test_one_word_stops_a_death_in_its_cool_off(careful: Broker, clock: Clock) -> None:
    died = await tell(careful, death())
    word = stopping.Stop(reference=died.reference, actor="adviser:amara", reason="told of the wrong person")
    stopped = careful.store.write_now(stopping.stop(word, clock.at, careful.timing))
    assert stopped == stopping.Stopped(reference=died.reference, departments=(LIBRARIES, PARKING))
    again = careful.store.write_now(stopping.stop(word, clock.at, careful.timing))
    assert again == stopping.Stopped(reference=died.reference, departments=())
    clock.pass_by(86_400)
    await sweeper.sweep(careful)
    assert {(row.standing, row.reason) for row in of(careful, died.reference).values()} == {("cancelled", "stopped")}
    assert rows(careful.store, tables.outbox, tables.outbox.c.topic != "life-events") == []
    tracker = tracked(careful, died.reference)
    assert (tracker.progress, tracker.reason and tracker.reason.code) == ("rejected", "stopped")
    assert ("adviser:amara", "notification.stopped") in [
        (row.actor, row.what) for row in rows(careful.store, tables.audit)
    ]
    moved = await tell(careful, move(subject=ADA_AS_SUBJECT))
    assert tracked(careful, moved.reference).progress == "routed", "she is alive"


async def test_what_has_been_told_is_not_stopped(careful: Broker, clock: Clock) -> None:
    died = await tell(careful, death())
    clock.pass_by(COOL_OFF.total_seconds() + 1)
    await sweeper.sweep(careful)
    before = of(careful, died.reference)
    word = stopping.Stop(reference=died.reference, actor="x", reason="too late")
    with pytest.raises(stopping.TooLate, match="parking"):
        careful.store.write_now(stopping.stop(word, clock.at, careful.timing))
    assert of(careful, died.reference) == before
    nothing = stopping.Stop(reference="TUO-0000-0000-0000", actor="x", reason="none")
    assert careful.store.write_now(stopping.stop(nothing, clock.at, careful.timing)) is None


async def test_what_was_stopped_and_is_withdrawn_all_the_same_is_told_to_nobody(careful: Broker, clock: Clock) -> None:
    died = await tell(careful, death())
    word = stopping.Stop(reference=died.reference, actor="x", reason="wrong")
    careful.store.write_now(stopping.stop(word, clock.at, careful.timing))
    taken_back = await tell(careful, of_ada(died.reference))
    assert of(careful, taken_back.reference) == {}


def bins() -> Adapter:
    """A department that wants to hear of a move on the day of it."""
    adapter = Adapter("bins", title="Bins", hand_over=HandOver.CALLED, lawful_basis="Public task")

    def on_the_day(facts: Facts) -> date | None:
        return facts.event.occurred_on if isinstance(facts.event, Move) else None

    def talk(told: object) -> Conversation:
        raise AssertionError(told)

    adapter.on(Move, sees=MovedPerson, on_its_day=on_the_day)(talk)
    adapter.on(Withdrawal, sees=DeadPerson)(talk)
    return adapter


SOON = START.date() + timedelta(days=10)


@pytest.fixture
def dated(store: Store, clock: Clock) -> Broker:
    return make_broker(store, clock=clock, adapters=(bins(),), carriers={})


def on(day: date, **changes: object) -> dict[str, Any]:
    return move(occurred_on=str(day), told_at=None) | changes


async def test_what_waits_for_its_day_goes_on_that_day_and_holds_nobody_back(dated: Broker, clock: Clock) -> None:
    ahead = await tell(dated, on(SOON))
    today = await tell(dated, on(START.date() - timedelta(days=1), new_address=move()["previous_address"]))
    assert claim(dated, of(dated, ahead.reference)["bins"]) is None
    assert await answer(dated, claim(dated, of(dated, today.reference)["bins"]), Accepted(receipt="R")) == "settled"
    (entry,) = dated.store.read_now(calendar(Wanted(begins=clock.at), clock.at))
    midnight = datetime(SOON.year, SOON.month, SOON.day, tzinfo=UTC)
    assert (entry.at, entry.department, entry.reference, entry.what) == (midnight, "bins", ahead.reference, "its day")
    (line,) = tracked(dated, ahead.reference).departments
    assert line.sentence == "We will tell Bins on 12 November 2026. You need not do anything."
    clock.at = midnight
    await sweeper.sweep(dated)
    assert claim(dated, of(dated, ahead.reference)["bins"]) is not None


async def test_a_correction_before_the_day_takes_its_place(dated: Broker, clock: Clock) -> None:
    ahead = await tell(dated, on(SOON))
    later = await tell(dated, on(SOON + timedelta(days=5), corrects=ahead.reference))
    first, second = of(dated, ahead.reference)["bins"], of(dated, later.reference)["bins"]
    assert (first.standing, first.reason) == ("cancelled", "corrected")
    assert b'"corrects"' not in second.letter, "to this department it is the first"
    clock.pass_by(timedelta(days=12).total_seconds())
    await sweeper.sweep(dated)
    assert (claim(dated, first), claim(dated, second)) == (None, None)
    clock.pass_by(timedelta(days=4).total_seconds())
    await sweeper.sweep(dated)
    assert claim(dated, second) is not None


async def test_the_calendar_is_asked_by_time_and_department(careful: Broker, clock: Clock) -> None:
    died = await tell(careful, death())
    asked = careful.store.read_now(calendar(Wanted(begins=clock.at, department=PARKING), clock.at))
    assert [(one.department, one.what, one.reference) for one in asked] == [(PARKING, "cool-off", died.reference)]
    assert careful.store.read_now(calendar(Wanted(begins=clock.at + COOL_OFF * 2), clock.at)) == ()
    assert careful.store.read_now(calendar(Wanted(begins=clock.at, ends=clock.at + COOL_OFF), clock.at)) == ()
