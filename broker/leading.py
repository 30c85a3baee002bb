"""Leading: of several processes on one PostgreSQL database, one at a time routes; the others stand by.

Who leads holds a lease by the database's own clock and renews it. A leader that cannot renew stops its parts before
another may begin; one that was frozen finds out at its next renewal, and until then does no harm: lanes are locked
before they are looked at (``lanes``). On SQLite one process is alone and leads always.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import BigInteger, Column, Connection, String, Table, text

from broker.parts import Part, keep_running
from broker.store import Store, StoreUnavailable
from broker.tables import metadata
from broker.telemetry import LEADS, log

#: seconds that a lease lasts; it is renewed three times in that time
LEASE_SECONDS = 9.0
RENEW_SECONDS = LEASE_SECONDS / 3
#: seconds in which parts must have stopped
STOP_SECONDS = 15.0
#: a leader that could not renew for this long stops, well before another begins
GIVE_UP_SECONDS = LEASE_SECONDS * 2 / 3

leader = Table(
    "leader",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", BigInteger, nullable=False, comment="microseconds since 1970, by the database's clock"),
)
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_TAKE = text(
    f"INSERT INTO leader AS held (name, holder, until) VALUES (:name, :holder, {_NOW} + :lease)"  # noqa: S608 - our own
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
    f" WHERE held.holder = excluded.holder OR held.until < {_NOW}"
)
_LET_GO = text("DELETE FROM leader WHERE name = :name AND holder = :holder")


def take(name: str, holder: str) -> Callable[[Connection], bool]:
    """Take a lease, or renew one's own; whether it is ours now."""
    said = {"name": name, "holder": holder, "lease": int(LEASE_SECONDS * 1_000_000)}
    return lambda tx: tx.execute(_TAKE, said).rowcount == 1


def let_go(name: str, holder: str) -> Callable[[Connection], int]:
    """Give up a lease, so that nobody has to wait for its end."""
    return lambda tx: tx.execute(_LET_GO, {"name": name, "holder": holder}).rowcount


class Leading:
    """Runs parts while this process leads."""

    def __init__(self, name: str, holder: str, parts: Sequence[Part], store: Store) -> None:
        self._name = name
        self._holder = holder
        self._parts = parts
        self._store = store

    async def run(self) -> None:
        """Stand by, lead, and stand by again, for ever."""
        while True:
            if await self._took():
                await self._lead()
            await asyncio.sleep(RENEW_SECONDS)

    async def _lead(self) -> None:
        log.info("leader.began", part=self._name)
        LEADS.labels(self._name).set(1)
        running = [asyncio.create_task(keep_running(part), name=part.name) for part in self._parts]
        try:
            await self._renew_for_as_long_as_possible()
        finally:
            LEADS.labels(self._name).set(0)
            await _stop(running)
            await self._quietly(self._store.write(let_go(self._name, self._holder)))
            log.info("leader.ended", part=self._name)

    async def _renew_for_as_long_as_possible(self) -> None:
        loop = asyncio.get_running_loop()
        renewed_at = loop.time()
        while loop.time() - renewed_at < GIVE_UP_SECONDS:
            await asyncio.sleep(RENEW_SECONDS)
            began = loop.time()
            try:
                async with asyncio.timeout(GIVE_UP_SECONDS - min(began - renewed_at, GIVE_UP_SECONDS)):
                    if not await self._store.write(take(self._name, self._holder)):
                        return  # another leads: this process was frozen, or cut off, for longer than the lease
            except (StoreUnavailable, TimeoutError):
                continue
            renewed_at = began

    async def _took(self) -> bool:
        return bool(await self._quietly(self._store.write(take(self._name, self._holder))))

    async def _quietly(self, asked: Awaitable[object]) -> object:
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                return await asked
        except (StoreUnavailable, TimeoutError):
            return None


async def _stop(running: Sequence["asyncio.Task[None]"]) -> None:
    """Stop the parts; where one does not stop, end the whole process: nobody may go on routing who does not lead."""
    for task in running:
        task.cancel()
    _, still = await asyncio.wait(running, timeout=STOP_SECONDS)
    if still:
        log.error("leader.stuck", part=",".join(sorted(task.get_name() for task in still)))
        os._exit(os.EX_SOFTWARE)
