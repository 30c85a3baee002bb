"""Several processes on one PostgreSQL database: one leads, and when it ends or freezes another does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import update

from broker import leading
from broker.leading import Leading, leader, let_go, take
from broker.parts import Part
from broker.store import Store
from tests.broker.worlds import eventually, rows, running


class Work:
    """A part that says whether it runs, and how many of its kind ran at once at most."""

    now, most = 0, 0

    def __init__(self) -> None:
        self.runs = False

    async def run(self) -> None:
        Work.now += 1
        Work.most = max(Work.most, Work.now)
        self.runs = True
        try:
            await asyncio.Event().wait()
        finally:
            Work.now -= 1
            self.runs = False


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "LEASE_SECONDS", 1.2)
    monkeypatch.setattr(leading, "RENEW_SECONDS", 0.2)
    monkeypatch.setattr(leading, "GIVE_UP_SECONDS", 0.8)
    Work.now = Work.most = 0


@asynccontextmanager
async def standing_by(store: Store, name: str) -> AsyncIterator[Work]:
    work = Work()
    async with running(Leading("router", name, [Part(name="work", run=work.run)], store).run):
        yield work


async def runs(work: Work) -> bool:
    return work.runs


def holder(store: Store) -> str | None:
    held = rows(store, leader)
    return held[0].holder if held else None


def test_a_lease_is_one_processs_until_it_ends_or_is_let_go(postgres_store: Store) -> None:
    store = postgres_store
    assert store.write_now(take("router", "one"))
    assert store.write_now(take("router", "one")), "renewed"
    assert not store.write_now(take("router", "two"))
    assert store.write_now(let_go("router", "two")) == 0
    store.write_now(lambda tx: tx.execute(update(leader).values(until=0)).rowcount)
    assert store.write_now(take("router", "two"))
    assert store.write_now(let_go("router", "two")) == 1
    assert store.write_now(take("router", "one"))


async def test_one_leads_and_when_it_ends_the_next_begins(postgres_store: Store) -> None:
    async with standing_by(postgres_store, "one") as first:
        await eventually(lambda: runs(first))
        async with standing_by(postgres_store, "two") as second:
            assert holder(postgres_store) == "one"
            assert not second.runs
    assert holder(postgres_store) is None, "who stops lets go"
    async with standing_by(postgres_store, "three") as third:
        await eventually(lambda: runs(third))
    assert Work.most == 1


async def test_a_leader_whose_lease_another_has_taken_stops_its_parts(postgres_store: Store) -> None:
    async with standing_by(postgres_store, "one") as first:
        await eventually(lambda: runs(first))
        # As if this process had been frozen for longer than its lease.
        await postgres_store.write(lambda tx: tx.execute(update(leader).values(holder="two")).rowcount)

        async def stopped() -> bool:
            return not first.runs

        await eventually(stopped)
        assert holder(postgres_store) == "two"
