"""A Faust agent as its documentation would write it: 256 at once, one request for each letter.

    python -m bench.rivals.faust_agent --kafka HOST:PORT --topic TOPIC --url URL

It looks at no status: what is turned away is gone. Faust commits by itself.
"""

import argparse
import asyncio
import logging
import tempfile
from typing import Any

import aiohttp
import faust
import uvloop

IN_FLIGHT = 256


async def hand_over(kafka: str, topic: str, url: str) -> None:
    """Hand over for ever."""
    app = faust.App(
        f"{topic}.faust",
        broker=f"aiokafka://{kafka}",
        datadir=tempfile.mkdtemp(prefix="bench-faust-"),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    source = app.topic(topic, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw")
    connector, headers = aiohttp.TCPConnector(limit=0), {"content-type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def take(letters: Any) -> None:  # noqa: ANN401 - Faust's stream
            async for letter in letters:
                async with session.post(url, data=letter) as answer:
                    await answer.read()

        app.agent(source, concurrency=IN_FLIGHT)(take)
        await app.start()
        await asyncio.Event().wait()


def main() -> None:
    """Read what is asked for, and hand over."""
    logging.disable(logging.WARNING)
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("--kafka", "--topic", "--url"):
        asked.add_argument(name, required=True)
    told = asked.parse_args()
    uvloop.run(hand_over(told.kafka, told.topic, told.url))


if __name__ == "__main__":
    main()
