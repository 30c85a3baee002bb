"""Every kind of fault of a soak: how it begins, how long it lasts, and how it is put right."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from broker.local_cluster import LocalCluster
from broker.local_kafka import KafkaDidNotStart, LocalKafka
from tests.chaos import apart
from tests.chaos.stage import EXTRA, Stage

#: how the offices of the broker's own tests misbehave, and how the five more do, under the soak's names
USUAL_MODES = {
    "office dead": "hang",
    "office errors": "error",
    "office slow": "slow",
    "time-out after effect": "apply_then_hang",
    "garbage answer": "garbage",
}
MORE_MODES = {
    "office dead": "dead",
    "office errors": "error",
    "office busy": "busy",
    "office slow": "slow",
    "request late": "late",
    "time-out after effect": "hang_after_effect",
    "error after effect": "error_after_effect",
    "garbage answer": "garbage",
    "wrong reference": "wrong_reference",
}
#: seconds before the end at which nothing new is begun: what is under way is to be hurt too
CALM_BEFORE = 20.0
CLOCK_STEPS = (-20, 20, -7, 45)
#: times the minutes asked for: until then faults go on where a slow machine has not done enough while it was hurt
AT_MOST = 3
#: offices that misbehave at once, and for how many seconds each
ILL_AT_ONCE, ILL_FOR = 4, (1.5, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, and when it was on (seconds of the monotonic clock)."""

    kind: str
    target: str
    began: float
    ended: float


class Faults:
    """Makes faults by chance, from a seed, and remembers each."""

    def __init__(
        self,
        stage: Stage,
        seed: int,
        *,
        when_nearly_over: Callable[[], None] = lambda: None,
        enough_is_done: Callable[[], bool] = lambda: True,
        after_each: Callable[[], None] = lambda: None,
    ) -> None:
        self._stage = stage
        self._enough_is_done, self._after_each = enough_is_done, after_each
        self._rng = random.Random(seed)
        self.done: list[Fault] = []
        self.hindered: dict[str, str] = {}
        self._over = threading.Event()
        self._nearly_over, self._when_nearly_over = threading.Event(), when_nearly_over
        self._deck: list[str] = []
        self.kinds = self._kinds()

    def _kinds(self) -> dict[str, Callable[[], str]]:
        kinds: dict[str, Callable[[], str]] = {
            "broker killed": self._kill,
            "broker frozen": self._freeze,
            "Kafka killed": self._kafka_killed,
            "Kafka stopped": self._kafka_stopped,
            "Kafka frozen": self._kafka_frozen,
            "Kafka wiped": self._kafka_wiped,
            "network cut": self._cut,
            "answers lost": self._cut_one_way,
            "disk full": self._disk_full,
            "clock step": self._clock_step,
        }
        if self._stage.postgres is not None:
            kinds["database crash"] = self._database_crash
        return kinds

    @property
    def expected(self) -> set[str]:
        """Every kind that must have fired."""
        return {*self.kinds, *MORE_MODES}

    def run(self, seconds: float) -> None:
        """Faults for so long, and longer until every kind has fired and enough was done; ``AT_MOST`` times as long.

        Those of the offices go on beside.
        """
        began = time.monotonic()
        offices = threading.Thread(target=self._offices_for_ever)
        offices.start()
        try:
            while self._goes_on(time.monotonic() - began, seconds):
                time.sleep(self._rng.uniform(1, 4))
                self._one(self._next_kind())
                self._stage.until_ready()
                self._after_each()
        finally:
            self._over.set()
            offices.join()

    def _goes_on(self, been: float, seconds: float) -> bool:
        if been > seconds - CALM_BEFORE and not self._nearly_over.is_set():
            self._nearly_over.set()
            self._when_nearly_over()
        enough = been >= seconds and self._each_had_its_turn() and self._enough_is_done()
        return been < AT_MOST * seconds and not enough

    def _each_had_its_turn(self) -> bool:
        return self.expected <= {one.kind for one in self.done} | set(self.hindered)

    def _next_kind(self) -> str:
        """Each kind once before any comes again; killing and freezing more often."""
        if not self._deck:
            self._deck = [*self.kinds, "broker killed", "broker frozen", "broker killed"]
            self._rng.shuffle(self._deck)
        return self._deck.pop()

    def _one(self, kind: str) -> None:
        began = time.monotonic()
        try:
            target = self.kinds[kind]()
        except NotHere as hindrance:
            self.hindered[kind] = str(hindrance)
            return
        self.done.append(Fault(kind=kind, target=target, began=began, ended=time.monotonic()))

    def _some_process(self) -> str:
        return self._rng.choice(sorted(self._stage.processes))

    def _kill(self) -> str:
        name = self._some_process()
        self._stage.processes[name].kill()
        self._stage.processes[name].wait()
        time.sleep(self._rng.uniform(0, 1))
        self._stage.start(name)
        self._stage.until_ready()
        return name

    def _freeze(self) -> str:
        name = self._some_process()
        process = self._stage.processes[name]
        process.send_signal(signal.SIGSTOP)
        time.sleep(self._rng.choice([1, 3, 9]))  # nine is longer than a lease, and nearly a group's session
        process.send_signal(signal.SIGCONT)
        return name

    def _node(self) -> LocalKafka:
        return self._rng.choice(self._stage.nodes)

    def _again(self, node: LocalKafka) -> None:
        for _ in range(3):
            with contextlib.suppress(KafkaDidNotStart):
                node.start(60)
                return
        raise RuntimeError("Kafka does not start any more")

    def _kafka_killed(self) -> str:
        node = self._node()
        node.kill()
        time.sleep(self._rng.uniform(0, 2))
        self._again(node)
        return f"node {node.node.number}"

    def _kafka_stopped(self) -> str:
        node = self._node()
        node.stop()
        time.sleep(self._rng.uniform(1, 5))
        self._again(node)
        return f"node {node.node.number}"

    def _kafka_frozen(self) -> str:
        node = self._node()
        self._stop_and_go(node)
        return f"node {node.node.number}"

    def _stop_and_go(self, node: LocalKafka) -> None:
        number = node.process_id
        if number is None:
            raise RuntimeError("Kafka has ended by itself")
        os.kill(number, signal.SIGSTOP)
        time.sleep(self._rng.choice([1.0, 4.0]))
        os.kill(number, signal.SIGCONT)

    def _kafka_wiped(self) -> str:
        for node in self._stage.nodes:
            node.wipe()
        if isinstance(self._stage.kafka, LocalCluster):
            self._stage.kafka.start()
        else:
            self._again(self._stage.nodes[0])
        return "everything it knew"

    def _ports(self) -> dict[str, list[int]]:
        stage = self._stage
        found = {
            "Kafka": list(stage.kafka_ports),
            "offices": [stage.extra_port, stage.council.council_tax_port],
            "API": [stage.council.web_port],
        }
        return found | ({"database": [stage.postgres.cluster.port]} if stage.postgres else {})

    def _cut(self) -> str:
        return self._cut_off(one_way=False)

    def _cut_one_way(self) -> str:
        return self._cut_off(one_way=True)

    def _cut_off(self, *, one_way: bool) -> str:
        if not apart.is_apart():
            raise NotHere("needs a network namespace and iptables")
        where, ports = self._rng.choice(sorted(self._ports().items()))
        with apart.cut_off(ports, one_way=one_way):
            time.sleep(self._rng.choice([1.5, 4.0, 7.0]))
        return where

    def _disk_full(self) -> str:
        if not apart.is_apart():
            raise NotHere("needs a mount namespace")
        with apart.full(self._stage.disk):
            apart.keep_full(self._stage.disk, self._rng.choice([2.0, 5.0]))
        return self._stage.database_kind

    def _database_crash(self) -> str:
        assert self._stage.postgres is not None
        self._stage.postgres.kill()
        time.sleep(self._rng.uniform(0, 2))
        self._stage.postgres.start()
        return "postgresql"

    def _clock_step(self) -> str:
        name, step = self._some_process(), self._rng.choice(CLOCK_STEPS)
        self._stage.clock_file(name).write_text(str(step))
        time.sleep(self._rng.uniform(2, 5))
        self._stage.clock_file(name).write_text("0")
        return f"{name} by {step:+} s"

    def _offices_for_ever(self) -> None:
        """Some offices at a time misbehave, each for some seconds."""
        rng = random.Random(self._rng.random())
        departments = ["council-tax", "housing-benefit", "electoral-registration", *EXTRA]
        turns: dict[str, tuple[str, float, float]] = {}
        deck: list[str] = []
        while not self._over.is_set():
            now = time.monotonic()
            for department in [name for name, (_, _, until) in turns.items() if until < now]:
                self._well_again(department, *turns.pop(department)[:2])
            if len(turns) < ILL_AT_ONCE:
                deck = deck or rng.sample(sorted(MORE_MODES), len(MORE_MODES))
                kind, department = deck.pop(), rng.choice([name for name in departments if name not in turns])
                modes = MORE_MODES if department in EXTRA else USUAL_MODES
                if kind in modes and self._turned(department, modes[kind]):
                    turns[department] = (kind, now, now + rng.uniform(*ILL_FOR))
            self._over.wait(0.4)
        for department, (kind, began, _) in turns.items():
            self._well_again(department, kind, began)

    def _turned(self, department: str, mode: str) -> bool:
        """False where a cut keeps us from it just now."""
        try:
            self._stage.turn(department, mode)
        except httpx.HTTPError:
            return False
        return True

    def _well_again(self, department: str, kind: str, began: float) -> None:
        while not self._turned(department, "ok"):
            time.sleep(0.2)
        self.done.append(Fault(kind=kind, target=department, began=began, ended=time.monotonic()))


class NotHere(Exception):
    """This machine cannot make this fault; the text says what is missing."""
