"""A stream of events, one retry loop for each person, and a journal that survives anything but the disk.

    python -m tests.chaos.submitter --api URL --key-file FILE --residents FILE --journal FILE [--persons N] [--each N]

It shares no code with the broker. Each person's events are sent one after another: the next only after the last was
acknowledged, so that the order in which departments act can be judged.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp

Post = Callable[[str, dict[str, Any]], AbstractAsyncContextManager[aiohttp.ClientResponse]]
#: seconds before a submission is tried again under the same key
AGAIN = 0.3


class Journal:
    """JSON lines, each on the disk before the next thing happens."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, **line: object) -> None:
        """Append a line with this machine's monotonic clock."""
        os.write(self._file, json.dumps({"at": time.monotonic(), **line}).encode() + b"\n")
        os.fsync(self._file)


def event_of(resident: dict[str, Any], n: int) -> dict[str, Any]:
    """The n-th change of a resident's telephone number: every department is told of it."""
    return {
        "kind": "contact_change",
        "occurred_on": time.strftime("%Y-%m-%d"),
        "channel": "web",
        "subject": {
            "name": {"forenames": resident["forenames"], "surname": resident["surname"]},
            "date_of_birth": resident["dob"],
            "nino": resident["nino"],
        },
        "informant": {"is_subject": True},
        "new_phone": f"01632 960{n % 1000:03}",
    }


async def one_person(
    resident: dict[str, Any], each: int, pause: float, post: Post, journal: Journal, rng: random.Random
) -> None:
    for n in range(each):
        key = f"chaos-{resident['id']}-{n}"
        body = event_of(resident, n)
        journal.write(what="sent", key=key, person=resident["id"], n=n)
        twice = rng.random() < 0.1
        answers = await asyncio.gather(*(until_taken(post, key, body) for _ in range(2 if twice else 1)))
        for reference in answers:
            journal.write(what="acknowledged", key=key, person=resident["id"], n=n, reference=reference)
        await asyncio.sleep(rng.uniform(0, 2 * pause))


async def until_taken(post: Post, key: str, body: dict[str, Any]) -> str:
    while True:
        try:
            async with post(key, body) as answer:
                if answer.status == 202:
                    return str((await answer.json())["reference"])
                if answer.status < 500 and answer.status not in (408, 409, 429):
                    raise SystemExit(f"refused: {answer.status} {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        await asyncio.sleep(AGAIN)


async def main(told: argparse.Namespace) -> None:
    residents = [json.loads(line) for line in told.residents.read_text().splitlines()]
    named = [one for one in residents if one.get("surname") and one.get("forenames") and one.get("nino")]
    chosen = [one for one in named if not one.get("restricted") and not one.get("deceased")]
    journal = Journal(told.journal)
    rng = random.Random(told.seed)
    headers = {"authorization": f"Bearer {told.key_file.read_text().strip()}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=5)) as session:

        def post(key: str, body: dict[str, Any]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
            return session.post(f"{told.api}/api/v1/life-events", json=body, headers={"idempotency-key": key})

        people = (one_person(one, told.each, told.pause, post, journal, rng) for one in chosen[: told.persons])
        await asyncio.gather(*people)
    journal.write(what="finished")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--api", required=True)
    for name in ("key-file", "residents", "journal"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--persons", type=int, default=12)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(main(parser.parse_args()))
