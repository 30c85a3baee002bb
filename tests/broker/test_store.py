import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event, insert, select

from broker.schema import bring_up_to_date
from broker.statements import Statement, each
from broker.store import APART, MOST_UNITS, AlreadyRunning, Store, StoreUnavailable
from broker.tables import audit, client
from tests.broker.worlds import START, eventually, rows, stop_database
from tests.ground.postgres import PostgresCluster

CANARY = "canary-7c1d"


class Refusal(Exception):
    pass


def note(about: str) -> Callable[[Connection], str]:
    def unit(tx: Connection) -> str:
        tx.execute(insert(audit), {"at": START, "actor": "test", "what": "noted", "about": about})
        return about

    return unit


def note_and_fail(about: str) -> Callable[[Connection], str]:
    def unit(tx: Connection) -> str:
        note(about)(tx)
        raise Refusal(about)

    return unit


def add_client(name: str) -> Callable[[Connection], str]:
    def unit(tx: Connection) -> str:
        tx.execute(insert(client), {"name": name, "role": "adviser", "key_hash": name, "made_at": START})
        return name

    return unit


def noted(store: Store) -> list[str]:
    return list(store.read_now(lambda tx: tx.execute(select(audit.c.about).order_by(audit.c.id)).scalars().all()))


class Gate:
    """Holds the writer inside a unit until it is opened, so that others wait behind it."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def unit(self, _: Connection) -> str:
        self.reached.set()
        assert self.opened.wait(20)
        return "opened"


async def test_a_unit_that_fails_leaves_nothing_behind_and_hurts_only_itself(store: Store) -> None:
    gate = Gate()
    units = [gate.unit, note("before"), note_and_fail("lost"), note("after")]
    waiting = [asyncio.create_task(store.write(unit)) for unit in units]
    await eventually(lambda: asyncio.to_thread(gate.reached.is_set))
    gate.opened.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [str, str, Refusal, str]
    assert noted(store) == ["before", "after"]


async def test_a_row_that_the_database_refuses_hurts_only_its_own_unit(store: Store) -> None:
    gate = Gate()
    units = [gate.unit, add_client("one"), add_client("one"), add_client("two")]
    waiting = [asyncio.create_task(store.write(unit)) for unit in units]
    await eventually(lambda: asyncio.to_thread(gate.reached.is_set))
    gate.opened.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [str, str, StoreUnavailable, str]
    names = store.read_now(lambda tx: tx.execute(select(client.c.name).order_by(client.c.name)).scalars().all())
    assert list(names) == ["one", "two"]


def test_what_the_database_refuses_is_told_without_a_value(store: Store) -> None:
    store.write_now(add_client(CANARY))
    with pytest.raises(StoreUnavailable) as refused:
        store.write_now(add_client(CANARY))
    told = refused.value
    assert "IntegrityError" in str(told) or "UniqueViolation" in str(told)
    while told is not None:
        assert CANARY not in repr(told)
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)  # type: ignore[assignment]


async def test_what_waits_is_committed_together(store: Store) -> None:
    gate, commits = Gate(), 0

    def count(*_: object) -> None:
        nonlocal commits
        commits += 1

    event.listen(store._engine, "commit", count)
    first = asyncio.create_task(store.write(gate.unit))
    await eventually(lambda: asyncio.to_thread(gate.reached.is_set))
    others = asyncio.gather(*[store.write(note(str(n))) for n in range(MOST_UNITS + 1)])
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(first, others)
    assert commits == 3  # the gate, a full transaction, and the one that did not fit
    assert len(noted(store)) == MOST_UNITS + 1


async def test_where_many_write_a_transaction_begins_at_most_every_so_often(store: Store) -> None:
    commits: list[float] = []
    store.after_commit(lambda: commits.append(time.monotonic()))

    async def one_after_another(who: int) -> None:
        for n in range(10):
            await store.write(note(f"{who}-{n}"))

    began = time.monotonic()
    await asyncio.gather(*[one_after_another(who) for who in range(10)])
    assert len(rows(store, audit)) == 100
    assert len(commits) <= 3 + (time.monotonic() - began) / APART


async def test_who_writes_alone_waits_for_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    for n in range(5):
        await store.write(note(f"one-{n}"))
    assert waits == []


async def test_units_given_together_run_in_their_order(store: Store) -> None:
    names = [f"{n:03d}" for n in range(MOST_UNITS + 50)]
    assert await store.write_all([note(name) for name in names]) == names
    assert noted(store) == names


async def test_one_of_many_that_fails_is_told_and_the_others_are_kept(store: Store) -> None:
    with pytest.raises(Refusal):
        await store.write_all([note("first"), note_and_fail("second"), note("third")])
    await store.write(note("last"))
    assert noted(store) == ["first", "third", "last"]


async def test_a_caller_who_gives_up_does_not_stop_the_writer(store: Store) -> None:
    gate = Gate()
    first = asyncio.create_task(store.write(gate.unit))
    await eventually(lambda: asyncio.to_thread(gate.reached.is_set))
    impatient = asyncio.create_task(store.write(note("impatient")))
    await asyncio.sleep(0)
    impatient.cancel()
    first.cancel()
    await asyncio.wait([first, impatient])
    gate.opened.set()
    async with asyncio.timeout(10):
        assert await store.write(note("next")) == "next"
    assert noted(store) == ["impatient", "next"]  # it was on its way: only the answer is not waited for


async def test_somebody_who_wants_to_hear_of_commits_cannot_stop_the_writer(store: Store) -> None:
    def broken() -> None:
        raise RuntimeError("nobody is there")

    heard = threading.Event()
    store.after_commit(broken)
    store.after_commit(heard.set)
    await store.write(note("one"))
    async with asyncio.timeout(10):
        await store.write(note("two"))
    assert heard.wait(10)
    assert noted(store) == ["one", "two"]


async def test_a_reader_sees_only_what_is_committed(store: Store) -> None:
    gate = Gate()

    def unit(tx: Connection) -> None:
        note("half done")(tx)
        gate.unit(tx)

    writing = asyncio.create_task(store.write(unit))
    await eventually(lambda: asyncio.to_thread(gate.reached.is_set))
    assert await asyncio.to_thread(noted, store) == []
    gate.opened.set()
    await writing
    assert noted(store) == ["half done"]


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        store.read_now(note("by a reader"))
    assert noted(store) == []


async def test_what_waits_at_the_close_is_committed(database_url: str) -> None:
    store = Store(database_url).open()
    bring_up_to_date(store)
    spoken = asyncio.create_task(store.write(note("last words")))
    await asyncio.sleep(0)  # one turn of the loop: it is in the queue
    store.close()
    assert await spoken == "last words"
    with Store(database_url) as again:
        assert noted(again) == ["last words"]


def test_a_store_that_is_not_open_takes_no_writes(sqlite_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="not open"):
        Store(sqlite_url).write_now(note("too early"))


def test_a_second_writer_is_refused_and_the_first_goes_on(sqlite_url: str) -> None:
    with Store(sqlite_url) as first:
        bring_up_to_date(first)
        with pytest.raises(AlreadyRunning, match=r"tuo\.db; stop it"):
            Store(sqlite_url).open()
        assert first.write_now(note("still here")) == "still here"
    with Store(sqlite_url) as second:
        assert noted(second) == ["still here"]


def test_many_writers_share_a_postgresql(postgres_url: str) -> None:
    with Store(postgres_url) as first, Store(postgres_url) as second:
        bring_up_to_date(first)
        first.write_now(note("one"))
        second.write_now(note("two"))
        assert noted(first) == ["one", "two"]


def test_what_is_written_in_postgresql_is_found_by_its_keys_and_what_is_read_as_it_plans_itself(
    postgres_store: Store,
) -> None:
    ways = Statement("SELECT name, setting FROM pg_settings WHERE name IN (EACH :names) ORDER BY name")
    named = {"names": each(["enable_seqscan", "enable_hashjoin", "enable_mergejoin"])}
    assert {way for _, way in postgres_store.write_now(lambda tx: ways.all(tx, named))} == {"off"}
    assert {way for _, way in postgres_store.read_now(lambda tx: ways.all(tx, named))} == {"on"}


async def test_a_database_that_goes_and_comes_back_is_written_again(
    postgres: PostgresCluster, postgres_url: str
) -> None:
    name = postgres_url.rpartition("/")[2]
    with Store(postgres_url) as store:
        bring_up_to_date(store)
        await store.write(note("before"))
        stop_database(postgres, name)
        with pytest.raises(StoreUnavailable):
            await store.write(note("meanwhile"))
        with pytest.raises(StoreUnavailable):
            await store.read(lambda tx: tx.execute(select(audit.c.about)).all())
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await store.write(note("after"))
        assert noted(store) == ["before", "after"]


async def test_a_connection_that_breaks_in_a_transaction_takes_nothing_half(
    postgres: PostgresCluster, postgres_url: str
) -> None:
    name = postgres_url.rpartition("/")[2]

    def unit(tx: Connection) -> None:
        note("half done")(tx)
        stop_database(postgres, name)
        note("the other half")(tx)

    with Store(postgres_url) as store:
        bring_up_to_date(store)
        with pytest.raises(StoreUnavailable):
            await store.write(unit)
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await store.write(note("after"))
        assert noted(store) == ["after"]
