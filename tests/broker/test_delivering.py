from datetime import datetime

import httpx
import pytest

from broker import delivering, journey, ledger, sweeper, tables
from broker.adapter import CrashMode
from broker.decision import Delivery
from broker.outcome import (
    Accepted,
    Deferred,
    Heard,
    Referred,
    Refused,
    Unheard,
)
from broker.ports import Broker
from broker.standing import Standing
from broker.store import Store
from tests.broker.departments import LIBRARIES, ScriptedCarrier, libraries
from tests.broker.steps import a_delivery, claim, ledger_row, open_all
from tests.broker.worlds import Clock, make_broker, rows


async def test_a_conversation_says_what_the_department_may_see_and_no_more(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    claimed = claim(broker, told)
    assert claimed is not None
    assert await journey.hand_over(claimed, broker) == "settled"
    assert carrier.seen == [("POST", "/moves", told.id)]
    assert carrier.bodies == [{"notification": "TUO-1"}]
    assert ledger_row(broker, told).receipt == "R-1"


async def test_a_repeat_is_asked_for_first_where_the_back_office_can_be_asked(store: Store, clock: Clock) -> None:
    carrier = ScriptedCarrier(
        [Unheard(reason="no-answer-in-time"), httpx.Response(404), httpx.Response(500), httpx.Response(200, json={})]
    )
    broker = make_broker(store, clock=clock, adapters=(libraries(CrashMode.VERIFY),), carriers={LIBRARIES: carrier})
    told = a_delivery(1)
    open_all(broker, told)
    assert await hand_over(broker, told) == "retrying"
    clock.pass_by(2)
    carrier.answers[1:] = [Unheard(reason="http-500")]
    assert await hand_over(broker, told) == "retrying"
    clock.pass_by(20)
    carrier.answers[:] = [httpx.Response(200, json={"receipt": "R-7"})]
    assert await hand_over(broker, told) == "settled"
    by_key = f"/by-key/{told.id}"
    assert [path for _, path, _ in carrier.seen] == ["/moves", by_key, "/moves", by_key]
    assert set(carrier.keys) == {told.id}
    assert ledger_row(broker, told).receipt == "R-7"


async def hand_over(broker: Broker, of: Delivery) -> Standing:
    await sweeper.sweep(broker)
    claimed = claim(broker, of)
    assert claimed is not None
    return await journey.hand_over(claimed, broker)


@pytest.mark.parametrize(
    ("missing", "reason"), [("adapter", "no-adapter"), ("carrier", "no-address"), ("telling", "no-conversation")]
)
async def test_a_department_that_cannot_be_reached_any_more_is_tried_again(
    store: Store, clock: Clock, missing: str, reason: str
) -> None:
    adapters = () if missing == "adapter" else (libraries(),)
    broker = make_broker(store, clock=clock, adapters=adapters, carriers={} if missing == "carrier" else None)
    told = a_delivery(1)
    open_all(broker, told)
    claimed = claim(broker, told)
    assert claimed is not None
    if missing == "telling":
        claimed = ledger.Claim(**{name: getattr(claimed, name) for name in claimed.__slots__} | {"kind": "name_change"})
    attempted = await delivering.converse(claimed, broker)
    assert attempted.heard == Deferred(reason=reason)


@pytest.mark.parametrize(
    "odd",
    [
        Accepted(receipt="R" * 300),
        Accepted(receipt="R\x00-1"),
        Refused(reason="Not ours, sorry"),
        Refused(reason=""),
        Referred(reason="Q" * 65),
    ],
    ids=["a receipt too long", "a receipt with NUL", "a reason that is a text", "no reason", "a reason too long"],
)
async def test_an_answer_that_cannot_be_kept_is_no_answer(store: Store, clock: Clock, odd: Heard) -> None:
    broker = make_broker(store, clock=clock, carriers={LIBRARIES: ScriptedCarrier([odd])})
    told = a_delivery(1)
    open_all(broker, told)
    assert await hand_over(broker, told) == "retrying"
    row = ledger_row(broker, told)
    assert (row.reason, row.receipt) == ("answer-not-fit", None)
    (attempt,) = rows(store, tables.attempt)
    assert (attempt.heard, isinstance(attempt.ended_at, datetime)) == ("unheard", True)
