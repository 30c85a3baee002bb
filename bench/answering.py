"""The two departments that are not called, as small fast as can be: one reads its topic, one collects.

    python -m bench.answering --kafka HOST:PORT --broker URL --key-file FILE [--prefix PREFIX] [--books FILE]

Housing benefit answers each letter on ``outcomes``; electoral registration acknowledges a page of them at once in its
pigeonhole. What each had is written to FILE, every half second, by their own reckoning.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.called import Books

SUBSCRIBES, COLLECTS = "housing-benefit", "electoral-registration"
#: letters of one page, seconds between looks at an empty pigeonhole
PAGE, EVERY = 100, 0.2


def outcome_of(letter: bytes, books: Books) -> bytes:
    """The answer to a letter, as housing benefit's contract has it."""
    delivery = _entered(orjson.loads(letter), books)
    data = {"delivery": delivery, "department": SUBSCRIBES, "outcome": "accepted", "receipt": f"HB-{delivery[:8]}"}
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"{delivery}.answer",
            "source": f"urn:tell-us-once:back-office:{SUBSCRIBES}",
            "type": "uk.tell-us-once.outcome.v1",
            "time": datetime.now(UTC).isoformat(),
            "subject": delivery,
            "data": data,
        }
    )


def _entered(letter: dict[str, Any], books: Books) -> str:
    books.take(letter["id"], letter["subject"], letter["sequence"])
    return str(letter["id"])


async def subscribe(kafka: str, prefix: str, books: Books) -> None:
    """Read and answer for ever; a page is committed when its answers are on the topic."""
    topic, group = f"{prefix}departments.{SUBSCRIBES}", f"{prefix}bench-{SUBSCRIBES}"
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    await consumer.start()
    while True:
        pages = await consumer.getmany(timeout_ms=500, max_records=500)
        letters = [record for page in pages.values() for record in page]
        sent = [
            await producer.send(f"{prefix}outcomes", outcome_of(one.value or b"", books), key=one.key)
            for one in letters
        ]
        if sent:
            await asyncio.gather(*sent)
            await consumer.commit()


async def collect(broker: str, key: str, books: Books) -> None:
    """Collect and acknowledge for ever."""
    address = f"{broker}/api/v1/departments/{COLLECTS}"
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            async with session.get(f"{address}/deliveries", params={"limit": str(PAGE)}) as answer:
                page = orjson.loads(await answer.read()).get("items", [])
            if page:
                said = orjson.dumps({"items": [_acknowledged(letter, books) for letter in page]})
                async with session.post(f"{address}/acknowledgements", data=said) as answer:
                    await answer.read()
            if len(page) < PAGE:
                await asyncio.sleep(EVERY)


def _acknowledged(letter: dict[str, Any], books: Books) -> dict[str, str]:
    delivery = _entered(letter, books)
    return {"delivery": delivery, "outcome": "accepted", "receipt": f"ER-{delivery[:8]}"}


async def write_books(file: Path | None, books: dict[str, Books]) -> None:
    """Write for ever; whoever reads never finds half of it."""
    while file is not None:
        new = file.with_suffix(".new")
        new.write_bytes(orjson.dumps({name: each.as_document() for name, each in books.items()}))
        new.replace(file)
        await asyncio.sleep(0.5)


async def answer(kafka: str, broker: str, key: str, prefix: str, file: Path | None) -> None:
    """Both, for ever."""
    books = {SUBSCRIBES: Books(), COLLECTS: Books()}
    await asyncio.gather(
        subscribe(kafka, prefix, books[SUBSCRIBES]), collect(broker, key, books[COLLECTS]), write_books(file, books)
    )


def main() -> None:
    """Read what is asked for, and answer."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kafka", required=True)
    asked.add_argument("--broker", required=True)
    asked.add_argument("--key-file", type=Path, required=True)
    asked.add_argument("--prefix", default="")
    asked.add_argument("--books", type=Path)
    told = asked.parse_args()
    uvloop.run(answer(told.kafka, told.broker, told.key_file.read_text(), told.prefix, told.books))


if __name__ == "__main__":
    main()
