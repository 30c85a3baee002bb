"""The ground of one run: a folder, a real Kafka of its own, and child processes that end with it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from broker.local_kafka import LocalKafka
from tests.council import Council
from tests.ground.ports import free_ports

ROOT = Path(__file__).parent.parent


@dataclass(slots=True)
class Ground:
    """Where one run takes place."""

    folder: Path
    kafka: LocalKafka
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def kafka_process(self) -> int:
        """The Java process. Raises RuntimeError when Kafka does not run."""
        number = self.kafka.process_id
        if number is None:
            raise RuntimeError("Kafka has ended: see its log")
        return number

    def start(self, module: str, *words: object) -> "subprocess.Popen[bytes]":
        """Start a module of ours as a process of its own."""
        return self.start_command([sys.executable, "-m", module, *map(str, words)], module)

    def start_command(
        self, command: list[str], name: str, more: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start a command as a process of its own, with more in its environment; what it says goes to a file."""
        with (self.folder / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(more or {})}, stdout=log, stderr=log)
        self.children.append(child)
        return child

    def run(self, module: str, *words: object) -> bytes:
        """Run a module to its end; what it printed. Raises CalledProcessError."""
        command = [sys.executable, "-m", module, *map(str, words)]
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout

    def end(self, child: "subprocess.Popen[bytes]") -> None:
        """End one that was started here."""
        child.kill()
        child.wait()
        self.children.remove(child)

    def key_file(self, council: Council, name: str) -> Path:
        """A file with a client's key, so that it is on no command line."""
        path = council.home / f"{name}.key"
        path.write_text(council.keys[name])
        path.chmod(0o600)
        return path


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """A ground, and its end."""
    with TemporaryDirectory(prefix="tuo-bench-") as folder:
        made = Ground(Path(folder), LocalKafka(Path(folder) / "kafka", free_ports(2)))
        made.kafka.start()
        try:
            yield made
        finally:
            for child in list(made.children):
                made.end(child)
            made.kafka.stop()


def until(true: Callable[[], object], what: str, seconds: float) -> None:
    """Wait for a condition. Raises TimeoutError, naming it."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def books_at(port: int) -> dict[str, Any]:
    """The books of the back office that is called; Raises httpx.TransportError while it is away."""
    books: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/books", timeout=10).json()
    return books


def open_the_called_one(
    on: Ground, latency: float, trouble: float = 0.0, *more: object, port: int | None = None
) -> tuple["subprocess.Popen[bytes]", int]:
    """Start the back office that is called; its process and its port."""
    port = port or free_ports(1)
    child = on.start("bench.called", "--port", port, "--latency", latency, "--trouble", trouble, *more)

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return bool(books_at(port))
        return False

    until(answers, "the back office answers", 20)
    return child, port
