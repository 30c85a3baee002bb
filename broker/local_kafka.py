"""A real Apache Kafka (KRaft, one node) as a child process on loopback, for a small council, a demo and the tests.

As a command it stays in the foreground and becomes Kafka itself: `python -m broker.local_kafka --data DIR --port N`.
Port N serves clients, port N+1 its controller. Acknowledged records survive a killed process, not a power cut.
"""

import argparse
import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from broker.bound_child import bind_to_parent, start_bound
from broker.java import Java, NoSuitableJava, find_java
from broker.kafka_jars import fetch_jars, jars_are_complete, jars_folder
from broker.kafka_settings import KafkaNode

__all__ = ["KafkaDidNotStart", "LocalKafka", "fetch_jars", "jars_folder", "wait_until_kafka_answers"]

_DISK_NEEDED_MB = 256
_LOG_KEPT_BYTES = 5_000_000
_SECONDS_TO_LET_GO = 10  # a Kafka whose starter was just killed needs a moment to be gone
_SECONDS_TO_STOP = 30  # the first clean stop also writes the class archive


class KafkaDidNotStart(Exception):
    """The local Kafka cannot run; `reason` is one line that says why and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LocalKafka:
    """A Kafka node with its data in `home`, for clients on 127.0.0.1:`port`; it dies with the process that started it.

    `number` and `neighbours` (all client ports, this one's among them) make several of these one cluster.
    """

    def __init__(self, home: Path, port: int, *, number: int = 1, neighbours: tuple[int, ...] = ()) -> None:
        self.node = KafkaNode(home=home.absolute(), port=port, number=number, neighbours=neighbours)
        self._child: subprocess.Popen[bytes] | None = None
        self._new_archive: Path | None = None

    @property
    def bootstrap(self) -> str:
        """What clients connect to, as host:port."""
        return f"127.0.0.1:{self.node.port}"

    @property
    def alive(self) -> bool:
        """Whether the process that `launch` started is still running."""
        return self._child is not None and self._child.poll() is None

    @property
    def process_id(self) -> int | None:
        """The Java process, to pause or kill it from outside; None when it is not running."""
        return self._child.pid if self._child is not None and self.alive else None

    def start(self, seconds: float = 60) -> None:
        """Launch and wait until Kafka answers; raises KafkaDidNotStart, and then nothing is left running."""
        self.launch()
        try:
            self._wait_until_it_answers(seconds)
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Start the process without waiting for an answer; does nothing when it is alive. Raises KafkaDidNotStart."""
        if self.alive:
            return
        with _prepared(self.node) as (java, lock):
            archive = _class_archive(java)
            self._new_archive = _archive_to_write(archive)
            command = self.node.run_command(java, jars_folder(), archive, self._new_archive)
            with self.node.log_file.open("ab") as log:
                self._child = start_bound(command, log, kept_open=[lock])

    def stop(self) -> None:
        """End Kafka cleanly (SIGTERM), or by SIGKILL when it has not gone after 30 s."""
        if self._child is None or not self.alive:
            return
        self._child.send_signal(signal.SIGCONT)
        self._child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_SECONDS_TO_STOP)
            if self._new_archive is not None and self._new_archive.is_file():
                self._new_archive.replace(self._new_archive.with_suffix(""))
        self.kill()

    def kill(self) -> None:
        """End Kafka as a crash would (SIGKILL); what it had acknowledged is there at the next start."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def wipe(self) -> None:
        """Kill Kafka and forget every topic and record it held."""
        self.kill()
        shutil.rmtree(self.node.home, ignore_errors=True)

    def become(self) -> NoReturn:
        """Turn this very process into Kafka, so that its signals are Kafka's; raises KafkaDidNotStart."""
        with _prepared(self.node) as (java, lock):
            command = self.node.run_command(java, jars_folder(), _class_archive(java), None)
            os.set_inheritable(lock, True)
            with self.node.log_file.open("ab") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            os.execv(command[0], command)  # noqa: S606 - no shell is wanted

    def _wait_until_it_answers(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._child is not None and not kafka_answers(self.bootstrap):
            status = self._child.poll()
            if status is not None:
                raise KafkaDidNotStart(f"Kafka stopped while it started (status {status}): see {self.node.log_file}")
            if time.monotonic() > deadline:
                late = f"Kafka did not answer on {self.bootstrap} within {seconds:g} s"
                raise KafkaDidNotStart(f"{late}: see {self.node.log_file}")
            time.sleep(0.05)


def wait_until_kafka_answers(bootstrap: str, seconds: float = 60, brokers: int = 1) -> None:
    """Return once the Kafka at host:port knows so many brokers in service; raises KafkaDidNotStart after `seconds`."""
    deadline = time.monotonic() + seconds
    while not kafka_answers(bootstrap, brokers):
        if time.monotonic() > deadline:
            raise KafkaDidNotStart(f"no Kafka answered on {bootstrap} within {seconds:g} s")
        time.sleep(0.05)


def kafka_answers(bootstrap: str, brokers: int = 1) -> bool:
    """Whether the Kafka at host:port knows so many brokers in service now; blocks for a few seconds at most."""
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    with ThreadPoolExecutor(max_workers=1) as apart:  # the caller's thread may have a running loop
        return apart.submit(lambda: asyncio.run(_brokers_in_service(bootstrap))).result() >= brokers


async def _brokers_in_service(bootstrap: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await admin.start()
        return len((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return 0
    finally:
        await admin.close()


@contextlib.contextmanager
def _prepared(node: KafkaNode) -> Iterator[tuple[Java, int]]:
    """The node's folder locked, written and formatted, its ports seen to be free; every hindrance as one line."""
    try:
        java = find_java()
        if not jars_are_complete(jars_folder()):
            raise KafkaDidNotStart(f"Kafka is not in {jars_folder()} yet: run python -m broker.kafka_jars")
        node.home.mkdir(parents=True, exist_ok=True)
        with _locked(node.home / "lock") as lock:
            _check_ports(node.port)
            _check_disk(node.home)
            _write_settings(node)
            _format_when_new(node, java)
            yield java, lock
    except NoSuitableJava as missing:
        raise KafkaDidNotStart(missing.reason) from None
    except OSError as error:
        raise KafkaDidNotStart(f"Kafka cannot use {error.filename or node.home}: {error.strerror}") from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The folder's lock as a file descriptor; Kafka inherits it, so the lock lasts as long as Kafka lives."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _SECONDS_TO_LET_GO
    try:
        while not _take(lock):
            if time.monotonic() > deadline:
                raise KafkaDidNotStart(f"another Kafka is using {path.parent}: stop it or choose another folder")
            time.sleep(0.05)
        yield lock
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_ports(port: int) -> None:
    for needed, purpose in ((port, "clients"), (port + 1, "its controller")):
        if not 1 <= needed <= 65535:
            raise KafkaDidNotStart(f"port {needed} (for {purpose}) is not a port: choose one from 1024 to 65534")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", needed))
            except OSError as error:
                hint = f"Kafka needs {port} for clients and {port + 1} for its controller"
                raise KafkaDidNotStart(f"port {needed} cannot be used ({error.strerror}): {hint}") from None


def _check_disk(home: Path) -> None:
    free_mb = shutil.disk_usage(home).free // 1_000_000
    if free_mb < _DISK_NEEDED_MB:
        raise KafkaDidNotStart(f"only {free_mb} MB are free in {home}: Kafka needs {_DISK_NEEDED_MB} MB")


def _write_settings(node: KafkaNode) -> None:
    node.settings_file.write_text(node.settings_text())
    if node.log_file.is_file() and node.log_file.stat().st_size > _LOG_KEPT_BYTES:
        node.log_file.replace(node.log_file.with_suffix(".log.1"))


def _format_when_new(node: KafkaNode, java: Java) -> None:
    if node.is_formatted:
        return
    with node.log_file.open("ab") as log:
        done = subprocess.run(  # noqa: S603 - the Java found by us, with arguments of our own
            node.format_command(java, jars_folder()), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        raise KafkaDidNotStart(f"Kafka could not prepare {node.home} (status {done.returncode}): see {node.log_file}")


def _class_archive(java: Java) -> Path:
    """Loaded classes kept for the next start (AppCDS), beside the jars: one for each Java, shared by all folders."""
    return jars_folder() / f"classes-{java.mark}.jsa"


def _archive_to_write(archive: Path) -> Path | None:
    if archive.is_file() or not os.access(archive.parent, os.W_OK):
        return None
    return archive.with_name(f"{archive.name}.{os.getpid()}")


def main() -> NoReturn:
    """Become Kafka in the foreground; exits with 1 and one line on standard error when that cannot be."""
    asked = argparse.ArgumentParser(prog="python -m broker.local_kafka", description=__doc__)
    asked.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder for Kafka's data and log")
    asked.add_argument("--port", type=int, default=9092, metavar="N", help="for clients; N+1 is the controller's")
    asked.add_argument("--die-with-parent", action="store_true", help="be killed when the starting process dies")
    wanted = asked.parse_args()
    if wanted.die_with_parent:
        bind_to_parent(os.getppid())
    try:
        LocalKafka(wanted.data, wanted.port).become()
    except KafkaDidNotStart as failure:
        sys.exit(failure.reason)


if __name__ == "__main__":
    main()
