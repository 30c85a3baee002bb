"""Two processes at one moment: one is held where a test wants it until the other is done, or waits for it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sqlalchemy import event, text

from broker import journey, notifications
from broker.decision import Routed
from broker.ports import Broker
from broker.store import Store
from tests.broker.worlds import eventually, move, take_in

_ANY_WAIT = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@asynccontextmanager
async def held(doing: Awaitable[Any], store: Store, at: str, word: str = "") -> AsyncIterator[None]:
    """This has come so far through this store when the block begins (to a statement with this word), and goes on after."""
    reached, go_on = threading.Event(), threading.Event()

    def hold(*said: object) -> None:
        if not reached.is_set() and word in "".join(each for each in said if isinstance(each, str)):
            reached.set()
            assert go_on.wait(20)

    event.listen(store._engine, at, hold)
    task = asyncio.ensure_future(doing)
    try:
        assert await asyncio.to_thread(reached.wait, 20)
        yield
    finally:
        go_on.set()
        await task


def not_committed_before_the_end(doing: Awaitable[Any], store: Store) -> AbstractAsyncContextManager[None]:
    """All of this has been written through this store when the block begins, and is committed when it ends."""
    return held(doing, store, "commit")


async def begin(doing: Awaitable[Any], store: Store) -> asyncio.Future[Any]:
    """Do this until it is done, or waits for what another has not committed yet."""
    task = asyncio.ensure_future(doing)

    async def at_rest() -> bool:
        return task.done() or bool(await store.read(lambda tx: tx.execute(_ANY_WAIT).scalar()))

    await eventually(at_rest)
    return task


async def judged(broker: Broker, **changes: object) -> list[Routed]:
    """A move of Ben's, or another, as far as departments have been chosen."""
    await take_in(broker, move(**changes))
    waiting = await broker.store.read(notifications.waiting_for_a_route(1))
    known = await journey.match(waiting, broker)
    decisions = journey.validate(waiting, known)
    return [journey._routed(*one, broker) for one in zip(waiting, known, decisions, strict=True)]
