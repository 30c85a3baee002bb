"""A stream of events, one retry loop for each person, and a journal that survives anything but the disk.

    python -m tests.chaos.submitter --api URL --key-file FILE --residents FILE --journal FILE [--persons N] [--each N]

It shares no code with the broker. Each person's events are sent one after another: the next only after the last was
acknowledged, so that the order in which departments act can be judged. With ``--mixed`` some are corrections, and some
are deaths that are taken back a moment later. With ``--stop FILE`` nothing new is begun once that file is there, and with
``--hold FILE`` nothing while it is.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp

Post = Callable[[str, dict[str, Any]], AbstractAsyncContextManager[aiohttp.ClientResponse]]
#: seconds before a submission is tried again under the same key
AGAIN = 0.3
#: of a hundred events: corrections of the one before, and deaths that are taken back
CORRECTIONS, DEATHS = 10, 8
#: seconds between a death and its withdrawal, at most: some are stopped in time, some are not
REGRET = 8.0
DAY = 86_400


class Journal:
    """JSON lines, each on the disk before the next thing happens."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, **line: object) -> None:
        """Append a line with this machine's monotonic clock."""
        os.write(self._file, json.dumps({"at": time.monotonic(), **line}).encode() + b"\n")
        os.fsync(self._file)


def told(resident: dict[str, Any], kind: str, **facts: object) -> dict[str, Any]:
    """What is said of a resident: everything that the council holds to compare."""
    subject = {
        "name": {"forenames": resident["forenames"], "surname": resident["surname"]},
        "date_of_birth": resident["dob"],
        "nino": resident["nino"],
    }
    if resident.get("line1"):
        lines, postcode, uprn = [resident["line1"]], resident["postcode"], resident["uprn"]
        subject["address"] = {"state": "uk", "lines": lines, "postcode": postcode, "uprn": uprn}
    said = {"kind": kind, "occurred_on": time.strftime("%Y-%m-%d"), "channel": "web", "subject": subject}
    return {**said, "informant": {"is_subject": True}, **facts}


def event_of(resident: dict[str, Any], n: int, **more: object) -> dict[str, Any]:
    """The n-th change of a resident's telephone number: every department is told of it."""
    return told(resident, "contact_change", new_phone=f"01632 960{n % 1000:03}", **more)


def death_of(resident: dict[str, Any]) -> dict[str, Any]:
    """A death, told by a close relative who knows the penalty for false information."""
    informant = {
        "name": {"forenames": "Ottilie", "surname": "Farrant"},
        "relationship": "child",
        "address": {"state": "uk", "lines": ["6 Harbour Row"], "postcode": "AA5 1ZZ"},
        "phone": "01632 960777",
        "penalty_declaration": True,
        "is_next_of_kin": True,
        "deals_with_estate": False,
    }
    died_on = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 3 * DAY))
    facts = {"evidence_class": "close_relative", "adults_remaining": 0, "channel": "phone"}
    return told(resident, "bereavement", occurred_on=died_on, informant=informant, **facts)


def withdrawal_of(resident: dict[str, Any], reference: str) -> dict[str, Any]:
    """The death did not happen."""
    return told(resident, "withdrawal", withdraws=reference, reason="wrong_person")


class Teller:
    """One person's events, one after another."""

    def __init__(self, resident: dict[str, Any], post: Post, journal: Journal, rng: random.Random) -> None:
        self._resident, self._post, self._journal, self._rng = resident, post, journal, rng
        self._n = 0
        self._last: str | None = None

    async def plain(self) -> None:
        """A new telephone number."""
        self._last = await self._tell(event_of(self._resident, self._n))

    async def mixed(self) -> None:
        """One of a hundred: a change, a correction of it, or a death that is taken back."""
        drawn = self._rng.randrange(100)
        if drawn < DEATHS:
            died = await self._tell(death_of(self._resident))
            await asyncio.sleep(self._rng.uniform(0, REGRET))
            await self._tell(withdrawal_of(self._resident, died), withdraws=died)
            self._last = None
        elif drawn < DEATHS + CORRECTIONS and self._last is not None:
            right = event_of(self._resident, self._n, corrects=self._last)
            self._last = await self._tell(right, corrects=self._last)
        else:
            await self.plain()

    async def _tell(self, body: dict[str, Any], **names: str) -> str:
        n, person = self._n, self._resident["id"]
        self._n += 1
        key = f"chaos-{person}-{n}"
        line = {"key": key, "person": person, "n": n, "kind": body["kind"], "phone": body.get("new_phone"), **names}
        self._journal.write(what="sent", **line)
        times = 2 if self._rng.random() < 0.1 else 1
        answers = await asyncio.gather(*(until_taken(self._post, key, body) for _ in range(times)))
        for reference in answers:
            self._journal.write(what="acknowledged", reference=reference, **line)
        return answers[0]


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


def turns(told: argparse.Namespace) -> Iterator[int]:
    """So many turns, or as many as there is time for."""
    n = 0
    while n < told.each and not (told.stop and told.stop.exists()):
        yield n
        n += 1


async def one_person(teller: Teller, told: argparse.Namespace, rng: random.Random) -> None:
    for _ in turns(told):
        while told.hold and told.hold.exists() and not (told.stop and told.stop.exists()):  # noqa: ASYNC110 - a file
            await asyncio.sleep(AGAIN)
        await (teller.mixed() if told.mixed else teller.plain())
        await asyncio.sleep(rng.uniform(0, 2 * told.pause))


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

        tellers = [Teller(one, post, journal, rng) for one in chosen[: told.persons]]
        await asyncio.gather(*(one_person(teller, told, rng) for teller in tellers))
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
    parser.add_argument("--mixed", action="store_true")
    for name in ("stop", "hold"):
        parser.add_argument(f"--{name}", type=Path)
    asyncio.run(main(parser.parse_args()))
