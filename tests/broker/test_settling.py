from broker import lanes, settling, tables
from broker.claims import Claim, claim_all
from broker.decision import Delivery
from broker.delivering import Attempted
from broker.outcome import Accepted, Deferred, Heard, Refused
from broker.ports import Broker
from broker.settling import Settled
from broker.standing import STRAIGHT, Standing
from tests.broker.departments import LIBRARIES
from tests.broker.steps import a_delivery, claim, ledger_row, open_all, settle, standings
from tests.broker.worlds import ADA, rows

YES = Accepted(receipt="R")
YES_AND_NO: list[Heard] = [YES, Refused(reason="not-ours")]
BUSY_AND_YES: list[Heard] = [Deferred(reason="busy"), YES]


def heard(broker: Broker, claimed: Claim | None, said: Heard) -> Attempted:
    assert claimed is not None
    return Attempted(claim=claimed, heard=said, ended_at=broker.now())


def on_topics(broker: Broker, *told: Delivery) -> list[bool]:
    """Which of these letters wait to be published."""
    letters = {row.value for row in rows(broker.store, tables.outbox)}
    return [one.letter in letters for one in told]


def straight(broker: Broker) -> list[tuple[str, int]]:
    return list(broker.store.read_now(lambda tx: lanes.straight_to(tx, LIBRARIES, 9)))


async def test_answers_of_one_moment_leave_the_same_record_as_one_by_one(broker: Broker) -> None:
    told = [a_delivery(1), a_delivery(2, of=ADA)]
    open_all(broker, *told)
    said = [heard(broker, claim(broker, one), answer) for one, answer in zip(told, YES_AND_NO, strict=True)]
    assert await settling.settle_all(said, broker) == [Settled(Standing.SETTLED), Settled(Standing.SETTLED)]
    found = [ledger_row(broker, one) for one in told]
    assert [(row.outcome, row.receipt, row.reason) for row in found] == [
        ("accepted", "R", None),
        ("refused", None, "not-ours"),
    ]
    assert {row.claimed_by for row in found} == {None}
    tried = {row.delivery_number: row.heard for row in rows(broker.store, tables.attempt)}
    assert [tried[row.number] for row in found] == ["accepted", "refused"]
    steps = {row.event_seq: row.said for row in rows(broker.store, tables.step, tables.step.c.step == "acknowledge")}
    assert [steps[one.seq] for one in told] == ["Answered: accepted.", "Answered: refused."]
    noted = {row.about: row.said for row in rows(broker.store, tables.audit)}
    assert [noted[one.id] for one in told] == ["accepted", "refused"]
    published = [row for row in rows(broker.store, tables.outbox) if row.topic.endswith("outcomes")]
    assert [row.key for row in published] == [one.person for one in told]


async def test_a_late_answer_among_them_is_judged_by_itself_and_spoils_no_other(broker: Broker) -> None:
    twice, once = a_delivery(1), a_delivery(2, of=ADA)
    open_all(broker, twice, once)
    answered = heard(broker, claim(broker, twice), YES)
    assert await settle(answered, broker) == "settled"
    late = heard(broker, answered.claim, Refused(reason="changed-their-mind"))
    settled = await settling.settle_all([late, heard(broker, claim(broker, once), YES)], broker)
    assert [one.standing for one in settled] == ["settled", "settled"]
    assert ledger_row(broker, twice).outcome == "accepted", "the first answer holds"
    assert ledger_row(broker, once).outcome == "accepted"
    audited = [row.about for row in rows(broker.store, tables.audit) if row.what == "delivery.answered"]
    assert sorted(audited) == sorted([twice.id, once.id]), "each once"


async def test_a_failure_among_answers_is_put_aside_in_the_same_unit(broker: Broker) -> None:
    told = [a_delivery(1), a_delivery(2, of=ADA)]
    open_all(broker, *told)
    busy, done = (heard(broker, claim(broker, one), said) for one, said in zip(told, BUSY_AND_YES, strict=True))
    settled = await settling.settle_all([busy, done], broker)
    assert [one.standing for one in settled] == standings(broker, *told) == ["retrying", "settled"]


async def test_a_person_s_next_goes_by_the_topic_or_straight_to_the_engine_that_asked(broker: Broker) -> None:
    first, second, third, other = a_delivery(1), a_delivery(2), a_delivery(3), a_delivery(4, of=ADA)
    open_all(broker, first, second, third, other)
    answered = heard(broker, claim(broker, first), YES)
    others = heard(broker, claim(broker, other), YES)
    told = await settling.settle_all([others, answered], broker, at_hand=True)
    assert told == [Settled(Standing.SETTLED), Settled(Standing.SETTLED, second.id)]
    assert on_topics(broker, second, third) == [False, False]
    # Should the engine die now, the next one finds it here.
    assert straight(broker) == [(second.id, STRAIGHT)]
    assert claim(broker, third) is None, "one of a lane at a time"
    await settle(heard(broker, claim(broker, second), YES), broker)
    assert on_topics(broker, second, third) == [False, True]
    assert straight(broker) == []


async def test_a_delivery_that_is_asked_for_with_others_is_claimed_as_by_itself(broker: Broker) -> None:
    first, second, other = a_delivery(1), a_delivery(2), a_delivery(3, of=ADA)
    open_all(broker, first, second, other)
    wanted = [second.id, other.id, first.id, first.id, "nobody's"]
    at = broker.now()
    got = broker.store.write_now(lambda tx: claim_all(tx, wanted, broker.worker, at, broker.timing))
    assert set(got) == {first.id, other.id}, "the second waits behind the first"
    assert got[other.id].letter == other.letter
    assert [row.n for row in rows(broker.store, tables.attempt)] == [1, 1]
