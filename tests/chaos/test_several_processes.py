"""Two routers and two deliverers on one PostgreSQL database: one is killed, one is frozen, one is added; nothing shows."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from broker.local_kafka import LocalKafka
from tests.chaos.telling import effects, start_submitter
from tests.chaos.verifier import verify
from tests.council import DEPARTMENTS, ROOT, TUO, Council
from tests.ground.ports import free_ports
from tests.ground.postgres import PostgresCluster

PERSONS, EACH = 8, 16
#: longer than a leader's lease, a claim's and a Kafka session: whoever is frozen so long has been replaced
FROZEN_SECONDS = 14.0


class Member:
    """One more process of the same council."""

    def __init__(self, council: Council, name: str, role: str) -> None:
        self.log = council.home / f"{name}.log"
        environment = council.environment() | {"TUO_ROLES": json.dumps([role])}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([TUO, "run"], cwd=ROOT, env=environment, stdout=log, stderr=log)

    def says(self, what: str) -> int:
        """How often its log says this."""
        return self.log.read_text().count(what)

    @property
    def leads(self) -> bool:
        """Whether it is the one that routes."""
        return self.process.poll() is None and self.says("leader.began") > self.says("leader.ended")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it where it is, and let it go on afterwards."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@pytest.mark.timeout(400)
def test_of_several_processes_one_may_be_killed_frozen_or_added(tmp_path: Path, postgres: PostgresCluster) -> None:
    with ExitStack() as stack:
        kafka = LocalKafka(tmp_path / "kafka", free_ports(2))
        kafka.start()
        stack.callback(kafka.stop)
        url = stack.enter_context(postgres.empty_database())
        council = Council(tmp_path / "council", kafka.bootstrap, url, TUO_ROLES='["web"]', TUO_LEASE_SECONDS="9")
        council.prepare()
        stack.callback(council.stop)
        council.start_broker()
        members = {name: Member(council, name, role) for name, role in _START}
        stack.callback(_kill_all, members)
        council.start_back_offices()
        submitter = stack.enter_context(_submitting(council, tmp_path))
        _hurt(council, members)
        assert submitter.wait(timeout=200) == 0
        offices = {name: council.home / "offices" / name / "journal.jsonl" for name in DEPARTMENTS}
        expected = PERSONS * EACH * len(DEPARTMENTS)
        council.until(lambda: effects(offices) >= expected, "every department has acted on every event", 120)
        verdict = verify(tmp_path / "submitter.jsonl", offices)
        assert verdict.clean, verdict
        assert verdict.effects == expected
        council.until(lambda: not council.books()["findings"], "the books balance", 60)


def _kill_all(members: dict[str, Member]) -> None:
    for member in members.values():
        member.kill()


_START = (("router-1", "router"), ("router-2", "router"), ("delivery-1", "delivery"), ("delivery-2", "delivery"))


def _hurt(council: Council, members: dict[str, Member]) -> None:
    """Kill the router that leads; freeze the one that leads then, and a deliverer with it; add a third of each."""
    first = _leader(council, members)
    members[first].kill()
    second = _leader(council, members)
    assert second != first
    members["router-3"] = Member(council, "router-3", "router")
    with members[second].frozen(), members["delivery-1"].frozen():
        thawed_at = time.monotonic() + FROZEN_SECONDS
        assert _leader(council, members, but=second) == "router-3"
        council.until(lambda: time.monotonic() > thawed_at, "it was frozen long enough", FROZEN_SECONDS + 5)
    members["delivery-2"].kill()
    members["delivery-3"] = Member(council, "delivery-3", "delivery")
    council.until(lambda: not members[second].leads, "who was frozen has seen that another leads", 30)


def _leader(council: Council, members: dict[str, Member], but: str = "") -> str:
    found: list[str] = []

    def one() -> bool:
        found[:] = [name for name, member in members.items() if name != but and member.leads]
        return len(found) == 1

    council.until(one, "one router leads", 60)
    return found[0]


@contextmanager
def _submitting(council: Council, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    submitter = start_submitter(council, folder, persons=PERSONS, each=EACH)
    try:
        yield submitter
    finally:
        submitter.kill()
        submitter.wait()
