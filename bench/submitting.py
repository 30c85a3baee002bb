"""Submits letters to the API as fast as it answers, or at a rate; prints what it saw as one JSON object.

    python -m bench.submitting --api URL --key-file FILE --letters FILE [--rate EVENTS_A_SECOND] [--connections N]
                              [--said FILE]

FILE of letters: one life event a line. At a rate, each is sent at its own moment, however late the answers are.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import orjson
import uvloop


async def submit_all(api: str, key: str, letters: list[bytes], rate: float | None, connections: int) -> list[float]:
    """Submit every letter; the seconds that each took to be acknowledged. Raises RuntimeError on a refusal."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=connections)
    numbered = iter(enumerate(letters))
    took: list[float] = []
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        began = time.perf_counter()

        async def one(n: int, letter: bytes) -> None:
            if rate is not None:
                await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
            sent = time.perf_counter()
            async with session.post(f"{api}/api/v1/life-events", data=letter) as answer:
                said = await answer.read()
            if answer.status != 202:
                raise RuntimeError(f"{answer.status} {said[:200]!r}")
            took.append(time.perf_counter() - sent)

        async def one_after_another(turns: Iterator[tuple[int, bytes]]) -> None:
            for n, letter in turns:
                await one(n, letter)

        if rate is None:
            await asyncio.gather(*[one_after_another(numbered) for _ in range(connections)])
        else:
            await asyncio.gather(*[one(n, letter) for n, letter in numbered])
    return took


def main() -> None:
    """Read what is asked for, submit, and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--api", required=True)
    asked.add_argument("--key-file", type=Path, required=True)
    asked.add_argument("--letters", type=Path, required=True)
    asked.add_argument("--rate", type=float)
    asked.add_argument("--connections", type=int, default=32)
    asked.add_argument("--said", type=Path, help="where to write it, instead of printing it")
    told = asked.parse_args()
    letters = told.letters.read_bytes().splitlines()
    began, cpu = time.perf_counter(), time.process_time()
    took = uvloop.run(submit_all(told.api, told.key_file.read_text(), letters, told.rate, told.connections))
    seen = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "took": took}
    if told.said is None:
        print(orjson.dumps(seen).decode())
    else:
        told.said.write_bytes(orjson.dumps(seen))


if __name__ == "__main__":
    main()
