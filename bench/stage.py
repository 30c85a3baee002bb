"""The stage of a scene: a council with five departments, 4.48 deliveries an event, whose back offices keep books.

Three are called and take a while to answer, one subscribes, one collects. The broker is one process with every role on
SQLite, and a process for each role on PostgreSQL.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench.answering import COLLECTS, SUBSCRIBES
from bench.called import Books
from bench.findings import Finding
from bench.ground import ROOT, Ground, books_at, open_the_called_one, until
from bench.ledger_view import answered_of, everything_is_answered
from bench.meter import Meter
from bench.people import concern_leisure, stream_of_changes, write_residents
from bench.telling import Telling, Told
from tests.council import TUO, Council
from tests.ground.ports import free_ports
from tests.ground.postgres import running_postgres

PACKAGE = Path(__file__).parent / "departments"
CALLED = ("council-tax", "libraries", "leisure")
EVERYBODY = (*CALLED, SUBSCRIBES, COLLECTS)
#: seconds that a called back office takes, and its requests in flight at most
LATENCY, IN_FLIGHT = 0.2, 256
LONGEST = 900.0
#: the broker's roles, and what its database's server is called where it has one
ROLES, DATABASE = ("web", "router", "delivery"), "database"
STARTED = "broker.started"


class Stage:
    """One council, and everything around it."""

    def __init__(
        self, on: Ground, name: str, people: int, postgres: tuple[str, int] | None = None, **settings: str
    ) -> None:
        """``postgres`` is the address of an empty database, and its server's process."""
        self.on = on
        self.people = people
        self.prefix = f"{name}."
        self.postgres = postgres
        self.brokers: dict[str, int] = {}
        self.told = 0
        #: by department: deliveries that must arrive besides those of what was offered
        self.extra: dict[str, int] = {}
        self.offices: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {department: free_ports(1) for department in CALLED}
        path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", str(ROOT))])
        said = {
            "TUO_BACK_OFFICES": json.dumps({name: self.office(name) for name in CALLED}),
            "TUO_TOPIC_PREFIX": self.prefix,
            "TUO_REPUBLISH_SECONDS": "60",
            "TUO_RETRY_SECONDS": "[0.5, 2, 8]",
            "TUO_PARK_SECONDS": "[60, 300, 1800]",
            "PYTHONPATH": path,
        }
        url = postgres[0] if postgres else None
        self.council = Council(on.folder / name, on.kafka.bootstrap, url, **(said | settings))
        self.answering: subprocess.Popen[bytes] | None = None
        #: the broker's other processes, by role
        self._beside: dict[str, subprocess.Popen[bytes]] = {}

    def office(self, department: str, **more: object) -> dict[str, object]:
        """How a department that is called is reached."""
        return {
            "base_url": f"http://127.0.0.1:{self.ports[department]}",
            "token": "bench",
            "in_flight": IN_FLIGHT,
        } | more

    @property
    def database(self) -> Path | str:
        """The ledger."""
        return self.postgres[0] if self.postgres else self.council.home / "tuo.db"

    @property
    def processes(self) -> dict[str, int]:
        """Everything that runs, by what it is: the broker's first."""
        assert self.answering is not None
        database = {DATABASE: self.postgres[1]} if self.postgres else {}
        called = {name: process.pid for name, process in self.offices.items()}
        ours = self.brokers | {"Kafka": self.on.kafka_process} | database
        return ours | called | {"subscribes and collects": self.answering.pid}

    def meter(self) -> Meter:
        """A meter of everything."""
        return Meter(self.processes, families=(DATABASE,))

    def of_the_broker(self, cpu: Mapping[str, float]) -> float:
        """What the broker, its database and Kafka used of it, without what drives the test."""
        return sum(cpu.get(name, 0.0) for name in (*self.brokers, "Kafka", DATABASE))

    def prepare(self) -> None:
        """The database, the residents, the keys."""
        self.council.prepare(write_residents(self.council.home / "residents.jsonl", self.people))

    def open_office(self, department: str) -> None:
        """Start one back office that is called."""
        child, _ = open_the_called_one(self.on, LATENCY, port=self.ports[department])
        self.offices[department] = child

    def close_office(self, department: str) -> None:
        """Kill one."""
        self.on.end(self.offices.pop(department))

    def open_broker(self, *roles: str) -> None:
        """Start the broker, with every role or with these, and wait until it answers."""
        roles = roles or ROLES
        apart = self.postgres is not None
        self.council.settings["TUO_ROLES"] = json.dumps(roles[:1] if apart else roles)
        self.council.start_broker()
        assert self.council.broker is not None
        self.brokers = {roles[0] if apart else "broker": self.council.broker.pid}
        for role in roles[1:] if apart else ():
            self._open_beside(role)

    def _open_beside(self, role: str) -> None:
        """Start a process for one role, and wait until it says that it runs."""
        more, name = self.council.environment() | {"TUO_ROLES": json.dumps([role])}, f"{self.prefix}{role}"
        log = self.on.folder / f"{name}.log"
        before = log.read_text().count(STARTED) if log.exists() else 0
        self._beside[role] = self.on.start_command([TUO, "run"], name, more)
        self.brokers[role] = self._beside[role].pid
        until(lambda: log.read_text().count(STARTED) > before, f"{role} has started", 120)

    def close_broker(self) -> None:
        """Stop it, gently."""
        for child in self._beside.values():
            child.terminate()
        for child in self._beside.values():
            child.wait(60)
            self.on.children.remove(child)
        self._beside.clear()
        self.council.stop()

    def open_answering(self) -> None:
        """Start the two departments that are not called."""
        key = self.on.key_file(self.council, "electoral")
        words = ("--kafka", self.on.kafka.bootstrap, "--broker", self.council.address, "--key-file", key)
        self.answering = self.on.start("bench.answering", *words, "--prefix", self.prefix, "--books", self._books_file)

    @property
    def _books_file(self) -> Path:
        return self.council.home / "books.json"

    def close(self) -> None:
        """Stop everything but Kafka."""
        self.close_broker()
        for department in list(self.offices):
            self.close_office(department)
        if self.answering is not None:
            self.on.end(self.answering)

    def tell(self, count: int, rate: float | None, connections: int = 64) -> Telling:
        """Begin to offer so many events, at a rate or as fast as they are taken."""
        letters = stream_of_changes(count, self.people, self.told)
        self.told += count
        key = self.on.key_file(self.council, "adviser")
        how: tuple[object, ...] = ("--connections", connections, *(("--rate", rate) if rate else ()))
        how += ("--api", self.council.address, "--key-file", key)
        return Telling(self.on, self.database, self.council.home / f"told-{self.told}", list(letters), how)

    def everything_is_answered(self) -> bool:
        """Whether nothing is under way."""
        return everything_is_answered(self.database)

    def until_answered(self, seconds: float = LONGEST) -> None:
        """Wait until everything is. Raises TimeoutError."""
        until(self.everything_is_answered, "every department has answered", seconds)

    def books(self) -> dict[str, dict[str, Any]]:
        """Each department's own books, once those that are written to a file are up to date."""
        time.sleep(1.0)
        others: dict[str, dict[str, Any]] = orjson.loads(self._books_file.read_bytes())
        nothing = Books().as_document()
        here = {name: books_at(self.ports[name]) if name in self.offices else nothing for name in CALLED}
        return here | others

    @property
    def wanted(self) -> dict[str, int]:
        """By department: how many deliveries must arrive of what was offered so far."""
        return dict.fromkeys(EVERYBODY, self.told) | {"leisure": concern_leisure(self.told)}

    def faults(self) -> list[Finding]:
        """Lost, doubled and out of order, as the departments count it against what was offered."""
        books = self.books()
        wanted = {name: count + self.extra.get(name, 0) for name, count in self.wanted.items()}
        lost = sum(wanted[name] - int(books[name]["taken"]) for name in EVERYBODY)
        return [
            Finding(what="deliveries that had to arrive", figure=sum(wanted.values()), unit=""),
            Finding(what="lost, by the departments' own books", figure=lost, unit="", most=0),
            *(
                Finding(
                    what=f"{what}, likewise", figure=sum(int(each[what]) for each in books.values()), unit="", most=0
                )
                for what in ("doubled", "disordered")
            ),
        ]

    def waits(self, told: Told) -> dict[str, list[float]]:
        """By department: seconds from recording to the answer; under ``first`` those of whoever was first."""
        waited: dict[str, list[float]] = {name: [] for name in EVERYBODY}
        first: dict[str, float] = {}
        for event, department, seconds in answered_of(self.database, told.first, told.last):
            waited[department].append(seconds)
            first[event] = min(first.get(event, seconds), seconds)
        return waited | {"first": list(first.values())}


@contextmanager
def half_stage(on: Ground, name: str, people: int, database: str = "sqlite", **settings: str) -> Iterator[Stage]:
    """A stage with residents and back offices; the broker is not started yet."""
    with ExitStack() as around:
        postgres = around.enter_context(_postgres()) if database == "postgresql" else None
        made = Stage(on, name, people, postgres, **settings)
        try:
            made.prepare()
            for department in CALLED:
                made.open_office(department)
            yield made
        finally:
            made.close()


@contextmanager
def stage(on: Ground, name: str, people: int, database: str = "sqlite", **settings: str) -> Iterator[Stage]:
    """A stage on which everything runs."""
    with half_stage(on, name, people, database, **settings) as made:
        made.open_broker()
        made.open_answering()
        yield made


@contextmanager
def _postgres() -> Iterator[tuple[str, int]]:
    with running_postgres() as cluster, cluster.empty_database() as url:
        said = f"--port={cluster.port}"
        server = next(one for one in psutil.process_iter(["cmdline"]) if said in (one.info["cmdline"] or ()))
        yield url, server.pid
