"""A whole council on this machine: the broker as a process of its own, three back offices, and the town's residents.

Stories and fault tests speak to it as its clients do: over HTTP, on Kafka, and by killing its processes.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, select

from broker import clients
from broker.clients import Role
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.directory.tables import resident
from broker.schema import bring_up_to_date
from broker.store import Store
from tests.ground.ports import free_ports

TOWN = Path(__file__).parent.parent / "broker" / "demo" / "town.jsonl"
DEPARTMENTS = ("council-tax", "housing-benefit", "electoral-registration")
ROOT = Path(__file__).parent.parent
#: the command, as it is installed beside this Python
TUO = str(Path(sys.executable).with_name("tuo"))


class Council:
    """One council. ``database_url`` None is the embedded default."""

    def __init__(self, home: Path, kafka: str, database_url: str | None = None, **settings: str) -> None:
        self.home = home
        self.kafka = kafka
        self.database_url = database_url
        self.settings = settings
        first = free_ports(4)
        self.web_port, self.council_tax_port, self.control_port = first, first + 1, first + 2
        self.keys: dict[str, str] = {}
        #: a resident's id in the extract to the id that the broker calls them by
        self.people: dict[str, str] = {}
        self.town = home / "residents.jsonl"
        self.broker: subprocess.Popen[bytes] | None = None
        self.back_offices: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self.web_port}"

    def prepare(self, residents: Path = TOWN) -> None:
        """Make the database, load the residents and make the clients' keys."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self.store() as store:
            bring_up_to_date(store)
            load(store, (Resident.model_validate_json(line) for line in residents.read_text().splitlines()))
            self.people = store.read_now(_people)
            for name, role, department in (
                ("adviser", Role.ADVISER, None),
                ("registrar", Role.SOURCE, None),
                ("operator", Role.OPERATOR, None),
                ("reviewer", Role.REVIEWER, None),
                ("protection", Role.PROTECTION, None),
                ("electoral", Role.BACK_OFFICE, "electoral-registration"),
            ):
                added = clients.add(name, role, department, datetime.now(UTC), actor="test")
                self.keys[name] = store.write_now(added)
        self._write_town(residents)

    def _write_town(self, residents: Path) -> None:
        """The town as the back offices know it: with the ids that the broker calls its people by."""
        told = [json.loads(line) for line in residents.read_text().splitlines()]
        lines = [json.dumps({**one, "person": self.people[one["id"]]}) + "\n" for one in told]
        self.town.write_text("".join(lines))

    def store(self) -> Store:
        """The council's store; only while no broker runs on SQLite."""
        return Store(self.database_url or f"sqlite:///{self.home.absolute() / 'tuo.db'}")

    def environment(self) -> dict[str, str]:
        """What every command of this council is started with."""
        address = f"http://127.0.0.1:{self.council_tax_port}"
        offices = {"council-tax": {"base_url": address, "token": "demo-council-tax", "timeout_seconds": 3}}
        told = {
            "TUO_HOME": str(self.home),
            "TUO_KAFKA": self.kafka,
            "TUO_WEB_PORT": str(self.web_port),
            "TUO_BACK_OFFICES": json.dumps(offices),
            "TUO_TEST_IDENTIFIERS": "1",
            "TUO_RETRY_SECONDS": json.dumps([0.2, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
            "TUO_PARK_SECONDS": json.dumps([1] * 20),
            "TUO_COOL_OFF_SECONDS": "0",
            "TUO_REPUBLISH_SECONDS": "3",
            # A reviewer's queue holds what a test has put there, and no link that chance has chosen.
            "TUO_SECOND_LOOK_SHARE": "0",
        }
        if self.database_url:
            told["TUO_DATABASE_URL"] = self.database_url
        return {**os.environ, **told, **self.settings}

    def start_broker(self) -> None:
        """Start ``tuo run`` and wait until it answers."""
        self.launch_broker()
        self.until(self._ready, "the broker is ready", seconds=90)

    def launch_broker(self) -> None:
        """Start ``tuo run`` without waiting."""
        self.broker = self._start("broker", [TUO, "run"])

    def kill_broker(self) -> None:
        """SIGKILL, as a power cut would."""
        assert self.broker is not None
        self.broker.send_signal(signal.SIGKILL)
        self.broker.wait()

    def start_back_offices(self) -> None:
        """Start the three pretend back offices in one process."""
        command = [sys.executable, "-m", "tests.back_offices", "--data", str(self.home / "offices")]
        command += ["--control-port", str(self.control_port), "--port", str(self.council_tax_port)]
        command += ["--kafka", self.kafka, "--broker", self.address, "--broker-key", self.keys["electoral"]]
        command += ["--every", "0.2", "--residents", str(self.town)]
        command += ["--topic-prefix", self.settings.get("TUO_TOPIC_PREFIX", "")]
        self.back_offices = self._start("back-offices", command)
        self.until(lambda: self.office_state() is not None, "the back offices answer", seconds=30)

    def stop_back_offices(self) -> None:
        """Close all three, as for the night."""
        assert self.back_offices is not None
        self.back_offices.terminate()
        self.back_offices.wait(timeout=30)

    def _start(self, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=log, stderr=log)

    def stop(self) -> None:
        """Stop what runs, gently."""
        for process in (self.broker, self.back_offices):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in (self.broker, self.back_offices):
            if process is not None:
                process.wait(timeout=30)

    def submit(self, event: Mapping[str, Any], *, who: str = "adviser", key: str | None = None) -> httpx.Response:
        """Submit one event as a client does."""
        headers = {"authorization": f"Bearer {self.keys[who]}"} | ({"idempotency-key": key} if key else {})
        return httpx.post(f"{self.address}/api/v1/life-events", json=event, headers=headers, timeout=10)

    def tell(self, event: Mapping[str, Any]) -> str:
        """Submit an event that is taken, and return its reference."""
        answer = self.submit(event)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["reference"])

    def track(self, reference: str) -> dict[str, Any]:
        """The tracker, as an adviser sees it."""
        headers = {"authorization": f"Bearer {self.keys['adviser']}"}
        answer = httpx.get(f"{self.address}/api/v1/life-events/{reference}", headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        tracker: dict[str, Any] = answer.json()
        return tracker

    def answers(self, reference: str, seconds: float = 30) -> dict[str, Any]:
        """The tracker's line of each department, once it is complete."""
        self.until(lambda: self.track(reference)["complete"], f"{reference} is complete", seconds)
        return {line["department"]: line for line in self.track(reference)["departments"]}

    def timeline(self, reference: str) -> list[dict[str, Any]]:
        """What each step decided."""
        headers = {"authorization": f"Bearer {self.keys['adviser']}"}
        answer = httpx.get(f"{self.address}/api/v1/life-events/{reference}/timeline", headers=headers, timeout=10)
        steps: list[dict[str, Any]] = answer.json()["items"]
        return steps

    def books(self) -> dict[str, Any]:
        """The books, as an operator draws them up."""
        headers = {"authorization": f"Bearer {self.keys['operator']}"}
        drawn: dict[str, Any] = httpx.get(f"{self.address}/api/v1/books", headers=headers, timeout=20).json()
        return drawn

    def office_state(self) -> dict[str, Any] | None:
        """What the back offices say of themselves, or None while they are away."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.control_port}/state", timeout=5)
        except httpx.TransportError:
            return None
        state: dict[str, Any] = answer.json()
        return state

    def office_mode(self, department: str, mode: str, **more: object) -> None:
        """Make a back office refuse, hang, be slow, ask, answer later ..."""
        url = f"http://127.0.0.1:{self.control_port}/mode"
        httpx.post(url, json={"department": department, "mode": mode, **more}, timeout=5).raise_for_status()

    def journal(self, department: str) -> list[dict[str, Any]]:
        """Every letter that a back office has seen, in its own words."""
        path = self.home / "offices" / department / "journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def until(self, true: Callable[[], object], what: str, seconds: float = 30) -> None:
        """Wait for a condition, with a deadline."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            time.sleep(0.05)

    def _ready(self) -> bool:
        assert self.broker is not None
        assert self.broker.poll() is None, (self.home / "broker.log").read_text()[-2000:]
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def _people(connection: Connection) -> dict[str, str]:
    asked = select(resident.c.source_id, resident.c.person)
    return {source_id: person for source_id, person in connection.execute(asked)}


@contextmanager
def running_council(
    home: Path, kafka: str, database_url: str | None = None, residents: Path = TOWN, **settings: str
) -> Iterator[Council]:
    """A council with everything running."""
    council = Council(home, kafka, database_url, **settings)
    council.prepare(residents)
    try:
        council.start_broker()
        council.start_back_offices()
        yield council
    finally:
        council.stop()
