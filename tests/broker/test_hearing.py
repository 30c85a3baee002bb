"""Answers that departments sent by themselves: heard together or one by one, the same is written down."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

import pytest

from broker import acknowledging, pigeonhole, tables
from broker.grouping import Group
from broker.hearing import hear_all
from broker.pigeonhole import Acknowledged
from broker.ports import Broker
from broker.schema import bring_up_to_date
from broker.store import Store, StoreUnavailable
from schemas.outcome import OutcomeFacts
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING
from tests.broker.steps import a_delivery, ledger_row, open_all, standings
from tests.broker.worlds import ADA, make_broker, rows
from tests.broker.written import everything

BENS, BEHIND_IT = a_delivery(1, department=PARKING), a_delivery(2, department=PARKING)
ADAS, COLLECTED = a_delivery(3, of=ADA, department=PARKING), a_delivery(4, of=ADA, department=ALLOTMENTS)
NOT_OFFERED, CALLED = a_delivery(5, of=ADA, department=ALLOTMENTS), a_delivery(6, department=LIBRARIES)


def said(delivery: str, department: str, outcome: str = "accepted", **more: str) -> OutcomeFacts:
    return OutcomeFacts.model_validate({"delivery": delivery, "department": department, "outcome": outcome, **more})


SAID = [
    said(BENS.id, PARKING, receipt="R-1"),
    said(ADAS.id, PARKING, "referred", by="2026-12-01", reason="by-hand"),
    said(BENS.id, PARKING, receipt="R-2"),  # again, and otherwise: the first stands
    said(COLLECTED.id, PARKING),  # not theirs
    said(COLLECTED.id, ALLOTMENTS, "not_held"),
    said(NOT_OFFERED.id, ALLOTMENTS, "deferred", reason="not-now"),
    said(CALLED.id, LIBRARIES, "awaited"),
    said("nothing of ours", PARKING),
]


@pytest.mark.parametrize("published", [True, False])
async def test_what_is_heard_together_is_written_as_if_heard_one_by_one(tmp_path: Path, published: bool) -> None:
    one, other = tmp_path / "together.db", tmp_path / "alone.db"
    with Store(f"sqlite:///{one}") as store:
        bring_up_to_date(store)
        open_all(make_broker(store), BENS, BEHIND_IT, ADAS, COLLECTED, NOT_OFFERED, CALLED)
    shutil.copy(one, other)
    with Store(f"sqlite:///{one}") as store, Store(f"sqlite:///{other}") as copy:
        together = await hear_all(SAID, make_broker(store), published=published)
        broker = make_broker(copy)
        alone = [acknowledging.hearing(each, broker, published=published) for each in SAID]
        assert together == [await copy.write(unit) for unit in alone]
        for name, found in everything(store).items():
            numbered = {"step", "audit", "outbox"}  # those have numbers of their own, in the order of writing
            kept = [sorted(str(row[name in numbered :]) for row in held) for held in (found, everything(copy)[name])]
            assert kept[0] == kept[1], name
        assert ledger_row(broker, BENS).receipt == "R-1"
        assert ledger_row(broker, BEHIND_IT).standing == "handed_over"


async def test_acknowledgements_that_come_at_once_have_each_its_own_answer(broker: Broker) -> None:
    collected = [a_delivery(n, of=ADA if n % 2 else None, department=ALLOTMENTS) for n in (1, 2)]
    theirs, called = a_delivery(3, department=PARKING), a_delivery(4, department=LIBRARIES)
    open_all(broker, *collected, theirs, called)
    desk = Group(partial(pigeonhole.acknowledge_all, broker=broker))
    answers = await asyncio.gather(
        *[desk.add(said(each.id, ALLOTMENTS, receipt="A-1")) for each in collected],
        *[desk.add(said(each.id, ALLOTMENTS, receipt="A-1")) for each in collected],
        desk.add(said(collected[0].id, ALLOTMENTS, "refused", reason="not-ours")),
        desk.add(said(theirs.id, PARKING)),
        desk.add(said(called.id, LIBRARIES)),
    )
    taken, unknown = Acknowledged.TAKEN, Acknowledged.UNKNOWN
    assert answers == [taken, taken, taken, taken, Acknowledged.ANSWERED_OTHERWISE, unknown, unknown]
    assert standings(broker, *collected, theirs, called) == ["settled", "settled", "handed_over", "waiting"]
    assert len(rows(broker.store, tables.audit, tables.audit.c.what == "delivery.answered")) == 2


async def test_while_the_database_is_gone_everybody_at_the_desk_is_told_so(sqlite_url: str) -> None:
    desk = Group(partial(pigeonhole.acknowledge_all, broker=make_broker(Store(sqlite_url))))
    asked = [desk.add(said(f"{n}", ALLOTMENTS)) for n in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3
