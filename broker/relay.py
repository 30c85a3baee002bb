"""The relay: publishes what the database says is to be published, and forgets it only when Kafka has it."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from sqlalchemy import Connection

from broker.crash_points import crash_point
from broker.kafka import connection
from broker.settings import Settings
from broker.statements import Statement, each
from broker.store import Store
from broker.telemetry import OUTBOX

#: rows in one round
MOST = 500
#: seconds from the beginning of one round to that of the next, after a round of so many rows: the requests of a round cost
#: Kafka, and whoever reads from it, more than the rows in them
APART, MANY = 0.05, 10
#: seconds after which the outbox is looked at even if nobody called
LOOK_AGAIN = 1.0
#: seconds after which an unconfirmed round is given up, and a new producer is made
PATIENCE = 15.0
#: seconds that a producer may take to close
STOP_SECONDS = 10.0
_OLDEST = Statement("SELECT id, topic, key, value FROM outbox ORDER BY id LIMIT :most")
_GONE = Statement("DELETE FROM outbox WHERE id IN (SELECT id FROM ROWS :rows (id bigint) gone)")
#: as every other producer for Kafka chooses
_PARTITION_OF = lru_cache(maxsize=10_000)(DefaultPartitioner())


class Waiting(NamedTuple):
    """One row of the outbox."""

    id: int
    topic: str
    key: str
    value: bytes


def _oldest(tx: Connection) -> list[Waiting]:
    return [Waiting(*row) for row in _OLDEST.all(tx, {"most": MOST})]


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
            **connection(self._settings), acks="all", enable_idempotence=True, max_batch_size=131_072
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
        began = asyncio.get_running_loop().time()
        rows = await self._store.read(_oldest)
        OUTBOX.set(len(rows))
        if rows:
            crash_point("relay.before-publish")
            await self._publish(producer, rows)
            crash_point("relay.after-publish")
            await self._store.write(lambda tx: _GONE.count(tx, {"rows": each({"id": row.id} for row in rows)}))
            if len(rows) >= MANY:
                await asyncio.sleep(began + APART - asyncio.get_running_loop().time())
            return
        try:
            # Not wait_for(): before Python 3.12 it forgets that it was cancelled when it is called at the same moment.
            async with asyncio.timeout(LOOK_AGAIN):
                await self._called.wait()
        except TimeoutError:
            return

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Waiting]) -> None:
        # An idempotent producer never gives up by itself, not even on a Kafka that has forgotten its topics.
        async with asyncio.timeout(PATIENCE):
            sent: list[asyncio.Future[Any]] = []
            for topic, partition, batch in await _batches(producer, rows):
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                sent[-1].add_done_callback(_heard)
            # Not gather(), which would cancel them: then nobody were left to hear of a failure.
            await asyncio.wait(sent, return_when=asyncio.FIRST_EXCEPTION)
            for confirmed in sent:
                await confirmed


def _heard(confirmed: asyncio.Future[Any]) -> None:
    """After we have given up, nobody else asks what became of it."""
    if not confirmed.cancelled():
        confirmed.exception()


async def _batches(producer: AIOKafkaProducer, rows: Sequence[Waiting]) -> list[tuple[str, int, BatchBuilder]]:
    """The rows in as few batches as they fit in, those of one partition in their order."""
    partitions = {topic: tuple(sorted(await producer.partitions_for(topic))) for topic in {row.topic for row in rows}}
    made: list[tuple[str, int, BatchBuilder]] = []
    filling: dict[tuple[str, int], BatchBuilder] = {}
    for row in rows:
        key = row.key.encode()
        at = row.topic, _PARTITION_OF(key, partitions[row.topic], None)
        batch = filling.get(at)
        if batch is None or batch.append(key=key, value=row.value, timestamp=None) is None:
            batch = filling[at] = producer.create_batch()
            batch.append(key=key, value=row.value, timestamp=None)  # an empty one has room for whatever we publish
            made.append((*at, batch))
    return made
