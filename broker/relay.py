"""The relay: publishes what the database says is to be published, and forgets it only when Kafka has it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy import Row, bindparam, delete, select

from broker.crash_points import crash_point
from broker.kafka import connection
from broker.settings import Settings
from broker.store import Store
from broker.tables import outbox
from broker.telemetry import OUTBOX

#: rows in one round
MOST = 500
#: seconds after which the outbox is looked at even if nobody called
LOOK_AGAIN = 1.0
#: seconds after which an unconfirmed round is given up, and a new producer is made
PATIENCE = 15.0
#: seconds that a producer may take to close
STOP_SECONDS = 10.0
_OLDEST = select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.value).order_by(outbox.c.id).limit(MOST)
_GONE = delete(outbox).where(outbox.c.id == bindparam("published"))


class Relay:
    """One for each database. A second would do no harm but double the traffic: every reader is idempotent."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._called = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        store.after_commit(self._call)

    def _call(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._called.set)

    async def run(self) -> None:
        """Publish for ever. Raises KafkaError or TimeoutError when Kafka fails us: start it again then."""
        self._loop = asyncio.get_running_loop()
        producer = AIOKafkaProducer(
            **connection(self._settings), acks="all", enable_idempotence=True, linger_ms=2, max_batch_size=131_072
        )
        try:
            await producer.start()
            while True:
                await self._round(producer)
        finally:
            # Or stop() waits for Kafka to confirm what it may have forgotten for ever; the rows are in the outbox still.
            producer._message_accumulator.fail_all(KafkaError())
            # A sender that does not end when it is cancelled must not keep us from starting again.
            await asyncio.wait({asyncio.ensure_future(producer.stop())}, timeout=STOP_SECONDS)

    async def _round(self, producer: AIOKafkaProducer) -> None:
        self._called.clear()
        rows = await self._store.read(lambda tx: tx.execute(_OLDEST).all())
        OUTBOX.set(len(rows))
        if rows:
            crash_point("relay.before-publish")
            await self._publish(producer, rows)
            crash_point("relay.after-publish")
            await self._store.write(lambda tx: tx.execute(_GONE, [{"published": row.id} for row in rows]).rowcount)
            return
        try:
            await asyncio.wait_for(self._called.wait(), LOOK_AGAIN)
        except TimeoutError:
            return

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
        # An idempotent producer never gives up by itself, not even on a Kafka that has forgotten its topics.
        sent: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(PATIENCE):
                for row in rows:
                    sent.append(await producer.send(row.topic, row.value, row.key.encode()))
                await asyncio.gather(*sent)
        except BaseException:
            for unconfirmed in sent:
                unconfirmed.cancel()  # nobody asks any more what became of it
            raise
