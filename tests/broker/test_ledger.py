from datetime import timedelta

import pytest

from broker import ledger, tables
from broker.outcome import Accepted, Awaited, Deferred, Referred, Refused, Unheard
from broker.ports import Broker
from broker.standing import Standing
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, published, standings
from tests.broker.worlds import ADA, BEN, LEASE, REPUBLISH, START, Clock, rows


def offer_due(broker: Broker) -> int:
    return broker.store.write_now(lambda tx: ledger.offer_due(tx, broker.now(), broker.timing))


async def test_an_earlier_open_delivery_holds_back_only_the_later_one_of_that_person_there(broker: Broker) -> None:
    first, second = a_delivery(1), a_delivery(2)
    ada_s, parking_s = a_delivery(3, of=ADA), a_delivery(4, department=PARKING)
    open_all(broker, first, second, ada_s, parking_s)
    assert published(broker.store) == [
        ("departments.libraries", BEN.id),
        ("departments.libraries", ADA.id),
        ("departments.parking", BEN.id),
    ]
    assert claim(broker, second) is None
    assert await answer(broker, claim(broker, first), Accepted(receipt="R-1")) == "settled"
    assert published(broker.store)[-1] == ("departments.libraries", BEN.id)
    assert claim(broker, second) is not None


async def test_a_lane_is_in_the_order_of_acceptance_even_when_it_is_opened_in_another(broker: Broker) -> None:
    first, second, third = a_delivery(1), a_delivery(2), a_delivery(3)
    open_all(broker, first)
    open_all(broker, third)
    open_all(broker, second)
    await answer(broker, claim(broker, first), Accepted(receipt="R-1"))
    assert claim(broker, third) is None
    await answer(broker, claim(broker, second), Accepted(receipt="R-2"))
    assert claim(broker, third) is not None


@pytest.mark.parametrize(
    ("department", "standing", "attempts", "due", "topics"),
    [
        (LIBRARIES, "waiting", 0, START + REPUBLISH, ["departments.libraries"]),
        (PARKING, "handed_over", 1, START + REPUBLISH, ["departments.parking"]),
        (ALLOTMENTS, "handed_over", 1, None, []),
    ],
)
def test_each_back_office_is_offered_a_delivery_in_its_own_way(
    broker: Broker, department: str, standing: str, attempts: int, due: object, topics: list[str]
) -> None:
    told = a_delivery(1, department=department)
    open_all(broker, told)
    row = ledger_row(broker, told)
    assert (row.standing, row.attempts, row.due_at, row.released) == (standing, attempts, due, True)
    assert [topic for topic, _ in published(broker.store)] == topics
    assert len(rows(broker.store, tables.attempt)) == attempts
    assert row.first_tried_at == (START if attempts else None)


def test_a_delivery_is_claimed_once(broker: Broker) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    mine = claim(broker, told, "worker-1")
    assert mine is not None
    assert (mine.attempts, mine.letter, mine.first_tried_at) == (1, told.letter, START)
    assert claim(broker, told, "worker-2") is None
    assert claim(broker, told, "worker-1") is None
    row = ledger_row(broker, told)
    assert (row.standing, row.claimed_by, row.claimed_until) == ("sending", "worker-1", START + LEASE)
    assert row.due_at is None
    assert [(one.n, one.ended_at) for one in rows(broker.store, tables.attempt)] == [(1, None)]


async def test_what_has_been_answered_is_not_claimed_again_however_often_the_topic_repeats_it(broker: Broker) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    await answer(broker, claim(broker, told), Accepted(receipt="R-1"))
    assert [claim(broker, told) for _ in range(3)] == [None, None, None]


def test_opening_a_delivery_again_changes_nothing(broker: Broker, clock: Clock) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    before = ledger_row(broker, told)
    clock.pass_by(5)
    open_all(broker, told)
    assert ledger_row(broker, told) == before
    assert len(published(broker.store)) == 1


def test_what_lacks_something_is_asked_for_and_holds_nobody_back(broker: Broker) -> None:
    lacking, next_one = a_delivery(1, missing=True), a_delivery(2)
    open_all(broker, lacking, next_one)
    row = ledger_row(broker, lacking)
    assert (row.standing, row.outcome, row.reason) == ("settled", "needs_information", "incomplete")
    assert row.question == '{"field":"new_email","ask":"Please ask the caller for: new email."}'
    assert claim(broker, lacking) is None
    assert claim(broker, next_one) is not None


async def test_a_retry_keeps_its_place_in_the_lane(broker: Broker, clock: Clock) -> None:
    first, second = a_delivery(1), a_delivery(2)
    open_all(broker, first, second)
    assert await answer(broker, claim(broker, first), Deferred(reason="busy")) == "retrying"
    assert claim(broker, first) is None
    assert claim(broker, second) is None
    assert offer_due(broker) == 0
    clock.pass_by(2)
    assert offer_due(broker) == 1
    assert claim(broker, second) is None
    again = claim(broker, first)
    assert again is not None
    assert (again.attempts, again.first_tried_at) == (2, START)


@pytest.mark.parametrize(("department", "attempts"), [(LIBRARIES, 0), (PARKING, 5)])
def test_what_seems_lost_is_offered_again_ever_more_rarely(
    broker: Broker, clock: Clock, department: str, attempts: int
) -> None:
    told = a_delivery(1, department=department)
    open_all(broker, told)
    offered_after = []
    for _ in range(60):
        clock.pass_by(15)
        if offer_due(broker):
            offered_after.append((clock.at - START) / REPUBLISH)
    assert offered_after == [1, 2, 4, 8]
    assert len(published(broker.store)) == 5
    assert ledger_row(broker, told).attempts == attempts


def test_what_is_collected_is_not_offered_again(broker: Broker, clock: Clock) -> None:
    open_all(broker, a_delivery(1, department=ALLOTMENTS))
    clock.pass_by(timedelta(days=30).total_seconds())
    assert offer_due(broker) == 0


def test_leases_that_have_ended_are_found(broker: Broker, clock: Clock) -> None:
    told, other = a_delivery(1), a_delivery(2, of=ADA)
    open_all(broker, told, other)
    claim(broker, told, "worker-1")
    clock.pass_by(30)
    claim(broker, other, "worker-2")

    def ended(*but: str) -> list[str]:
        found = broker.store.read_now(lambda tx: ledger.ended_leases(tx, broker.now(), but))
        return [row.id for row in found]

    assert ended() == []
    assert ended("worker-2") == [told.id]  # whoever is alone need not wait
    clock.pass_by(LEASE.total_seconds() - 30)
    assert ended() == [told.id]
    assert sorted(ended("worker-1")) == sorted([told.id, other.id])
    clock.pass_by(30)
    assert sorted(ended()) == sorted([told.id, other.id])


async def test_what_was_sent_before_an_earlier_one_came_is_answered_first(broker: Broker) -> None:
    """An operator puts an earlier notification back on its way while a later one is being sent."""
    earlier, later = a_delivery(1), a_delivery(2)
    open_all(broker, later)
    claimed = claim(broker, later)
    open_all(broker, earlier)
    assert claim(broker, earlier) is None
    await answer(broker, claimed, Accepted(receipt="R-2"))
    assert claim(broker, earlier) is not None


@pytest.mark.parametrize("heard", [Deferred(reason="busy"), Unheard(reason="http-500")])
async def test_an_earlier_one_goes_before_the_retry_of_a_later_one(
    broker: Broker, clock: Clock, heard: Deferred | Unheard
) -> None:
    earlier, later = a_delivery(1), a_delivery(2)
    open_all(broker, later)
    claimed = claim(broker, later)
    open_all(broker, earlier)
    await answer(broker, claimed, heard)
    first = claim(broker, earlier)
    clock.pass_by(5)
    offer_due(broker)
    assert claim(broker, later) is None
    await answer(broker, first, Accepted(receipt="R-1"))
    assert claim(broker, later) is not None


async def test_an_answer_that_comes_later_leaves_the_lane_open(broker: Broker) -> None:
    first, second = a_delivery(1), a_delivery(2)
    open_all(broker, first, second)
    assert await answer(broker, claim(broker, first), Awaited(receipt="R-1")) == "awaited"
    assert claim(broker, second) is not None


async def test_a_refusal_leaves_the_lane_open_and_an_unknown_effect_does_not(broker: Broker) -> None:
    refused, behind = a_delivery(1), a_delivery(2)
    open_all(broker, refused, behind)
    await answer(broker, claim(broker, refused), Refused(reason="not-ours"))
    open_all(broker, a_delivery(3))
    given_up = claim(broker, behind)
    broker.store.write_now(lambda tx: ledger.wait_until(tx, behind.id, Standing.UNKNOWN, "no-answer", None))
    assert given_up is not None
    assert standings(broker, refused, behind, a_delivery(3)) == ["settled", "unknown", "waiting"]
    assert claim(broker, a_delivery(3)) is None


async def test_every_answer_is_told_on_the_topic_of_outcomes(broker: Broker) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    await answer(broker, claim(broker, told), Referred(receipt="R-1", reason="needs-a-look"))
    assert published(broker.store)[-1] == ("outcomes", BEN.id)
