"""Contenders: ours and the floor, each given the same letters and the same back office, each in a process of its own."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.ground import Ground, books_at, open_the_called_one
from bench.letters import Prepared, publish
from bench.meter import Meter, Metered
from bench.rivals.room import python_of_rivals

OURS, FLOOR, FASTSTREAM, FAUST = "ours", "floor", "FastStream", "Faust agent"
#: seconds that the back office takes, requests in flight at most, and seconds after which one that is idle has ended
LATENCY, IN_FLIGHT, QUIET, LONGEST = 0.2, 256, 12.0, 300.0
#: three tries, then parked for longer than anybody looks
OUR_SETTINGS = {"TUO_RETRY_SECONDS": "[1, 1]", "TUO_PARK_SECONDS": "[600]", "TUO_REPUBLISH_SECONDS": "600"}
_TUO = [sys.executable, "-c", "from broker.cli import main; main()", "run"]


@dataclass(slots=True)
class Race:
    """One contender, its back office, and what it was given."""

    on: Ground
    who: str
    prefix: str
    home: Path
    port: int
    office: "subprocess.Popen[bytes]"
    latency: float
    #: what is said of the back office in the settings, of ours alone
    said: Mapping[str, object]
    it: "subprocess.Popen[bytes] | None" = None

    @property
    def database(self) -> Path:
        """The ledger, of ours alone."""
        return self.home / "tuo.db"

    @property
    def group(self) -> tuple[str, str]:
        """The consumer group and its topic."""
        if self.who == OURS:
            return f"{self.prefix}delivery.council-tax", f"{self.prefix}departments.council-tax"
        topic = f"{self.prefix}departments.letters"
        return f"{topic}.floor", topic

    def start(self) -> None:
        """Start the contender, anew after it was ended."""
        url = f"http://127.0.0.1:{self.port}/revenues/v1/changes/contacts"
        words = ("--kafka", self.on.kafka.bootstrap, "--topic", f"{self.prefix}departments.letters", "--url", url)
        match self.who:
            case "ours":
                self.it = self.on.start_command(_TUO, f"{self.prefix}ours", self._environment())
            case "floor":
                self.it = self.on.start("bench.rivals.floor", *words)
            case "Faust agent":
                self.it = self.on.start("bench.rivals.faust_agent", *words)
            case _:
                script = str(Path(__file__).parent / "rivals" / "concurrent_faststream.py")
                self.it = self.on.start_command([python_of_rivals(), script, *words], f"{self.prefix}faststream")

    def _environment(self) -> dict[str, str]:
        address: dict[str, object] = {"base_url": f"http://127.0.0.1:{self.port}", "token": "bench"}
        office = address | {"in_flight": IN_FLIGHT} | dict(self.said)
        return OUR_SETTINGS | {
            "TUO_HOME": str(self.home),
            "TUO_KAFKA": self.on.kafka.bootstrap,
            "TUO_TOPIC_PREFIX": self.prefix,
            "TUO_ROLES": '["router", "delivery"]',
            "TUO_BACK_OFFICES": json.dumps({"council-tax": office}),
        }

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        assert self.it is not None
        self.on.end(self.it)

    def stop(self) -> None:
        """SIGTERM, and wait for it: how a new version is rolled out."""
        assert self.it is not None
        self.it.terminate()
        self.it.wait(60)
        self.on.children.remove(self.it)

    def books(self) -> dict[str, Any]:
        """The back office's."""
        return books_at(self.port)

    def until_taken(self, count: int, quiet: float = QUIET) -> bool:
        """Wait until the back office has taken so many; False where nothing new comes any more before that."""
        seen, moved_at, began = -1, time.monotonic(), time.monotonic()
        while (taken := int(self.books()["taken"])) < count:
            now = time.monotonic()
            seen, moved_at = (taken, now) if taken > seen else (seen, moved_at)
            if now - (moved_at if taken else began) > (quiet if taken else LONGEST):
                return False
            time.sleep(0.02)
        return True

    def meter(self) -> Meter:
        """A meter of the contender, from its first delivery on."""
        assert self.it is not None
        self.until_taken(1)
        return Meter({"it": self.it.pid, "Kafka": self.on.kafka_process})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a contender did when nothing happened to it on the way."""

    books: dict[str, Any]
    used: Metered

    @property
    def rate(self) -> float:
        """Deliveries a second, by the back office's clock."""
        return float(self.books["taken"] / max(0.001, self.books["last_at"] - self.books["first_at"]))

    @property
    def cost(self) -> float:
        """CPU of its process, ms a delivery."""
        return 1000 * self.used.cpu["it"] / max(1, self.books["taken"])


def run_through(race: Race, expected: int) -> Ran:
    """From the first delivery to the last that can be taken."""
    race.start()
    meter = race.meter()
    race.until_taken(expected)
    used = meter.read()
    return Ran(books=race.books(), used=used)


class Field:
    """Letters that lie ready for contenders, one after another."""

    def __init__(self, on: Ground, prepared: Prepared) -> None:
        self.on = on
        self.prepared = prepared
        self._races = 0

    @property
    def count(self) -> int:
        """How many letters there are."""
        return len(self.prepared.letters)

    @contextmanager
    def race(
        self,
        who: str,
        trouble: float = 0.0,
        failing: frozenset[str] = frozenset(),
        office: Mapping[str, object] = MappingProxyType({}),
    ) -> Iterator[Race]:
        """A contender's own topics, ledger and back office; it is not started yet."""
        self._races += 1
        prefix = f"race-{self._races}."
        home = self.on.folder / prefix
        home.mkdir()
        shutil.copy(self.prepared.database, home / "tuo.db")
        asyncio.run(publish(self.prepared, self.on.kafka.bootstrap, prefix))
        (home / "failing").write_text("\n".join(sorted(failing)))
        opened, port = open_the_called_one(self.on, LATENCY, trouble, "--failing", home / "failing")
        race = Race(self.on, who, prefix, home, port, opened, LATENCY, office)
        try:
            yield race
        finally:
            for child in (race.it, race.office):
                if child is not None and child in self.on.children:
                    self.on.end(child)
