"""FastStream with concurrent-aiokafka, as its own documentation sets it up, with a lock for each person and a retry.

    python concurrent_faststream.py --kafka HOST:PORT --topic TOPIC --url URL

It runs in a virtual environment of its own (`bench/rivals/requirements.txt`) and imports nothing of ours. 256 handlers
at once, commits in batches of 500 or each second. The lock and the retry are what its user has to write.
"""

import argparse
import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvloop
from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.middlewares import AckPolicy
from faststream_concurrent_aiokafka import (
    KafkaConcurrentProcessingMiddleware,
    initialize_concurrent_processing,
    stop_concurrent_processing,
)

IN_FLIGHT, COMMIT_ROWS, COMMIT_SECONDS, AGAIN = 256, 500, 1.0, 1.0


def rival(kafka: str, topic: str, url: str) -> FastStream:
    """The application."""
    broker = KafkaBroker(kafka, logger=None)
    broker.add_middleware(KafkaConcurrentProcessingMiddleware)
    locks: defaultdict[bytes, asyncio.Lock] = defaultdict(asyncio.Lock)
    open_: dict[str, aiohttp.ClientSession] = {}

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        headers = {"content-type": "application/json"}
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as session:
            open_["session"] = session
            await initialize_concurrent_processing(
                context=broker.context,
                concurrency_limit=IN_FLIGHT,
                commit_batch_size=COMMIT_ROWS,
                commit_batch_timeout_sec=COMMIT_SECONDS,
            )
            yield
            await stop_concurrent_processing(broker.context)

    @broker.subscriber(topic, group_id=f"{topic}.faststream", ack_policy=AckPolicy.MANUAL, auto_offset_reset="earliest")
    async def hand_over(_: Any, message: KafkaMessage) -> None:  # noqa: ANN401 - a letter, decoded or not
        async with locks[message.raw_message.key or b""]:  # type: ignore[union-attr]
            while not await _sent(open_["session"], url, message.body):  # noqa: ASYNC110 - the wait before another try
                await asyncio.sleep(AGAIN)

    return FastStream(broker, lifespan=lifespan)


async def _sent(session: aiohttp.ClientSession, url: str, letter: bytes) -> bool:
    try:
        async with session.post(url, data=letter) as answer:
            await answer.read()
            return answer.status < 300
    except (aiohttp.ClientError, TimeoutError):
        return False


def main() -> None:
    """Read what is asked for, and hand over."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("--kafka", "--topic", "--url"):
        asked.add_argument(name, required=True)
    told = asked.parse_args()
    logging.disable(logging.ERROR)
    uvloop.run(rival(told.kafka, told.topic, told.url).run())


if __name__ == "__main__":
    main()
