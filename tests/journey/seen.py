"""What is seen from outside: by the adviser, by each back office, and on the public topics."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.council import DEPARTMENTS, Council
from tests.journey.town import Said, id_of

CT, HB, ER = DEPARTMENTS


def outcomes(answers: Said) -> dict[str, str]:
    """Each department's outcome."""
    return {department: line["outcome"] for department, line in answers.items()}


def adviser_sees(council: Council, reference: str) -> str:
    """Everything that an adviser is shown of a notification."""
    return json.dumps([council.track(reference), council.timeline(reference)], ensure_ascii=False)


def logs(council: Council) -> str:
    """Everything that was logged, and written in the back offices' journals."""
    paths = [*council.home.glob("*.log"), *(council.home / "offices").glob("*/journal.jsonl")]
    return "".join(path.read_text() for path in paths)


def acts(council: Council, department: str, reference: str) -> list[dict[str, Any]]:
    """The lines of a back office's journal on which it acted on a notification."""
    return [line for line in council.journal(department) if line["notification"] == reference and line["effect"]]


def fields_seen(council: Council, department: str, reference: str) -> set[str]:
    """The names of the fields that a back office received; it must have acted exactly once."""
    (line,) = acts(council, department, reference)
    return set(line["fields"])


def cases(council: Council) -> dict[str, int]:
    """How many accounts, claims and register entries are open."""
    state = council.office_state()
    assert state is not None
    return {department: state[department]["cases"] for department in DEPARTMENTS}


def letter(council: Council, department: str, reference: str) -> Said:
    """What stands in the letter on a department's own topic."""
    found = [one for one in letters(council, f"departments.{department}") if one["notification"] == reference]
    said: Said = found[0]["data"]
    return said


def letters(council: Council, topic: str) -> list[Said]:
    """Every record of a topic, as JSON."""
    return [json.loads(value) for value in asyncio.run(_all_of(council, topic))]


def put(council: Council, records: list[tuple[bytes | None, bytes]], topic: str = "life-events") -> None:
    """Put records on a topic, one behind the other in one partition, as a feed does."""
    asyncio.run(_put(council, records, topic))


@contextmanager
def lying_at_electoral(council: Council, who: str) -> Iterator[None]:
    """Electoral Services let this resident's letters lie for as long as the block lasts."""
    person = council.people[id_of(who)]
    council.office_mode(ER, "hang", person=person, seconds=0.5)
    yield
    council.office_mode(ER, "ok", person=person)


def collected(council: Council, reference: str) -> Said:
    """What Electoral Services find in their pigeonhole."""
    found: list[Said] = []

    def look() -> bool:
        headers = {"authorization": f"Bearer {council.keys['electoral']}"}
        answer = httpx.get(f"{council.address}/api/v1/departments/{ER}/deliveries", headers=headers, timeout=10)
        found[:] = [one["data"] for one in answer.json()["items"] if one["notification"] == reference]
        return bool(found)

    council.until(look, "it lies in the pigeonhole")
    return found[0]


def _topic(council: Council, name: str) -> str:
    return council.settings.get("TUO_TOPIC_PREFIX", "") + name


async def _all_of(council: Council, name: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        _topic(council, name), bootstrap_servers=council.kafka, group_id=None, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        parts = consumer.assignment()
        ends = await consumer.end_offsets(parts)
        values: list[bytes] = []
        async with asyncio.timeout(20):
            while any([await consumer.position(part) < ends[part] for part in parts]):
                batches = await consumer.getmany(timeout_ms=100)
                values += [record.value or b"" for batch in batches.values() for record in batch]
        return values
    finally:
        await consumer.stop()


async def _put(council: Council, records: list[tuple[bytes | None, bytes]], name: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=council.kafka, acks="all")
    await producer.start()
    try:
        for key, value in records:
            await producer.send_and_wait(_topic(council, name), value, key=key, partition=0)
    finally:
        await producer.stop()
