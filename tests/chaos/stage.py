"""The stage of a soak: a council with eight departments, its database, its Kafka, and the processes that are hurt."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from datetime import date as day
from pathlib import Path
from typing import Any

import httpx

from broker import clients
from broker.clients import Role
from broker.local_cluster import LocalCluster
from broker.local_kafka import LocalKafka
from tests.chaos import apart
from tests.chaos.database import CrashingPostgres
from tests.chaos.stem import Begun, Stem
from tests.council import DEPARTMENTS as USUAL
from tests.council import ROOT, Council
from tests.ground.ports import free_ports

EXTRA = ("libraries", "parking", "blue-badges", "allotments", "waste")
CALLED = ("libraries", "parking", "blue-badges")
DEPARTMENTS = (*USUAL, *EXTRA)
#: where the five more departments are found, as an installed package would be
PACKAGE = Path(__file__).parent / "departments"
DISK_MB = 320
PATIENCE = 180.0
#: what each process does; on SQLite one does everything
ONE = {"broker": "web,router,delivery"}
THREE = {"front": "web,router", "delivery-1": "delivery", "delivery-2": "delivery"}
SETTINGS = {
    "TUO_LEASE_SECONDS": "6",
    "TUO_REPUBLISH_SECONDS": "3",
    "TUO_TOPIC_PREFIX": "soak.",
    "TUO_RETRY_SECONDS": json.dumps([0.2, 0.5, 1.0]),
    "TUO_PARK_SECONDS": json.dumps([1.0] * 300),
    "TUO_COOL_OFF_SECONDS": "3",
    "TUO_REPLAY_ALONE_UP_TO": "1000000",
    "TUO_REPLAY_STOP_PERCENT": "100",
    "TUO_REPLAY_SHARE_PERCENT": "100",
}


def people(count: int) -> list[dict[str, Any]]:
    """Invented residents, of whom no two could be taken for one another."""
    first = ("Alder", "Bramble", "Cotter", "Dunmore", "Elphick", "Farrow", "Gatley", "Holloway", "Ingram", "Jessop")
    forenames = ("Ada", "Bertrand", "Cleo", "Desmond", "Esme", "Fergus", "Gwen", "Hamish", "Iris", "Jude", "Kit")
    last = ("wick", "ford", "stone", "well", "worth")
    return [
        {
            "id": f"SOAK-{n:03}",
            "forenames": forenames[n % len(forenames)],
            "surname": first[n % 10] + last[n // 10 % 5],
            "dob": (day(1935, 1, 1) + timedelta(days=n * 397)).isoformat(),
            "uprn": f"{999_000_000_900 + n}",
            "postcode": f"AA{1 + n % 9} {1 + n % 7}QZ",
            "line1": f"{n + 1} Soak Street",
            "nino": f"QQ14{n:04}A",
            "references": [
                {"department": "council-tax", "reference": f"9900{n:04}", "role": "liable"},
                {"department": "housing-benefit", "reference": f"9905{n:04}", "role": "claimant"},
            ],
        }
        for n in range(count)
    ]


class Stage:
    """Everything of one run, below one folder."""

    def __init__(self, folder: Path, *, database: str, brokers: int) -> None:
        self.folder = folder
        self.database_kind = database
        self.disk = folder / "disk"
        if apart.is_apart():
            apart.small_disk(self.disk, DISK_MB)
        self.kafka_ports = tuple(free_ports(2) for _ in range(brokers))
        self.kafka: LocalKafka | LocalCluster = (
            LocalKafka(folder / "kafka", self.kafka_ports[0])
            if brokers == 1
            else LocalCluster(folder / "kafka", self.kafka_ports)
        )
        self.postgres = self._postgres() if database == "postgresql" else None
        self.extra_port = free_ports(1)
        settings = {**SETTINGS, "TUO_TOPIC_REPLICAS": str(min(brokers, 3))}
        self.council = Council(self.disk / "council", self.kafka.bootstrap, self._url(), **settings)
        self.roles = ONE if self.postgres is None else THREE
        self.processes: dict[str, subprocess.Popen[bytes] | Begun] = {}
        self.stem: Stem | None = None
        self.others: list[subprocess.Popen[bytes]] = []
        self.guard = threading.Lock()

    def _postgres(self) -> CrashingPostgres:
        home = self.disk / "postgres"
        home.mkdir(parents=True)
        self.folder.chmod(0o755)
        return CrashingPostgres(home)

    def _url(self) -> str | None:
        if self.postgres is None:
            return None
        self.postgres.start()
        self.postgres.cluster.execute("CREATE DATABASE soak TEMPLATE template0")
        return self.postgres.cluster.url("soak")

    @property
    def nodes(self) -> tuple[LocalKafka, ...]:
        """Kafka's nodes."""
        return self.kafka.nodes if isinstance(self.kafka, LocalCluster) else (self.kafka,)

    @property
    def journals(self) -> dict[str, Path]:
        """What each office wrote."""
        usual = {name: self.folder / "offices" / name / "journal.jsonl" for name in USUAL}
        return usual | {name: self.folder / "more-offices" / name / "journal.jsonl" for name in EXTRA}

    def prepare(self) -> None:
        """The database, the residents and the keys."""
        self.folder.mkdir(parents=True, exist_ok=True)
        residents = self.folder / "residents.jsonl"
        residents.write_text("".join(json.dumps(one) + "\n" for one in people(40)))
        self.council.prepare(residents)
        with self.council.store() as store:
            for name, role, of in (("waste", Role.BACK_OFFICE, "waste"), ("second", Role.OPERATOR, None)):
                added = clients.add(name, role, of, datetime.now(UTC), actor="test")
                self.council.keys[name] = store.write_now(added)
        for name, key in self.council.keys.items():
            (self.folder / f"{name}.key").write_text(key)

    def environment(self, name: str) -> dict[str, str]:
        """What one process is started with."""
        called = {name: f"http://127.0.0.1:{self.extra_port}" for name in CALLED}
        usual = self.council.environment()
        offices = json.loads(usual["TUO_BACK_OFFICES"])
        for each in offices.values():
            each["timeout_seconds"] = 2
        offices |= {name: {"base_url": url, "token": "soak", "timeout_seconds": 2} for name, url in called.items()}
        path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", str(ROOT))])
        return {**usual, "TUO_BACK_OFFICES": json.dumps(offices), "PYTHONPATH": path, **self._clock(name)}

    def _clock(self, name: str) -> dict[str, str]:
        file = self.clock_file(name)
        if not file.exists():
            file.write_text("0")
        return {"TUO_SOAK_CLOCK": str(file)}

    def clock_file(self, name: str) -> Path:
        """What this process's clock is ahead by: ``20`` seconds, say."""
        return self.folder / f"{name}.clock"

    def start(self, name: str, **more: str) -> None:
        """Start one of our processes, without waiting; ``more`` is put in its environment."""
        words, environment = ["run", "--roles", self.roles[name]], self.environment(name) | more
        if self.stem is not None:
            self.processes[name] = self.stem.begin(words, environment, self.folder / f"{name}.log")
            return
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.chaos.skewed", *words]
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def start_from_a_stem(self) -> None:
        """From now on our one process is begun without reading the product anew."""
        assert list(self.roles) == ["broker"]
        self.stem = Stem(self.folder / "stem.log", self.environment("broker"))

    def start_all(self) -> None:
        """Kafka, the offices, our processes."""
        self.kafka.start(120)
        for name in self.roles:
            self.start(name)
        self.until_ready()
        self._start_usual_offices()
        self.others.append(
            self._python(
                "tests.chaos.offices",
                *("--data", self.folder / "more-offices", "--port", self.extra_port, "--kafka", self.kafka.bootstrap),
                *("--broker", self.council.address, "--key-file", self.folder / "waste.key"),
                *("--topic-prefix", "soak."),
            )
        )

        self.council.until(self._offices_answer, "the offices answer", 60)

    def look_at_the_offices(self) -> None:
        """They are the reference, and never hurt. Raises RuntimeError where one has ended all the same."""
        if any(one.poll() is not None for one in self.others[:2]):
            raise RuntimeError("a back office has ended by itself: the run proves nothing; see its log")

    def _offices_answer(self) -> bool:
        try:
            self.turn("libraries", "ok")
        except httpx.HTTPError:
            return False
        return self.council.office_state() is not None

    def _start_usual_offices(self) -> None:
        ports = self.council.council_tax_port, self.council.control_port
        self.others.append(
            self._python(
                "tests.back_offices",
                *("--data", self.folder / "offices", "--port", ports[0], "--control-port", ports[1]),
                *("--kafka", self.kafka.bootstrap, "--broker", self.council.address),
                *("--broker-key", self.council.keys["electoral"], "--every", "0.2"),
                *("--residents", self.council.town, "--topic-prefix", "soak."),
            )
        )

    def start_submitter(self, persons: int, seed: int, pause: float) -> "subprocess.Popen[bytes]":
        """The stream of events, until the file `stop` is there, and not while the file `hold` is."""
        words = ["--api", self.council.address, "--key-file", self.folder / "adviser.key", "--persons", persons]
        words += ["--residents", self.folder / "residents.jsonl", "--journal", self.folder / "submitter.jsonl"]
        words += ["--each", 100_000, "--pause", pause, "--seed", seed, "--mixed", "--stop", self.folder / "stop"]
        words += ["--hold", self.folder / "hold"]
        made = self._python("tests.chaos.submitter", *words)
        self.others.append(made)
        return made

    def _python(self, module: str, *words: object) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{module}.log").open("ab") as log:
            command = [sys.executable, "-m", module, *map(str, words)]
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ})

    def until_ready(self, seconds: float = PATIENCE) -> None:
        """Wait until the API takes letters in."""
        self.council.until(self._ready, "the broker is ready", seconds)

    def _ready(self) -> bool:
        dead = [name for name, one in self.processes.items() if one.poll() is not None]
        for name in dead:
            self.start(name)  # as a supervisor would, when a full disk or a dead database ended it at its start
        if self.postgres is not None:
            self.postgres.start_again()
        try:
            return not dead and httpx.get(f"{self.council.address}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def turn(self, department: str, mode: str) -> None:
        """How an office behaves from now on."""
        if department in EXTRA:
            said = {"department": department, "mode": mode}
            httpx.post(f"http://127.0.0.1:{self.extra_port}/mode", json=said, timeout=5).raise_for_status()
        else:
            self.council.office_mode(department, mode)

    def stop(self) -> None:
        """End everything."""
        for one in (*self.processes.values(), *self.others):
            one.kill()
            one.wait()
        if self.stem is not None:
            self.stem.end()
        self.kafka.kill()
        if self.postgres is not None:
            self.postgres.stop()

    def peak_memory_mb(self) -> float:
        """The largest resident set of our processes that run now, in megabytes."""
        return max(_peak(one.pid) for one in self.processes.values())


def _peak(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def wait_until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))
