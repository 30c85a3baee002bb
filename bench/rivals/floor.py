"""The floor: the least that hands letters over in order, on a bare Kafka consumer and a bare HTTP session.

    python -m bench.rivals.floor --kafka HOST:PORT --topic TOPIC --url URL

A person's letters are a chain: the next starts when the last was taken. At most 256 requests are under way. A letter
that is turned away waits a second and is tried again, for ever. Each second the offset of the first unfinished letter
is committed. There is no ledger, no claim, no outcome, no dead letter: what it knew is gone with the process.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Iterator

import aiohttp
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

IN_FLIGHT, UNFINISHED, AGAIN = 256, 4000, 1.0
Letter = ConsumerRecord[bytes, bytes]


class Floor:
    """One consumer, one session, and a chain for each person who has letters."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._room = asyncio.Semaphore(UNFINISHED)
        self._chains: dict[bytes, deque[Letter]] = {}
        self._read: dict[TopicPartition, deque[int]] = {}
        self._finished: dict[TopicPartition, set[int]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def take(self, letter: Letter) -> None:
        """Put a letter at the end of its person's chain, as soon as there is room."""
        await self._room.acquire()
        at = TopicPartition(letter.topic, letter.partition)
        self._read.setdefault(at, deque()).append(letter.offset)
        key = letter.key or b""
        chain = self._chains.get(key)
        if chain is not None:
            chain.append(letter)
            return
        self._chains[key] = deque([letter])
        task = asyncio.create_task(self._walk(key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def committable(self) -> Iterator[tuple[TopicPartition, int]]:
        """Where each partition may be committed to, if that has moved."""
        for at, offsets in self._read.items():
            finished, upto = self._finished.get(at, set()), None
            while offsets and offsets[0] in finished:
                upto = offsets.popleft()
                finished.remove(upto)
            if upto is not None:
                yield at, upto + 1

    async def _walk(self, key: bytes) -> None:
        chain = self._chains[key]
        while chain:
            letter = chain[0]
            if not await self._sent(letter):
                await asyncio.sleep(AGAIN)
                continue
            self._finished.setdefault(TopicPartition(letter.topic, letter.partition), set()).add(letter.offset)
            self._room.release()
            chain.popleft()
        del self._chains[key]

    async def _sent(self, letter: Letter) -> bool:
        async with self._slots:
            try:
                async with self._session.post(self._url, data=letter.value) as answer:
                    await answer.read()
                    return answer.status < 300
            except (aiohttp.ClientError, TimeoutError):
                return False


async def hand_over(kafka: str, topic: str, url: str) -> None:
    """Hand over for ever."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        group_id=f"{topic}.floor",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    connector, headers = aiohttp.TCPConnector(limit=0), {"content-type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        floor = Floor(session, url)
        committing = asyncio.create_task(_commit(consumer, floor))
        while not committing.done():
            for letters in (await consumer.getmany(timeout_ms=500, max_records=500)).values():
                for letter in letters:
                    await floor.take(letter)


async def _commit(consumer: AIOKafkaConsumer, floor: Floor) -> None:
    while True:
        await asyncio.sleep(1.0)
        if ready := dict(floor.committable()):
            await consumer.commit(ready)


def main() -> None:
    """Read what is asked for, and hand over."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("--kafka", "--topic", "--url"):
        asked.add_argument(name, required=True)
    told = asked.parse_args()
    uvloop.run(hand_over(told.kafka, told.topic, told.url))


if __name__ == "__main__":
    main()
