"""Five back offices of the soak in one process: three that are called, one with a topic of its own, one that collects.

    python -m tests.chaos.offices --data DIR --port N --kafka HOST:PORT --broker URL --key-file FILE [--topic-prefix P]

They share no code with the broker, are never killed, and journal every request before they answer: they are the
reference. `POST /mode {"department": …, "mode": …}` makes one of them slow, dead or untruthful until told otherwise.

What was taken back or put right before it came is remembered, and refused when it comes: no sender can call back what is
on the wire.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random
import time
import uuid
from pathlib import Path
from typing import Any, assert_never

import aiohttp
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.back_offices.ending import end_all
from tests.chaos.office import MODES, Mode, Office

CALLED, SUBSCRIBES, COLLECTS = ("libraries", "parking", "blue-badges"), "allotments", "waste"
#: seconds: longer than the broker waits; a slow answer; between looks of the one that collects; between tries
HANG, SLOW, EVERY, AGAIN = 6.0, 1.2, 0.2, 0.5
#: seconds that a request is on the wire: the broker has given it up, and may have taken it back, when it arrives
LATE = (2.5, 8.0)
WRONG = "TUO-ZZZZ-ZZZZ-ZZZZ"
GARBAGE = b"\x00\xff<html><body>ORA-03113: end-of-file"


def called(offices: dict[str, Office]) -> web.Application:
    """The door of those that are called, and the switches of all."""

    async def post(request: web.Request) -> web.StreamResponse:
        office, kind = offices[request.match_info["department"]], request.match_info["kind"]
        told, key, mode = await request.json(), request.headers["idempotency-key"], office.mode
        match mode:
            case "dead":
                return _hung_up(request)
            case "error" | "busy" | "garbage":
                await office.note(key, "untouched", False, told)
                return _unwilling(mode)
            case "slow":
                await asyncio.sleep(random.uniform(0, 2 * SLOW))
            case "late":
                await asyncio.sleep(random.uniform(*LATE))
            case "ok" | "hang_after_effect" | "error_after_effect" | "wrong_reference":
                pass
            case _:
                assert_never(mode)
        return await _said(request, mode, await office.receive(key, kind, told))

    async def look_up(request: web.Request) -> web.Response:
        office, key = offices[request.match_info["department"]], request.match_info["key"]
        await office.note(key, "look_up", False, {})
        return _plainly(office.answer_to(key)) if office.knows(key) else web.json_response({}, status=404)

    async def turn(request: web.Request) -> web.Response:
        asked = await request.json()
        offices[asked["department"]].turn(next(mode for mode in MODES if mode == asked["mode"]))
        return web.json_response({})

    application = web.Application()
    application.router.add_post("/mode", turn)
    application.router.add_post("/{department}/{kind}", post)
    application.router.add_get("/{department}/by-key/{key}", look_up)
    return application


def _plainly(answer: dict[str, str]) -> web.Response:
    return web.json_response(answer, status=422 if "reason" in answer else 200)


async def _said(request: web.Request, mode: Mode, answer: dict[str, str]) -> web.StreamResponse:
    """What is said once the letter has had its effect: mostly the truth."""
    if random.random() < 0.3 or "reason" in answer:
        return _plainly(answer)
    if mode == "hang_after_effect":
        await asyncio.sleep(HANG)
        return _hung_up(request)
    if mode == "error_after_effect":
        return web.json_response({"result": "bad gateway"}, status=502)
    return web.json_response({**answer, "notification": WRONG} if mode == "wrong_reference" else answer)


def _unwilling(mode: Mode) -> web.Response:
    if mode == "garbage":
        return web.Response(body=GARBAGE, content_type="text/html")
    wait = {"retry-after": "1"}
    return web.json_response({}, status=429, headers=wait) if mode == "busy" else web.json_response({}, status=500)


def _hung_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def subscribe_for_ever(office: Office, kafka: str, prefix: str) -> None:
    """Read the office's own topic and answer on `outcomes`, however often Kafka goes away."""
    while True:
        try:
            await _while_connected(office, kafka, prefix)
        except (KafkaError, OSError, TimeoutError):
            await asyncio.sleep(AGAIN)


async def _while_connected(office: Office, kafka: str, prefix: str) -> None:
    consumer = AIOKafkaConsumer(
        f"{prefix}departments.{office.department}",
        bootstrap_servers=kafka,
        group_id=f"{prefix}{office.department}-back-office",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metadata_max_age_ms=5_000,
        session_timeout_ms=10_000,
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", metadata_max_age_ms=5_000)
    try:
        await producer.start()
        await consumer.start()
        while True:
            batches = await consumer.getmany(timeout_ms=200, max_records=50)
            for record in [record for batch in batches.values() for record in batch]:
                for words in await _words_for(office, json.loads(record.value or b"{}")):
                    await asyncio.wait_for(producer.send_and_wait(f"{prefix}outcomes", words, key=record.key), 15)
            if batches:
                await consumer.commit()
    finally:
        await end_all(consumer.stop, producer.stop, within=5)


async def _words_for(office: Office, letter: dict[str, Any]) -> list[bytes]:
    """What goes on `outcomes` for one letter; a dead office leaves it lying and reads it when it wakes."""
    await office.awake.wait()
    mode, kind = office.mode, letter["type"].split(".")[3]
    if mode in ("error", "busy"):
        await office.note(letter["id"], "untouched", False, letter["data"])
        return [_outcome(office.department, letter["id"], {"outcome": "deferred", "reason": "unavailable"})]
    answer = await office.receive(letter["id"], kind, letter["data"])
    right = _outcome(office.department, letter["id"], _in_a_word(answer))
    match mode:
        case "slow" | "late":
            await asyncio.sleep(random.uniform(0, SLOW))
        case "garbage":
            return [GARBAGE, right]
        case "wrong_reference":
            return [_outcome(office.department, str(uuid.uuid4()), {"outcome": "accepted", "receipt": "X-1"}), right]
        case "error_after_effect" | "hang_after_effect":
            return [] if random.random() < 0.7 else [right, right]
        case "ok" | "dead" | "error" | "busy":
            pass
        case _:
            assert_never(mode)
    return [right]


def _in_a_word(answer: dict[str, str]) -> dict[str, str]:
    """An answer as those say it that are not called."""
    if "reason" in answer:
        return {"outcome": "refused", "reason": answer["reason"]}
    return {"outcome": "accepted", "receipt": answer["receipt"]}


def _outcome(department: str, delivery: str, said: dict[str, str]) -> bytes:
    letter = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"urn:tell-us-once:back-office:{department}",
        "type": "uk.tell-us-once.outcome.v1",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "subject": delivery,
        "data": {"delivery": delivery, "department": department, **said},
    }
    return json.dumps(letter).encode()


async def collect_for_ever(office: Office, broker: str, key: str) -> None:
    """Collect from the broker and acknowledge each item, however often it goes away."""
    address = f"{broker}/api/v1/departments/{office.department}/deliveries"
    signed, patience = {"authorization": f"Bearer {key}"}, aiohttp.ClientTimeout(total=4)
    async with aiohttp.ClientSession(headers=signed, timeout=patience) as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
                await _collect(office, session, address)
            await asyncio.sleep(EVERY)


async def _collect(office: Office, session: aiohttp.ClientSession, address: str) -> None:
    if office.mode == "dead":
        return
    async with session.get(address, params={"limit": "20"}) as response:
        items = (await response.json())["items"] if response.status == 200 else []
    for letter in items:
        mode, body = office.mode, b""
        if mode in ("error", "busy"):
            await office.note(letter["id"], "untouched", False, letter["data"])
            body = json.dumps({"status": "failure", "outcome": "deferred", "reason": "unavailable"}).encode()
        else:
            answer = await office.receive(letter["id"], letter["type"].split(".")[3], letter["data"])
            status = "failure" if "reason" in answer else "success"
            body = json.dumps({"status": status, **_in_a_word(answer)}).encode()
        if mode.endswith("_after_effect") and random.random() < 0.7:
            continue
        target = str(uuid.uuid4()) if mode == "wrong_reference" and random.random() < 0.7 else letter["id"]
        said = GARBAGE if mode == "garbage" else body
        async with session.put(
            f"{address}/{target}", data=said, headers={"content-type": "application/json"}
        ) as response:
            await response.read()


async def main(told: argparse.Namespace) -> None:
    offices = {name: Office(name, told.data) for name in (*CALLED, SUBSCRIBES, COLLECTS)}
    runner = web.AppRunner(called(offices), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", told.port).start()
    await asyncio.gather(
        subscribe_for_ever(offices[SUBSCRIBES], told.kafka, told.topic_prefix),
        collect_for_ever(offices[COLLECTS], told.broker, told.key_file.read_text().strip()),
    )


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser()
    for name in ("data", "key-file"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    for name in ("kafka", "broker"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--topic-prefix", default="")
    asyncio.run(main(parser.parse_args()))
