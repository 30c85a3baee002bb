"""Handing over, beside others: our delivery engine, the floor, FastStream and a Faust agent tell one office the same."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.findings import Finding, Section
from bench.ground import ROOT, Ground, books_at, open_the_called_one
from bench.ledger_view import everything_is_answered
from bench.letters import Prepared, publish
from bench.meter import Meter, Metered
from bench.rivals.room import python_of_rivals

#: seconds without a new delivery after which a rival is thought to have finished
QUIET, LONGEST = 12.0, 600.0
WHAT_IT_LACKS = (
    "The floor has no ledger, claim, attempt, outcome, audit or dead letter. After a crash it sends again what came",
    "after the oldest unfinished letter; ours commits a claim before each request, and the answer after it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the back office does, and which letters there are."""

    name: str
    said: str
    latency: float
    trouble: float
    #: lanes matter: the ledger offers a person's next letter when the last was answered, so the relay must run too
    lanes: bool = False

    @property
    def roles(self) -> str:
        """What our process does."""
        return '["router", "delivery"]' if self.lanes else '["delivery"]'


SCENES = (
    Scene(name="quick", said="0 ms, distinct people", latency=0.0, trouble=0.0),
    Scene(name="usual", said="200 ms, distinct people", latency=0.2, trouble=0.0),
    Scene(name="burst", said="200 ms, five each back to back, 5 % 503 at first", latency=0.2, trouble=0.05, lanes=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one of them did."""

    used: Metered
    taken: int
    #: of those, what was taken while the meter ran
    metered: int
    expected: int
    books: dict[str, Any]

    @property
    def rate(self) -> float:
        """Deliveries a second, by the back office's clock."""
        return self.taken / max(0.001, float(self.books["last_at"] - self.books["first_at"]))

    @property
    def cpu_ms(self) -> float:
        """CPU of its process for each delivery, ms."""
        return 1000 * self.used.cpu["it"] / max(1, self.metered)

    @property
    def ledger_of_faults(self) -> str:
        """Lost, doubled and disordered, in words."""
        lost = self.expected - self.books["taken"]
        return f"{lost} lost, {self.books['doubled']} doubled, {self.books['disordered']} out of order"


def hand_over(on: Ground, scene: Scene, prepared: Prepared) -> Section:
    """The same letters to the same back office: ours, then the floor, then the others."""
    home = on.folder / f"hand-over-{scene.name}"
    prefix = f"hand-over-{scene.name}."
    home.mkdir()
    shutil.copy(prepared.database, home / "tuo.db")
    asyncio.run(publish(prepared, on.kafka.bootstrap, prefix))
    ran = {
        "ours": _run(on, scene, prepared, lambda port: _ours(on, scene, home, prefix, port), home / "tuo.db"),
        "floor": _run(on, scene, prepared, lambda port: _rival(on, "floor", prefix, port)),
        "FastStream": _run(on, scene, prepared, lambda port: _faststream(on, prefix, port)),
        "Faust agent": _run(on, scene, prepared, lambda port: _rival(on, "faust_agent", prefix, port)),
    }
    floor = ran["floor"]
    findings = [
        finding
        for name, one in ran.items()
        for finding in (
            Finding(what=f"{name}: CPU", figure=one.cpu_ms, unit="ms a delivery", beside="floor", other=floor.cpu_ms),
            Finding(what=f"{name}: rate", figure=one.rate, unit="a second", beside="floor", other=floor.rate),
        )
    ]
    return Section(
        title=f"Handing over {len(prepared.letters)} deliveries: {scene.said}",
        circumstances="; ".join(f"{name}: {one.used.circumstances}" for name, one in ran.items()),
        findings=findings,
        notes=[
            *(
                f"{name}: {one.ledger_of_faults}, at most {one.books['most_in_flight']} in flight."
                for name, one in ran.items()
            ),
            *WHAT_IT_LACKS,
        ],
    )


def _run(
    on: Ground,
    scene: Scene,
    prepared: Prepared,
    start: Callable[[int], "subprocess.Popen[bytes]"],
    database: Path | None = None,
) -> Ran:
    called, port = open_the_called_one(on, scene.latency, scene.trouble)
    it = start(port)
    try:
        return _watched(on, it.pid, port, len(prepared.letters), database)
    finally:
        on.end(it)
        on.end(called)


def _watched(on: Ground, process: int, port: int, expected: int, database: Path | None) -> Ran:
    deadline = time.monotonic() + LONGEST
    while not (before := books_at(port)["taken"]):
        if time.monotonic() > deadline:
            raise TimeoutError("nothing was handed over")
        time.sleep(0.02)
    meter = Meter({"it": process, "Kafka": on.kafka_process})
    used, seen, moved_at = meter.read(), before, time.monotonic()
    while seen < expected and time.monotonic() - moved_at < QUIET:
        time.sleep(0.1)
        taken = books_at(port)["taken"]
        if taken > seen:
            used, seen, moved_at = meter.read(), taken, time.monotonic()
    while database and not everything_is_answered(database) and time.monotonic() < deadline:
        time.sleep(0.05)
    if database:
        used = meter.read()
    return Ran(used=used, taken=seen, metered=seen - before, expected=expected, books=books_at(port))


def _ours(on: Ground, scene: Scene, home: Path, prefix: str, port: int) -> "subprocess.Popen[bytes]":
    office = {"base_url": f"http://127.0.0.1:{port}", "token": "bench", "in_flight": 256}
    environment = {
        "TUO_HOME": str(home),
        "TUO_KAFKA": on.kafka.bootstrap,
        "TUO_TOPIC_PREFIX": prefix,
        "TUO_ROLES": scene.roles,
        "TUO_BACK_OFFICES": json.dumps({"council-tax": office}),
        "TUO_RETRY_SECONDS": "[1, 1, 1, 1, 1, 1]",
        "TUO_REPUBLISH_SECONDS": "600",
    }
    with (home / "broker.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", "from broker.cli import main; main()", "run"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
    on.children.append(child)
    return child


def _rival(on: Ground, name: str, prefix: str, port: int) -> "subprocess.Popen[bytes]":
    return on.start(f"bench.rivals.{name}", *_words(on, prefix, port))


def _faststream(on: Ground, prefix: str, port: int) -> "subprocess.Popen[bytes]":
    script = Path(__file__).parent / "rivals" / "concurrent_faststream.py"
    return on.start_command([python_of_rivals(), str(script), *_words(on, prefix, port)], "faststream")


def _words(on: Ground, prefix: str, port: int) -> tuple[str, ...]:
    url = f"http://127.0.0.1:{port}/revenues/v1/changes/contacts"
    return ("--kafka", on.kafka.bootstrap, "--topic", f"{prefix}departments.letters", "--url", url)
