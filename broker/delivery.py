"""Delivery: one engine for each department that is called, which hands over what it reads from its topic.

What may be read and unfinished is bounded by number and by bytes; beyond it, and while the department is paused, closed
or ill, its partitions pause and the rest waits on the topic. What is urgent, and the retries of what is parked, come
straight from the ledger.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import ConsumerRecord

from broker import department_state, lanes
from broker.breaker import USUAL, Rules
from broker.consuming import keep_up, let_go, take_part
from broker.crash_points import crash_point
from broker.failures.burying import bury
from broker.gate import Gate, Moment
from broker.kafka import connection
from broker.offsets import Offsets
from broker.ports import Broker
from broker.record import record_of
from broker.replays.releases import version_of
from broker.sending import PAUSE, Sender, Work
from broker.settings import BackOffice, Settings
from broker.standing import BY_TOPIC
from broker.store import StoreUnavailable
from broker.telemetry import COMMIT_FAILURES, DRAINED_SECONDS, UNSETTLED, WINDOW, log

#: records of one department that may be read and unfinished, times its requests in flight
WINDOW_TIMES = 8
#: seconds between commits of offsets, and for finishing what is under way when partitions go
COMMIT_SECONDS, DRAIN_SECONDS = 1.0, 10.0
#: seconds between looks at the ledger: for what is urgent, and at what operators and calendars say
LOOK_SECONDS = 0.5
#: deliveries taken from the ledger at one look
STRAIGHT_AT_ONCE = 50


class Department(ConsumerRebalanceListener):
    """Hands over one department's deliveries; a slow or dead one delays nobody else."""

    def __init__(self, name: str, in_flight: int, broker: Broker, settings: Settings, rules: Rules = USUAL) -> None:
        self._name = name
        self._broker = broker
        self._settings = settings
        self._window = in_flight * WINDOW_TIMES
        adapter = broker.adapter(name)
        self._version = version_of(adapter) if adapter else ""
        rate = settings.back_offices.get(name, BackOffice()).rate or (adapter.rate if adapter else None)
        self._gate = Gate(name, in_flight, broker.rng, self._now, rules)
        broker.permits[name] = self._gate.permits
        self._sender = Sender(self._gate, in_flight, rate, broker, self._hand_on)
        self._offsets: dict[TopicPartition, Offsets] = {}
        #: what is under way, and how many bytes of letters that is
        self._under_way: dict[asyncio.Task[None], Work] = {}
        self._bytes = 0
        #: the longest letter seen, for what a batch may weigh
        self._longest = 1024
        self._straight: set[str] = set()
        #: nothing more is begun: what is offered straight is left in the ledger for whoever looks there next
        self._draining = False
        #: which delivery each unfinished offset holds: for the watchdog
        self._named: dict[tuple[TopicPartition, int], str] = {}
        self._said: set[tuple[TopicPartition, int]] = set()
        self._consumer: AIOKafkaConsumer | None = None

    def _now(self) -> Moment:
        return Moment(asyncio.get_running_loop().time(), self._broker.now())

    async def run(self) -> None:
        """Hand over for ever. Raises KafkaError or StoreUnavailable: start it again then."""
        self._forget()  # partitions of an earlier run may be another's now, and nothing could be committed
        await self._take_up()
        self._consumer = consumer = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._settings.topic(f"delivery.{self._name}"),
            group_instance_id=_member(self._settings, self._name),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=60_000,
        )
        await consumer.start()
        topic = self._broker.timing.department_topic(self._name)
        await take_part(consumer, topic, self._settings, listener=self)
        beside = [asyncio.create_task(self._commit_for_ever()), asyncio.create_task(self._look_for_ever())]
        try:
            while not any(task.done() for task in beside):
                await self._read(consumer)
                await keep_up(consumer, topic, self._settings, listener=self)
            for task in beside:
                if task.done():
                    task.result()
        finally:
            for task in beside:
                task.cancel()
            await self._drain()
            await self._commit()
            await let_go(consumer)

    async def _take_up(self) -> None:
        written = await self._broker.store.read(lambda tx: department_state.state_of(tx, self._name))
        self._gate.take_up(written, self._version)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        room = self._room()
        # A paused consumer keeps asking, or the group would think it dead.
        if room <= 0:
            consumer.pause(*consumer.assignment())
        elif consumer.paused():
            consumer.resume(*consumer.paused())
        batch: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = await consumer.getmany(
            timeout_ms=200, max_records=max(1, room)
        )
        now = self._now().loop
        for partition, records in batch.items():
            offsets = self._offsets.setdefault(partition, Offsets())
            for record in records:
                offsets.register(record.offset, now)
                self._begin(record, partition, offsets)

    def _room(self) -> int:
        """How many more records may be read now. Once the window is full, none until half of it is free."""
        waiting = len(self._under_way)
        WINDOW.labels(self._name).set(max(waiting / self._window, self._bytes / self._settings.window_bytes))
        if not self._gate.may_read(waiting=waiting > 0):
            return 0
        if self._gate.is_open:
            return 1  # a probe
        paused = bool(self._consumer and self._consumer.paused())
        share = 0.5 if paused else 1.0
        if waiting >= self._window * share or self._bytes >= self._settings.window_bytes * share:
            return 0
        by_bytes = (self._settings.window_bytes - self._bytes) // self._longest
        return min(self._window - waiting, max(1, by_bytes))

    def _begin(self, record: ConsumerRecord[Any, Any], partition: TopicPartition, offsets: Offsets) -> None:
        delivery_id = _delivery_id(record)
        work = Work(delivery_id or "", BY_TOPIC)
        if delivery_id is None:
            task = asyncio.create_task(self._bury(record, work))
        else:
            task = asyncio.create_task(self._sender.send(work))
        size, place = len(record.value or b""), (partition, record.offset)
        self._bytes += size
        self._longest = max(self._longest, size)
        self._under_way[task] = work
        self._named[place] = work.delivery_id

        def done(ended: asyncio.Task[None]) -> None:
            self._under_way.pop(ended, None)
            self._bytes -= size
            self._named.pop(place, None)
            if not ended.cancelled() and ended.exception() is None:
                offsets.finish(record.offset)

        task.add_done_callback(done)

    async def _bury(self, record: ConsumerRecord[Any, Any], work: Work) -> None:
        work.claiming = True
        while True:
            try:
                await bury(record_of(record), "delivery-unreadable", self._broker)
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            else:
                return

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is under way, commit, and only then let go."""
        with DRAINED_SECONDS.labels(self._name).time():
            await self._drain()
            await self._commit()
        self._draining = False
        for partition in revoked:
            self._offsets.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin with an empty book for each partition."""
        for partition in assigned:
            self._offsets[partition] = Offsets()

    async def _drain(self) -> None:
        """Begin nothing more; what is claimed has its time to end."""
        self._draining = True
        for task, work in list(self._under_way.items()):
            if not work.claiming:
                task.cancel()
        if self._under_way:
            await asyncio.wait(list(self._under_way), timeout=DRAIN_SECONDS)

    def _hand_on(self, delivery_id: str) -> None:
        if not self._draining and delivery_id not in self._straight:
            self._send_straight(delivery_id, BY_TOPIC)  # it waits its turn as what lies on the topic does

    def _forget(self) -> None:
        self._draining = False
        self._offsets.clear()
        self._named.clear()
        self._said.clear()

    async def _commit_for_ever(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()
            self._watch()

    async def _commit(self) -> None:
        ready = {at: offsets.committable for at, offsets in self._offsets.items() if offsets.committable is not None}
        if not ready or self._consumer is None:
            return
        # Where the partition has another owner by now, it reads again, and the ledger knows.
        try:
            await self._consumer.commit(ready)
        except (CommitFailedError, IllegalStateError):
            COMMIT_FAILURES.labels(self._name).inc()
        else:
            crash_point("delivery.after-offset")

    def _watch(self) -> None:
        """Name what was read long ago and has not settled, unless the whole department waits."""
        now, oldest = self._now().loop, 0.0
        for partition, offsets in self._offsets.items():
            if offsets.oldest is None:
                continue
            offset, since = offsets.oldest
            oldest = max(oldest, now - since)
            if now - since > self._settings.unsettled_seconds and self._gate.is_well:
                self._name_it(partition, offset, now - since)
        UNSETTLED.labels(self._name).set(oldest)

    def _name_it(self, partition: TopicPartition, offset: int, seconds: float) -> None:
        place = (partition, offset)
        if place not in self._said:
            self._said.add(place)
            named = {"delivery": self._named.get(place), "partition": partition.partition, "offset": offset}
            log.error("delivery.unsettled", department=self._name, seconds=round(seconds), **named)

    async def _look_for_ever(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Take from the ledger what does not come by the topic, and keep what is written down of us up to date."""
        written, straight = await self._broker.store.read(
            lambda tx: (
                department_state.state_of(tx, self._name),
                lanes.straight_to(tx, self._name, STRAIGHT_AT_ONCE),
            )
        )
        self._gate.look(written)
        for delivery_id, jump in straight:
            if delivery_id not in self._straight:
                self._send_straight(delivery_id, jump)
        if self._gate.changed:
            self._gate.changed = False
            said = self._gate.to_write(self._version)
            await self._broker.store.write(lambda tx: department_state.change(tx, self._name, **said))
            self._gate.has_written(refusing_since=self._broker.now() if said["refusing_since"] else None)

    def _send_straight(self, delivery_id: str, jump: int) -> None:
        work = Work(delivery_id, jump)
        task = asyncio.create_task(self._sender.send(work))
        self._straight.add(delivery_id)
        self._under_way[task] = work

        def done(ended: asyncio.Task[None]) -> None:
            self._under_way.pop(ended, None)
            self._straight.discard(delivery_id)

        task.add_done_callback(done)


def _member(settings: Settings, department: str) -> str | None:
    """This process's lasting name in the group, where it has one and there is a group."""
    return None if settings.member is None or settings.is_alone else f"{settings.member}.{department}"


def _delivery_id(record: ConsumerRecord[Any, Any]) -> str | None:
    try:
        # Only what could be an identity of ours is asked for: not every database can hold every text.
        return str(UUID(orjson.loads(record.value or b"")["id"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
