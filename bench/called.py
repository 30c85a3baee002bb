"""A back office that is called: one small HTTP server that answers after a while, and keeps books on what came.

    python -m bench.called --port N [--latency SECONDS] [--trouble SHARE] [--failing FILE]

Every POST is a change. Its books know each delivery by the Idempotency-Key, or by the letter's own id, and each person
by the body's person or subject; ``GET /books`` tells them. A share of the changes is answered 503 the first time, and
whatever comes for a person whom FILE names, a line each, is answered 503 for ever. Asked by a key, it says what it has.
"""

import argparse
import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import orjson
import uvloop


@dataclass(slots=True)
class Books:
    """What arrived, by this office's own reckoning; moments are the machine's monotonic seconds."""

    trouble: float = 0.0
    failing: frozenset[str] = frozenset()
    taken: set[str] = field(default_factory=set)
    refused_once: set[str] = field(default_factory=set)
    latest: dict[str, int] = field(default_factory=dict)
    in_flight: int = 0
    most_in_flight: int = 0
    doubled: int = 0
    disordered: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    #: the longest time between two changes that were taken
    longest_gap: float = 0.0
    #: requests of the last second, whatever became of them, and the most that there were
    recent: deque[float] = field(default_factory=deque)
    most_in_a_second: int = 0

    def take(self, delivery: str, person: str, sequence: int) -> bool:
        """Enter a change; False where it is turned away for now."""
        self._count(now := time.monotonic())
        if person in self.failing or self._turned_away(delivery):
            return False
        if delivery in self.taken:
            self.doubled += 1
            return True
        self.taken.add(delivery)
        if sequence < self.latest.get(person, 0):
            self.disordered += 1
        else:
            self.latest[person] = sequence
        self.longest_gap = max(self.longest_gap, now - (self.last_at or now))
        self.last_at = now
        self.first_at = self.first_at or now
        return True

    def _count(self, now: float) -> None:
        self.recent.append(now)
        while self.recent[0] <= now - 1:
            self.recent.popleft()
        self.most_in_a_second = max(self.most_in_a_second, len(self.recent))

    def _turned_away(self, delivery: str) -> bool:
        # The id itself decides, so that every rival meets the same troubles.
        if not self.trouble or int(delivery[-4:], 16) / 0x10000 >= self.trouble or delivery in self.refused_once:
            return False
        self.refused_once.add(delivery)
        return True

    def as_document(self) -> dict[str, float]:
        """The books as they stand."""
        names = ("in_flight", "most_in_flight", "doubled", "disordered", "first_at", "last_at", "longest_gap")
        counted = {"taken": len(self.taken), "most_in_a_second": self.most_in_a_second}
        return counted | {name: getattr(self, name) for name in names}


class Window(asyncio.Protocol):
    """One connection, one request after another."""

    def __init__(self, books: Books, latency: float) -> None:
        self._books = books
        self._latency = latency
        self._heard = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, blank, rest = self._heard.partition(b"\r\n\r\n")
        if not blank:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        if len(rest) < int(headers.get("content-length", "0")):
            return
        self._heard = b""
        if line.startswith("GET /books"):
            self._write(b"200 OK", orjson.dumps(self._books.as_document()))
        elif line.startswith("GET"):
            self._say_what_became_of(line.split(" ")[1].rpartition("/")[2])
        else:
            self._change(headers.get("idempotency-key"), rest)

    def _say_what_became_of(self, key: str) -> None:
        if key in self._books.taken:
            said = b'{"result": "applied", "answered": 201, "receipt": "CT-%s"}' % key[:8].encode()
            self._write(b"200 OK", said)
        else:
            self._write(b"404 Not Found", b'{"result": "never-seen"}')

    def _change(self, key: str | None, body: bytes) -> None:
        letter = orjson.loads(body)
        delivery = key or str(letter["id"])
        taken = self._books.take(delivery, letter.get("person") or letter["subject"], letter["sequence"])
        self._books.in_flight += 1
        self._books.most_in_flight = max(self._books.most_in_flight, self._books.in_flight)
        status = b"201 Created" if taken else b"503 Service Unavailable"
        answer = b'{"result": "applied", "receipt": "CT-%s"}' % delivery[:8].encode() if taken else b"{}"
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._answer, status, answer)
        else:
            self._answer(status, answer)

    def _answer(self, status: bytes, body: bytes) -> None:
        self._books.in_flight -= 1
        self._write(status, body)

    def _write(self, status: bytes, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
            self._transport.write(head + body)


async def serve(port: int, latency: float, books: Books) -> None:
    """Answer for ever."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Window(books, latency), "127.0.0.1", port, backlog=2048
    )
    await server.serve_forever()


def main() -> None:
    """Read what is asked for, and serve."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, required=True)
    asked.add_argument("--latency", type=float, default=0.0)
    asked.add_argument("--trouble", type=float, default=0.0)
    asked.add_argument("--failing", type=Path)
    told = asked.parse_args()
    failing = frozenset(told.failing.read_text().split()) if told.failing else frozenset[str]()
    uvloop.run(serve(told.port, told.latency, Books(trouble=told.trouble, failing=failing)))


if __name__ == "__main__":
    main()
