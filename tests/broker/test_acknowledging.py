from datetime import date, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from broker import ledger, sweeper, tables
from broker.adapter import CrashMode
from broker.decision import Delivery
from broker.outcome import (
    Accepted,
    Awaited,
    Deferred,
    Heard,
    NeedsInformation,
    NotHeld,
    Outcome,
    Referred,
    Refused,
    Unheard,
    facts_of,
    outcome_of,
)
from broker.ports import Broker
from broker.standing import Standing
from broker.store import Store
from schemas.outcome import OutcomeFacts, OutcomeLetter, Question
from tests.broker import steps
from tests.broker.departments import LIBRARIES, PARKING, libraries
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, published, standings
from tests.broker.worlds import ADA, LEASE, START, WAITS, Clock, make_broker, rows

QUESTION = Question(field="new_address.postcode", ask="What is the postcode?")
EVERY_ANSWER: list[tuple[Outcome, dict[str, Any]]] = [
    (Accepted(receipt="R-1"), {"outcome": "accepted", "receipt": "R-1"}),
    (NotHeld(), {"outcome": "not_held"}),
    (
        Referred(by=date(2026, 11, 20), receipt="R-1", reason="needs-a-look"),
        {"outcome": "referred", "receipt": "R-1", "by_day": "2026-11-20", "reason": "needs-a-look"},
    ),
    (NeedsInformation(question=QUESTION), {"outcome": "needs_information", "question": QUESTION.model_dump_json()}),
    (Refused(reason="not-ours"), {"outcome": "refused", "reason": "not-ours"}),
    (Awaited(receipt="R-1"), {"outcome": "awaited", "receipt": "R-1"}),
]


async def hear(broker: Broker, of: Delivery, heard: Outcome, *, published: bool = True) -> Standing | None:
    facts = facts_of(heard, delivery=of.id, department=of.department, now=broker.now())
    return await steps.hear(facts, broker, published=published)


def outcome_letters(store: Store) -> list[OutcomeLetter]:
    found = rows(store, tables.outbox, tables.outbox.c.topic == "outcomes")
    return [OutcomeLetter.model_validate_json(row.value) for row in found]


@pytest.mark.parametrize(("heard", "said"), EVERY_ANSWER, ids=lambda value: type(value).__name__)
async def test_an_answer_is_written_down_told_and_ends_its_attempt(
    broker: Broker, clock: Clock, heard: Outcome, said: dict[str, Any]
) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    claimed = claim(broker, told)
    clock.pass_by(3)
    to = await answer(broker, claimed, heard)
    row = ledger_row(broker, told)
    assert (row.standing, row.claimed_by, row.claimed_until, row.due_at) == (to, None, None, None)
    wanted = {"receipt": None, "reason": None, "question": None, "by_day": None} | said
    assert {name: getattr(row, name) for name in wanted} == wanted
    assert row.settled_at == (None if to == "awaited" else clock.at)
    (attempt,) = rows(broker.store, tables.attempt)
    assert (attempt.heard, attempt.ended_at) == (said["outcome"], clock.at)
    (letter,) = outcome_letters(broker.store)
    assert (letter.subject, letter.source) == (told.id, ledger.BROKER_SOURCE)
    assert outcome_of(letter.data, clock.at) == heard


@pytest.mark.parametrize(("heard", "_"), EVERY_ANSWER, ids=lambda value: type(value).__name__)
def test_an_outcome_is_the_same_after_the_wire(heard: Outcome, _: object) -> None:
    wire = facts_of(heard, delivery="d", department="libraries", now=START).model_dump_json()
    assert outcome_of(OutcomeFacts.model_validate_json(wire), START) == heard


def test_a_wait_on_the_wire_is_a_time_of_day() -> None:
    wire = facts_of(
        Deferred(reason="closed", after=timedelta(hours=2)), delivery="d", department="libraries", now=START
    )
    assert wire.again_at == START + timedelta(hours=2)
    assert outcome_of(wire, START + timedelta(hours=1)) == Deferred(reason="closed", after=timedelta(hours=1))


@pytest.mark.parametrize(
    ("mode", "heard", "standing", "reason"),
    [
        (CrashMode.RESEND, Unheard(reason="http-500"), "retrying", "http-500"),
        (CrashMode.VERIFY, Unheard(reason="http-500"), "retrying", "http-500"),
        (CrashMode.HOLD, Unheard(reason="http-500"), "unknown", "http-500"),
        (CrashMode.HOLD, Deferred(reason="http-503"), "retrying", "http-503"),
    ],
)
async def test_what_follows_silence_is_what_the_adapter_declares(
    store: Store, clock: Clock, mode: CrashMode, heard: Heard, standing: str, reason: str
) -> None:
    broker = make_broker(store, clock=clock, adapters=(libraries(mode),))
    told = a_delivery(1)
    open_all(broker, told)
    assert await answer(broker, claim(broker, told), heard) == standing
    row = ledger_row(broker, told)
    assert (row.reason, row.outcome, row.claimed_until) == (reason, None, None)
    assert (row.due_at is not None) == (standing == "retrying")


async def test_when_every_try_is_used_up_an_operator_must_look_and_the_lane_waits(broker: Broker, clock: Clock) -> None:
    told, behind = a_delivery(1), a_delivery(2)
    open_all(broker, told, behind)
    for wait in (*WAITS, 0.0):
        heard = await answer(broker, claim(broker, told), Deferred(reason="busy"))
        clock.pass_by(wait * 1.3)
        await sweeper.sweep(broker)
    assert heard == "dead"
    row = ledger_row(broker, told)
    assert (row.attempts, row.reason, row.due_at) == (len(WAITS) + 1, "busy", None)
    assert claim(broker, behind) is None
    assert [one.heard for one in rows(broker.store, tables.attempt)] == ["deferred"] * 4


@pytest.mark.parametrize("standing", ["unknown", "dead", "retrying", "awaited", "sending"])
async def test_a_late_answer_is_true_wherever_the_delivery_stands(broker: Broker, standing: str) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    mine = claim(broker, told)
    if standing == "awaited":
        await answer(broker, mine, Awaited())
    elif standing != "sending":
        due = START + timedelta(hours=1) if standing == "retrying" else None
        broker.store.write_now(lambda tx: ledger.wait_until(tx, told.id, Standing(standing), "so", due))
    assert await hear(broker, told, Accepted(receipt="R-9")) == "settled"
    row = ledger_row(broker, told)
    assert (row.receipt, row.reason, row.due_at, row.claimed_by) == ("R-9", None, None, None)


async def test_the_first_final_answer_holds(broker: Broker) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    await answer(broker, claim(broker, told), Accepted(receipt="R-1"))
    before, attempts = ledger_row(broker, told), rows(broker.store, tables.attempt)
    for later in (Refused(reason="not-ours"), Accepted(receipt="R-2"), Deferred(reason="busy"), Awaited()):
        assert await hear(broker, told, later) == "settled"
    assert ledger_row(broker, told) == before
    assert rows(broker.store, tables.attempt) == attempts
    assert len(outcome_letters(broker.store)) == 1


@pytest.mark.parametrize("first", [Referred(receipt="R-1"), NeedsInformation(question=QUESTION, receipt="R-1")])
async def test_an_answer_for_the_time_being_is_replaced_by_the_next_and_keeps_its_receipt(
    broker: Broker, first: Outcome
) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    await answer(broker, claim(broker, told), first)
    assert await hear(broker, told, first) == "settled"
    assert await hear(broker, told, Accepted()) == "settled"
    row = ledger_row(broker, told)
    assert (row.outcome, row.receipt, row.question) == ("accepted", "R-1", None)


async def test_what_is_answered_on_the_topic_is_not_published_there_again(broker: Broker) -> None:
    told, collected = a_delivery(1, department=PARKING), a_delivery(2, department=LIBRARIES)
    open_all(broker, told, collected)
    await hear(broker, told, Accepted(receipt="R-1"), published=True)
    assert outcome_letters(broker.store) == []
    await hear(broker, collected, Accepted(receipt="R-2"), published=False)
    assert [letter.subject for letter in outcome_letters(broker.store)] == [collected.id]


async def test_a_department_answers_only_for_its_own_deliveries(broker: Broker) -> None:
    told = a_delivery(1, department=PARKING)
    open_all(broker, told)
    stranger = facts_of(Accepted(), delivery=told.id, department=LIBRARIES, now=START)
    assert await steps.hear(stranger, broker, published=True) is None
    nothing = facts_of(Accepted(), delivery=a_delivery(2).id, department=PARKING, now=START)
    assert await steps.hear(nothing, broker, published=True) is None
    assert standings(broker, told) == ["handed_over"]


async def test_a_back_office_that_asks_for_time_is_offered_it_again(broker: Broker, clock: Clock) -> None:
    told = a_delivery(1, department=PARKING)
    open_all(broker, told)
    assert await hear(broker, told, Deferred(reason="closed", after=timedelta(seconds=40))) == "retrying"
    clock.pass_by(50)
    await sweeper.sweep(broker)
    assert [topic for topic, _ in published(broker.store)] == ["departments.parking"] * 2
    assert ledger_row(broker, told).attempts == 2


async def test_a_back_office_that_answers_what_it_was_not_offered_yet_waits_its_turn(
    broker: Broker, clock: Clock
) -> None:
    first, second = a_delivery(1, department=PARKING), a_delivery(2, department=PARKING)
    open_all(broker, first, second)
    assert await hear(broker, second, Deferred(reason="closed")) == "retrying"
    clock.pass_by(5)
    await sweeper.sweep(broker)
    assert standings(broker, first, second) == ["handed_over", "waiting"]
    await hear(broker, first, Accepted())
    assert standings(broker, first, second) == ["settled", "handed_over"]


@pytest.mark.parametrize("mode", [CrashMode.RESEND, CrashMode.HOLD])
async def test_whose_process_died_is_retried_or_left_to_a_person(store: Store, clock: Clock, mode: CrashMode) -> None:
    broker = make_broker(store, clock=clock, adapters=(libraries(mode),))
    told = a_delivery(1)
    open_all(broker, told)
    claim(broker, told)
    await sweeper.sweep(broker)
    assert standings(broker, told) == ["sending"]
    clock.pass_by(LEASE.total_seconds())
    await sweeper.sweep(broker)
    row = ledger_row(broker, told)
    wanted = "unknown" if mode is CrashMode.HOLD else "retrying"
    assert (row.standing, row.reason) == (wanted, "process-ended")


async def test_a_process_that_is_alone_takes_over_at_once_and_not_from_itself(broker: Broker) -> None:
    theirs, ours = a_delivery(1), a_delivery(2, of=ADA)
    open_all(broker, theirs, ours)
    claim(broker, theirs, "a-process-that-died")
    claim(broker, ours)
    await sweeper.take_over(broker, alone=False)
    assert standings(broker, theirs, ours) == ["sending", "sending"]
    await sweeper.take_over(broker, alone=True)
    assert standings(broker, theirs, ours) == ["retrying", "sending"]


@pytest.mark.parametrize("second", ["worker-1", "worker-2"])
async def test_a_failure_of_an_earlier_request_does_not_touch_the_one_on_its_way(
    broker: Broker, clock: Clock, second: str
) -> None:
    """The first worker is slow: its lease has ended, and the delivery has been claimed again, perhaps by itself."""
    told = a_delivery(1)
    open_all(broker, told)
    slow = claim(broker, told, "worker-1")
    clock.pass_by(LEASE.total_seconds())
    await sweeper.sweep(broker)
    clock.pass_by(5)
    await sweeper.sweep(broker)
    quick = claim(broker, told, second)
    assert quick is not None
    for failure in (Unheard(reason="no-answer-in-time"), Deferred(reason="busy")):
        assert await answer(broker, slow, failure) == "sending"
    assert ledger_row(broker, told).claimed_by == second
    assert await answer(broker, slow, Accepted(receipt="R-1")) == "settled"
    assert await answer(broker, quick, Unheard(reason="http-500")) == "settled"


async def test_how_long_a_department_took_to_answer_is_counted(broker: Broker, clock: Clock) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    before = _seconds_counted(told.department)
    claimed = claim(broker, told)
    clock.pass_by(3)
    await answer(broker, claimed, Accepted(receipt="L-1"))
    assert _seconds_counted(told.department) - before == 3


def _seconds_counted(department: str) -> float:
    return REGISTRY.get_sample_value("tuo_told_seconds_sum", {"department": department}) or 0.0
