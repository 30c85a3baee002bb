"""Delivery: one engine for each department that is called, which hands over what it reads from its topic."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import ConsumerRecord

from broker import journey, ledger
from broker.burying import bury
from broker.consuming import take_part
from broker.kafka import connection
from broker.offsets import Offsets
from broker.ports import Broker
from broker.record import record_of
from broker.settings import Settings
from broker.store import StoreUnavailable
from broker.telemetry import ATTEMPTS, IN_FLIGHT, log
from schemas.delivery import DeliveryLetter

#: records of one department that may be read and unfinished, times its requests in flight
WINDOW = 8
#: seconds between commits of offsets, and for finishing what is under way when partitions go
COMMIT_SECONDS, DRAIN_SECONDS = 1.0, 10.0
#: seconds before the database is asked again
PAUSE = 1.0


class Department(ConsumerRebalanceListener):
    """Hands over one department's deliveries; a slow or dead one delays nobody else."""

    def __init__(self, name: str, in_flight: int, broker: Broker, settings: Settings) -> None:
        self._name = name
        self._broker = broker
        self._settings = settings
        self._slots = asyncio.Semaphore(in_flight)
        self._window = in_flight * WINDOW
        self._offsets: dict[TopicPartition, Offsets] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._consumer: AIOKafkaConsumer | None = None

    async def run(self) -> None:
        """Hand over for ever. Raises KafkaError: start it again then."""
        self._offsets.clear()  # partitions of an earlier run may be another's now, and nothing could be committed
        self._consumer = consumer = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._settings.topic(f"delivery.{self._name}"),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=60_000,
        )
        await consumer.start()
        await take_part(consumer, self._broker.timing.department_topic(self._name), self._settings, listener=self)
        committing = asyncio.create_task(self._commit_for_ever())
        try:
            while not committing.done():
                await self._read(consumer)
            committing.result()
        finally:
            committing.cancel()
            await self._drain()
            await self._commit()
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        room = self._window - len(self._under_way)
        # A paused consumer keeps asking, or the group would think it dead.
        if room <= 0:
            consumer.pause(*consumer.assignment())
        elif consumer.paused():
            consumer.resume(*consumer.paused())
        batch: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = await consumer.getmany(
            timeout_ms=200, max_records=max(1, room)
        )
        for partition, records in batch.items():
            offsets = self._offsets.setdefault(partition, Offsets())
            for record in records:
                offsets.register(record.offset)
                self._begin(record, offsets)

    def _begin(self, record: ConsumerRecord[Any, Any], offsets: Offsets) -> None:
        task = asyncio.create_task(self._hand_over(record, offsets))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _hand_over(self, record: ConsumerRecord[Any, Any], offsets: Offsets) -> None:
        while True:
            try:
                await self._once(record)
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            except Exception as error:
                log.error("part.failed", part=f"delivery.{self._name}", error=type(error).__name__)
                await asyncio.sleep(PAUSE)
            else:
                offsets.finish(record.offset)
                return

    async def _once(self, record: ConsumerRecord[Any, Any]) -> None:
        broker = self._broker
        delivery_id = _delivery_id(record)
        if delivery_id is None:
            await bury(record_of(record), "delivery-unreadable", broker)
            return
        async with self._slots:
            claim = await broker.store.write(
                lambda tx: ledger.claim(tx, delivery_id, broker.worker, broker.now(), broker.timing)
            )
            if claim is None:
                return  # a repeat on the topic
            with IN_FLIGHT.labels(self._name).track_inprogress():
                standing = await journey.hand_over(claim, broker)
        ATTEMPTS.labels(self._name, standing).inc()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is under way, commit, and only then let go."""
        await self._drain()
        await self._commit()
        for partition in revoked:
            self._offsets.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin with an empty book for each partition."""
        for partition in assigned:
            self._offsets[partition] = Offsets()

    async def _drain(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)

    async def _commit_for_ever(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        ready = {at: offsets.committable for at, offsets in self._offsets.items() if offsets.committable is not None}
        if not ready or self._consumer is None:
            return
        try:
            await self._consumer.commit(ready)
        except (CommitFailedError, IllegalStateError):
            return  # the partition has another owner: it reads again, and the ledger knows


def _delivery_id(record: ConsumerRecord[Any, Any]) -> str | None:
    try:
        # Only what could be an identity of ours is asked for: not every database can hold every text.
        return str(UUID(DeliveryLetter.model_validate_json(record.value or b"").id))
    except ValueError:
        return None
