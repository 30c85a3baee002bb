"""Failures are told by cause, and a replay puts each back on its way under the same identity."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
import pytest

from broker import journey, ledger, sweeper
from broker.adapter import CrashMode
from broker.failures import burying, failures
from broker.failures.failures import Cause, Wanted
from broker.failures.groups import groups
from broker.failures.sticking import stick
from broker.ids import delivery_id
from broker.ledger import Claim
from broker.notifications import notification_of
from broker.outcome import Accepted, Deferred, Heard, Refused, Unheard
from broker.ports import Broker
from broker.record import Record
from broker.replays.replaying import Order, Report, Skipped, replay
from broker.standing import Progress, Standing
from broker.stream import route_waiting
from broker.tables import attempt, audit, dead_letter, delivery, event, outbox
from tests.broker.departments import LIBRARIES, PARKING, ScriptedCarrier, libraries
from tests.broker.worlds import Clock, death, enveloped, make_broker, move, plain, rows, take_in, tell

ORDER = Order(actor="operator:olu", reason="the libraries are back")
Fail = Callable[[Broker, Clock, ScriptedCarrier], Awaitable[str]]


def delivered(broker: Broker, department: str = LIBRARIES) -> list[Any]:
    """The department's deliveries, in the order of acceptance."""
    return sorted(rows(broker.store, delivery, delivery.c.department == department), key=lambda row: row.seq)


async def attempt_once(broker: Broker, of: str, carrier: ScriptedCarrier, heard: Heard) -> Standing:
    carrier.answers.append(heard)
    claim: Claim | None = await broker.store.write(
        lambda tx: ledger.claim(tx, of, broker.worker, broker.now(), broker.timing)
    )
    assert claim is not None, "it was not there to be sent"
    return await journey.hand_over(claim, broker)


async def die(broker: Broker, clock: Clock, carrier: ScriptedCarrier, which: int = 0) -> str:
    """Every try of a delivery is used up."""
    of = str(delivered(broker)[which].id)
    while await attempt_once(broker, of, carrier, Deferred(reason="closed")) is not Standing.DEAD:
        clock.pass_by(1000)
        await broker.store.write(lambda tx: ledger.offer_due(tx, clock(), broker.timing))
    return of


async def go_unanswered(broker: Broker, clock: Clock, carrier: ScriptedCarrier) -> str:
    of = str(delivered(broker)[0].id)
    assert await attempt_once(broker, of, carrier, Unheard(reason="timed-out")) is Standing.UNKNOWN
    return of


async def be_refused(broker: Broker, clock: Clock, carrier: ScriptedCarrier) -> str:
    of = str(delivered(broker)[0].id)
    assert await attempt_once(broker, of, carrier, Refused(reason="no-such-card")) is Standing.SETTLED
    return of


def holding(broker: Broker, clock: Clock) -> Broker:
    """The same world, where a person must look at what went unanswered."""
    return make_broker(broker.store, clock=clock, adapters=[libraries(CrashMode.HOLD)], carriers=broker.carriers)


async def buried(broker: Broker, value: bytes, topic: str = "life-events") -> str:
    record = Record(topic=topic, partition=0, position=7, key=b"key", value=value)
    await burying.bury(record, "earlier-not-found", broker)
    (row,) = rows(broker.store, dead_letter)
    return f"{failures.DEAD_LETTER}{row.id}"


@pytest.mark.parametrize(
    ("fail", "cause", "reason"),
    [
        (die, Cause.DEAD, "closed"),
        (go_unanswered, Cause.UNKNOWN, "timed-out"),
        (be_refused, Cause.REFUSED, "no-such-card"),
    ],
)
async def test_a_replayed_delivery_keeps_its_id_and_its_history_and_is_offered_in_the_same_commit(
    broker: Broker, clock: Clock, carrier: ScriptedCarrier, fail: Fail, cause: Cause, reason: str
) -> None:
    broker = holding(broker, clock)
    told = await tell(broker, move())
    failed = await fail(broker, clock, carrier)
    assert failed == str(delivery_id(UUID(told.id), LIBRARIES, 1))
    (group,) = broker.store.read_now(groups)
    assert (group.cause, group.department, group.reason, group.count) == (cause, LIBRARIES, reason, 1)
    before = rows(broker.store, attempt)
    published = len(rows(broker.store, outbox, outbox.c.topic == "departments.libraries"))

    assert await replay([failed], ORDER, broker) == Report(replayed=(failed,))

    (row,) = delivered(broker)
    assert (row.id, row.standing, row.released, row.outcome, row.reason) == (failed, "waiting", True, None, None)
    assert len(rows(broker.store, outbox, outbox.c.topic == "departments.libraries")) == published + 1
    (noted,) = rows(broker.store, audit, audit.c.what == "delivery.replayed")
    assert (noted.actor, noted.about, noted.said) == (ORDER.actor, failed, ORDER.reason)
    assert broker.store.read_now(failures.listing) == []
    assert await attempt_once(broker, failed, carrier, Accepted(receipt="R-9")) is Standing.SETTLED
    assert rows(broker.store, attempt)[: len(before)] == before
    assert set(carrier.keys) == {failed}
    letters = [orjson.loads(row.value)["id"] for row in rows(broker.store, outbox, outbox.c.topic == "outcomes")]
    assert len(set(letters)) == len(letters), "two outcome letters have one id"


async def test_a_replay_of_a_dead_delivery_sets_the_person_s_lane_free(
    broker: Broker, clock: Clock, carrier: ScriptedCarrier
) -> None:
    for key in ("first", "second"):
        await tell(broker, move(), key)
    failed = await die(broker, clock, carrier)
    examined = broker.store.read_now(lambda tx: failures.show(tx, failed))
    assert examined is not None
    assert (examined.behind, len(examined.attempts)) == (1, 4)
    await replay([failed], ORDER, broker)
    assert [row.released for row in delivered(broker)] == [True, False]
    await attempt_once(broker, failed, carrier, Accepted(receipt="R-1"))
    assert [(row.standing, row.released) for row in delivered(broker)] == [("settled", True), ("waiting", True)]


async def test_a_refused_delivery_that_a_later_event_has_overtaken_is_replayed_only_by_force(
    broker: Broker, clock: Clock, carrier: ScriptedCarrier
) -> None:
    await tell(broker, move(), "first")
    failed = await be_refused(broker, clock, carrier)
    await tell(broker, move(), "second")
    report = await replay([failed], ORDER, broker)
    assert report.replayed == ()
    assert "later event" in report.skipped[0].because
    assert delivered(broker)[0].outcome == "refused"
    forced = Order(actor=ORDER.actor, reason=ORDER.reason, force=True)
    assert await replay([failed], forced, broker) == Report(replayed=(failed,))
    assert delivered(broker)[0].standing == Standing.WAITING


async def test_a_stuck_notification_is_published_and_routed_again(broker: Broker, clock: Clock) -> None:
    recorded = await take_in(broker, death())
    (row,) = rows(broker.store, event)
    await stick(notification_of(row), "KeyError", broker)
    (failure,) = broker.store.read_now(failures.listing)
    assert (failure.cause, failure.reference) == (Cause.STUCK, recorded.reference)
    assert await replay([recorded.reference.lower()], ORDER, broker) == Report(replayed=(recorded.reference.lower(),))
    published = len(rows(broker.store, outbox))
    await sweeper.sweep(broker)
    assert len(rows(broker.store, outbox)) == published + 1
    await route_waiting(broker)
    assert rows(broker.store, event)[0].progress == Progress.ROUTED
    assert len(delivered(broker, PARKING)) == 1


async def test_a_dead_letter_is_taken_in_once_it_can_be_and_only_once(broker: Broker) -> None:
    correction = enveloped(move(corrects="TUO-0000-0000-0000"), id="feed-2")
    failed = await buried(broker, correction)
    report = await replay([failed], ORDER, broker)
    assert "cannot be taken in" in report.skipped[0].because
    assert rows(broker.store, event) == []

    earlier = await take_in(broker, move(), "first")
    mended = enveloped(move(corrects=earlier.reference), id="feed-2")
    await broker.store.write(lambda tx: tx.execute(dead_letter.update().values(value=mended)).rowcount)
    assert await replay([failed], ORDER, broker) == Report(replayed=(failed,))
    assert len(rows(broker.store, event)) == 2
    assert broker.store.read_now(groups) == []
    assert (await replay([failed], ORDER, broker)).skipped == (
        Skipped(id=failed, because="it has been replayed before"),
    )


async def test_what_was_no_life_event_is_left_to_whoever_wrote_it(broker: Broker) -> None:
    failed = await buried(broker, b"not an answer", topic="outcomes")
    report = await replay([failed, "dead-letter-99", "no-such-id"], ORDER, broker)
    assert report.replayed == ()
    assert [skipped.id for skipped in report.skipped] == [failed, "dead-letter-99", "no-such-id"]


async def test_failures_are_chosen_by_department_reason_and_cause(
    broker: Broker, clock: Clock, carrier: ScriptedCarrier
) -> None:
    await tell(broker, move())
    failed = await be_refused(broker, clock, carrier)
    letter = await buried(broker, plain(move()))

    def chosen(wanted: Wanted) -> list[str]:
        return [failure.id for failure in broker.store.read_now(lambda tx: failures.listing(tx, wanted))]

    assert sorted(chosen(Wanted())) == sorted([failed, letter])
    assert chosen(Wanted(department=LIBRARIES)) == [failed]
    assert chosen(Wanted(cause=Cause.UNREADABLE)) == [letter]
    assert chosen(Wanted(reason="no-such-card", cause=Cause.DEAD)) == []
