"""A Kafka transport for Faust that does not lose messages.

Faust 0.15.3 commits past a message that is still unacknowledged (its issue 606) and never again past a gap behind offset
0, parks for ever on one unexpected error of the consumer group, because nobody collects it, and a thread of its that does
not stop keeps the process alive.
Importing this file teaches Faust the scheme ``safe://``.
"""

import asyncio
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.transport import drivers
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import WorkerThread

#: milliseconds that a fetch waits when there is nothing to read
FETCH_WAIT_MS = 500
#: group errors in a row, a second apart, before the whole router is started anew
MOST_GROUP_ERRORS = 20
#: seconds; while it is waited for nothing else of the process goes on
THREAD_STOPS_WITHIN = 3.0


class _Unacknowledged(faust.Sensor):
    """Notes each message as it is handed to the agent."""

    def __init__(self, handed_out: dict[TP, set[int]]) -> None:
        super().__init__()
        self._handed_out = handed_out

    def on_message_in(self, tp: TP, offset: int, message: Any) -> None:  # noqa: ANN401 - Faust's own type
        """One more message is with the agent."""
        self._handed_out.setdefault(tp, set()).add(offset)


class _LooseThread(WorkerThread):
    """A thread that nobody waits for when it does not stop: neither the loop that stopped it nor the process."""

    def __init__(self, service: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Faust's own arguments
        super().__init__(service, **kwargs)
        self.daemon = True

    def run(self) -> None:
        """Serve until it is stopped. When it ends so late that its parent's loop has closed, there is nobody to tell."""
        try:
            super().run()
        except RuntimeError:
            if not self.service.parent_loop.is_closed():
                raise

    def stop(self) -> None:
        """Wait for its end, for some seconds at the most."""
        self.is_stopped.wait(THREAD_STOPS_WITHIN)


class _WatchedThread(driver.AIOKafkaConsumerThread):
    """A consumer thread that collects the group's errors, so that the group goes on."""

    Worker = _LooseThread
    _watching: asyncio.Task[None] | None = None

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401 - aiokafka's consumer
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"  # what a feed took back in its transaction was never told
        return consumer

    async def on_start(self) -> None:
        """Start watching with the consumer."""
        await super().on_start()
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def on_thread_stop(self) -> None:
        """Stop watching with the consumer."""
        if self._watching is not None:
            self._watching.cancel()
        await super().on_thread_stop()

    async def _watch(self) -> None:
        in_a_row = 0
        while True:
            await asyncio.sleep(1.0)
            try:
                if self._consumer is not None and self._consumer._coordinator is not None:
                    self._consumer._coordinator.check_errors()
            except KafkaError as error:
                in_a_row += 1
                if in_a_row >= MOST_GROUP_ERRORS:
                    await self.crash(error)
                    return
            else:
                in_a_row = in_a_row if self.app.rebalancing else 0


class _CappedConsumer(driver.Consumer):
    """A consumer that never commits past the smallest message still with the agent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Faust's own arguments
        super().__init__(*args, **kwargs)
        self._handed_out: dict[TP, set[int]] = {}
        self.app.sensors.add(_Unacknowledged(self._handed_out))

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _WatchedThread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: TP) -> int | None:
        """One after the last acknowledged before the first that is with the agent; what was never read is no matter."""
        acked, index = self._acked[tp], self._acked_index[tp]
        with_agent = self._handed_out.get(tp, set())
        with_agent.difference_update(index)
        first = min(with_agent, default=None)
        done = [offset for offset in acked if first is None or offset < first]
        acked[:] = [offset for offset in acked if first is not None and offset > first]
        index.difference_update(done)
        return max(done) + 1 if done else None

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets that hold nothing for us (retention, compaction, transactions) are not written out one by one."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what is no longer ours: its new owner reads it again."""
        for tp in revoked:
            self._handed_out.pop(tp, None)
        await super().on_partitions_revoked(revoked)


class _IdempotentProducer(driver.Producer):
    def _settings_extra(self) -> dict[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class SafeTransport(driver.Transport):
    """Faust's aiokafka transport with these repairs."""

    Consumer = _CappedConsumer
    Producer = _IdempotentProducer


drivers.TRANSPORTS.aliases["safe"] = f"{__name__}:SafeTransport"
