"""Gauges: what the database says of all that is open, for whoever watches from outside; every process reads the same."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from broker.department_state import states
from broker.ports import Broker
from broker.replays import runs as replay_runs
from broker.standing import Standing
from broker.store import StoreUnavailable
from broker.tables import HOLDS_THE_LANE, RECEIVED, dead_letter, delivery, event, outbox
from broker.telemetry import (
    FULL,
    LOOP_STALL,
    OLDEST_OPEN,
    OPEN,
    OUTBOX,
    OUTBOX_WAITS,
    RUNS_WAITING,
    STORE_ANSWERS,
    UNREAD,
    UNROUTED,
)

#: seconds between looks at the database, and between looks at how late this process's loop is
EVERY, TICK = 10.0, 0.5
#: seconds for which the worst lateness is shown
REMEMBERED = 60.0
_OPEN = (
    select(delivery.c.department, delivery.c.standing, func.count().label("many"), func.min(delivery.c.opened_at))
    .where(HOLDS_THE_LANE)
    .group_by(delivery.c.department, delivery.c.standing)
)
_UNROUTED = select(func.min(event.c.recorded_at)).where(RECEIVED)
_UNREAD = select(func.count()).select_from(dead_letter).where(dead_letter.c.replayed_at.is_(None))
_OUTBOX = select(func.count(), func.min(outbox.c.id), func.max(outbox.c.id))


class Outbox:
    """How long something has waited in the outbox: rows go in their order, so as long as an old one is there."""

    def __init__(self) -> None:
        self._newest = -1
        self._since: datetime | None = None

    def seen(self, first: int | None, last: int | None, now: datetime) -> float:
        """Seconds since all that waits was last newer than this; from the ids that wait now."""
        if first is None or last is None:
            self._since = None
        elif self._since is None or first > self._newest:
            self._newest, self._since = last, now
        return (now - self._since).total_seconds() if self._since else 0.0


async def watch_for_ever(broker: Broker) -> None:
    """Look for ever; a database that is away is itself what is shown."""
    departments = [adapter.department for adapter in broker.adapters]
    waits = Outbox()
    stalls = asyncio.create_task(_watch_the_loop())
    try:
        while True:
            try:
                await broker.store.read(lambda tx: look(tx, departments, broker.now(), waits))
                STORE_ANSWERS.set(1)
            except StoreUnavailable:
                STORE_ANSWERS.set(0)
            await asyncio.sleep(EVERY)
    finally:
        stalls.cancel()


def look(tx: Connection, departments: Sequence[str], now: datetime, waits: Outbox) -> None:
    """Read everything that is open, and set the gauges."""
    found = {(row.department, row.standing): (row.many, row[3]) for row in tx.execute(_OPEN)}
    for department in departments:
        for standing in Standing:
            many, oldest = found.get((department, standing), (0, None))
            OPEN.labels(department, standing).set(many)
            OLDEST_OPEN.labels(department, standing).set(_age(oldest, now))
    written = states(tx)
    for department in departments:
        FULL.labels(department).set(department in written and written[department].full_since is not None)
    for state, waiting in replay_runs.waiting(tx).items():
        RUNS_WAITING.labels(state).set(waiting)
    UNROUTED.set(_age(tx.execute(_UNROUTED).scalar(), now))
    UNREAD.set(int(tx.execute(_UNREAD).scalar_one()))
    many, first, last = tx.execute(_OUTBOX).one()
    OUTBOX.set(many)
    OUTBOX_WAITS.set(waits.seen(first, last, now))


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


async def _watch_the_loop() -> None:
    """A loop that is late cannot answer, and in the end Kafka thinks this process dead."""
    loop = asyncio.get_running_loop()
    worst, since = 0.0, loop.time()
    while True:
        before = loop.time()
        await asyncio.sleep(TICK)
        if before - since > REMEMBERED:
            worst, since = 0.0, before
        worst = max(worst, loop.time() - before - TICK)
        LOOP_STALL.set(worst)
