"""A disk without room: the database takes nothing half and goes on afterwards; a log that cannot be written is no harm."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import structlog
from sqlalchemy import Connection, insert

from broker import tables, telemetry
from broker.outcome import Accepted
from broker.ports import Broker
from broker.store import Store, StoreUnavailable
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.replays import serve
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, standings
from tests.broker.worlds import make_broker, move, rows, take_in


def with_room_for(pages: int | None) -> Callable[[Connection], None]:
    """From now on the database may grow by so many pages, or, without a number, as it likes."""

    def unit(tx: Connection) -> None:
        now = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        most = now + pages if pages is not None else 1_073_741_823
        tx.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    return unit


def fill(store: Store, letter_bytes: int) -> None:
    """Put letters of this size in the outbox until there is no room for another."""
    row = {"topic": "elsewhere", "key": "k", "value": b"x" * letter_bytes}
    for _ in range(1000):
        try:
            store.write_now(lambda tx: tx.execute(insert(tables.outbox), row).rowcount)
        except StoreUnavailable:
            return
    raise AssertionError("there is room without end")


async def test_a_database_without_room_takes_nothing_half_and_goes_on_when_there_is_room(
    sqlite_store: Store, carrier: ScriptedCarrier
) -> None:
    broker = make_broker(sqlite_store, carriers={LIBRARIES: carrier})
    first = await take_in(broker, move(), key="first")
    sqlite_store.write_now(with_room_for(4))
    fill(sqlite_store, 1000)
    before = len(rows(sqlite_store, tables.outbox))
    with pytest.raises(StoreUnavailable, match="OperationalError"):
        await take_in(broker, move(), key="second")
    assert [row.id for row in rows(sqlite_store, tables.event)] == [first.id]
    assert len(rows(sqlite_store, tables.outbox)) == before, "what was not answered is not there at all"
    assert (await take_in(broker, move(), key="first")).id == first.id, "what was taken in is still answered"
    sqlite_store.write_now(with_room_for(None))
    second = await take_in(broker, move(), key="second")
    assert {row.id for row in rows(sqlite_store, tables.event)} == {first.id, second.id}


async def test_an_answer_for_which_there_is_no_room_is_not_forgotten_and_nothing_else_is_sent(
    sqlite_store: Store, carrier: ScriptedCarrier
) -> None:
    broker = make_broker(sqlite_store, carriers={LIBRARIES: carrier})
    told, behind = a_delivery(1), a_delivery(2)
    open_all(broker, told, behind)
    mine = claim(broker, told)
    sqlite_store.write_now(with_room_for(0))
    for size in (3000, 300, 30):
        fill(sqlite_store, size)
    with pytest.raises(StoreUnavailable):
        await answer(broker, mine, Accepted(receipt="R-1"))
    assert standings(broker, told, behind) == ["sending", "waiting"]
    assert claim(broker, behind) is None
    sqlite_store.write_now(with_room_for(None))
    assert await answer(broker, mine, Accepted(receipt="R-1")) == "settled"
    assert ledger_row(broker, told).receipt == "R-1"
    assert claim(broker, behind) is not None


@contextmanager
def log_to(where: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Standard error goes to a disk that is full, or to a reader who has gone."""
    if where == "a full disk":
        opened = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, opened = os.pipe()
        os.close(reading)
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    with os.fdopen(opened, "w") as stream, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        telemetry.set_up_logging(as_json=True)
        try:
            yield
        finally:
            structlog.configure(**before)
            logging.getLogger().handlers[:] = handlers
            os.dup2(os.open(os.devnull, os.O_WRONLY), opened)  # or what is left over could not be thrown away


@pytest.mark.parametrize("where", ["a full disk", "nobody"])
async def test_a_log_that_cannot_be_written_stops_no_delivery(
    sqlite_broker: Broker, carrier: ScriptedCarrier, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    told = a_delivery(1)
    open_all(sqlite_broker, told)
    with log_to(where, monkeypatch):
        with pytest.raises(OSError, match=r"space|pipe"):
            print("to see that it cannot be written", file=sys.stderr, flush=True)
        telemetry.log.warning("department.waits", department=LIBRARIES, seconds=1)
        heard = Accepted(receipt="R" * 300)  # unfit, which is said in the log
        assert await serve(sqlite_broker, carrier, [told.id], heard) == 1
    assert standings(sqlite_broker, told) == ["retrying"]


def test_a_log_event_that_is_not_declared_is_refused_whatever_becomes_of_the_log() -> None:
    with pytest.raises(LookupError):
        telemetry.log.info("nobody.declared")
