import asyncio
import hashlib
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import faust
import pytest
from faust.transport.consumer import Consumer

from broker import kafka as cluster
from broker.local_kafka import LocalKafka
from broker.safe_transport import SafeTransport, _WatchedThread
from broker.settings import Settings
from tests.broker.topics import committed, kafka_settings, send
from tests.broker.worlds import eventually

#: of the function that commits past an unacknowledged message in faust-streaming 0.15.3
KNOWN = "1d2c7ea89a7ad4f1a216c1d51936e569162cd66bd56f889e13fd29c910b58eb0"


def test_faust_s_own_reckoning_is_the_one_that_was_repaired() -> None:
    """When this fails, faust has changed: look whether its issue 606 is mended, and whether our repair still fits."""
    source = inspect.getsource(Consumer._new_offset)
    assert hashlib.sha256(source.encode()).hexdigest() == KNOWN


_NEVER_ENDS = """
import threading
from broker.safe_transport import _WatchedThread

class NeverEnds:
    def _start_thread(self):
        threading.Event().wait()

thread = _WatchedThread.Worker(NeverEnds())
thread.start()
thread.stop()
"""


def test_a_thread_of_faust_s_that_does_not_stop_keeps_neither_its_loop_nor_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", _NEVER_ENDS], timeout=60, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


class Ends:
    """A service whose thread ends with an error of its loop's."""

    def __init__(self, *, late: bool) -> None:
        self.parent_loop = asyncio.new_event_loop()
        self._late = late

    def _start_thread(self) -> None:
        if self._late:
            self.parent_loop.close()
        raise RuntimeError("it ended")


def test_a_thread_of_faust_s_that_outlives_its_loop_has_nobody_to_tell_that_it_ends() -> None:
    thread = _WatchedThread.Worker(Ends(late=True))
    thread.run()
    assert thread.is_stopped.is_set()


def test_a_thread_of_faust_s_whose_loop_is_there_still_says_what_went_wrong() -> None:
    service = Ends(late=False)
    with pytest.raises(RuntimeError, match="it ended"):
        _WatchedThread.Worker(service).run()
    service.parent_loop.close()


@pytest.fixture
def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    return kafka_settings(kafka.bootstrap, topic_prefix)


class Hands:
    """An agent that keeps every message until it is told to acknowledge it."""

    def __init__(self) -> None:
        self.held: dict[int, Any] = {}
        self.app: Any = None

    def acknowledge(self, *offsets: int) -> None:
        for offset in offsets:
            self.held[offset].ack()

    async def holds(self, count: int) -> bool:
        return len(self.held) == count

    async def commit(self) -> None:
        await self.app.consumer.commit()


@asynccontextmanager
async def hands(settings: Settings, folder: Path, scheme: str = "safe") -> AsyncIterator[Hands]:
    """A small Faust app on this transport."""
    made = Hands()
    app = faust.App(
        settings.topic("hands"),
        broker=f"{scheme}://{settings.kafka}",
        datadir=str(folder),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        broker_commit_interval=3600.0,  # only when the test says so
    )
    made.app = app

    async def take(stream: Any) -> None:  # noqa: ANN401 - Faust's stream
        async for event in stream.noack().events():
            made.held[event.message.offset] = event

    app.agent(app.topic(settings.topic("life-events"), value_type=bytes, value_serializer="raw"))(take)
    try:
        await app.start()
        yield made
    finally:
        await asyncio.wait({asyncio.ensure_future(app.stop())}, timeout=20)


async def test_an_offset_is_never_committed_past_a_message_that_is_not_acknowledged(
    settings: Settings, tmp_path: Path
) -> None:
    topic, group = settings.topic("life-events"), settings.topic("hands")

    async def position() -> int | None:
        return await committed(settings.kafka, group, topic)

    await cluster.make_topics(settings, [])
    await send(settings.kafka, topic, *[(b"k", b"%d" % n) for n in range(10)])
    async with hands(settings, tmp_path) as mine:
        await eventually(lambda: mine.holds(10))
        mine.acknowledge(1, 2, 3, 9)
        await mine.commit()
        assert await position() is None
        mine.acknowledge(0)
        await mine.commit()
        assert await position() == 4
        mine.acknowledge(5, 6, 7, 8)
        await mine.commit()
        assert await position() == 4
        mine.acknowledge(4)
        await mine.commit()
        assert await position() == 10
        await send(settings.kafka, topic, (b"k", b"10"), (b"k", b"11"))
        await eventually(lambda: mine.holds(12))
        mine.acknowledge(11)
        await mine.commit()
        assert await position() == 10
    mine.held.clear()
    async with hands(settings, tmp_path) as again:  # what was not acknowledged is read again, and nothing else
        await eventually(lambda: again.holds(2))
        assert sorted(again.held) == [10, 11]


async def test_stock_faust_loses_the_message_that_ours_keeps(settings: Settings, tmp_path: Path) -> None:
    """The day this fails, the repair can go."""
    topic, group = settings.topic("life-events"), settings.topic("hands")
    await cluster.make_topics(settings, [])
    await send(settings.kafka, topic, *[(b"k", b"%d" % n) for n in range(3)])
    async with hands(settings, tmp_path, scheme="kafka") as stock:
        await eventually(lambda: stock.holds(3))
        stock.acknowledge(1, 2)
        await stock.commit()
        assert await committed(settings.kafka, group, topic) == 3


async def test_what_faust_sends_is_confirmed_by_every_copy() -> None:
    app = faust.App("never-started", broker="safe://127.0.0.1:1", store="memory://", web_enabled=False)
    assert isinstance(app.transport, SafeTransport)
    producer: Any = app.transport.create_producer()
    assert producer._settings_extra() == {"acks": "all", "enable_idempotence": True}
