"""A PostgreSQL that is killed and started again on the same files, as after a crash."""

import signal
import subprocess
import time
from pathlib import Path

import psycopg

from tests.ground.ports import free_ports
from tests.ground.postgres import _SETTINGS, PostgresCluster, _as_owner, _binaries, _initialise, owner_of

#: so that a small disk is full soon, and a crash has something to recover
SETTINGS = {**_SETTINGS, "max_wal_size": "48MB", "checkpoint_timeout": "30s"}


class CrashingPostgres:
    """One cluster in a folder; its owner may have to be given the folder first."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = PostgresCluster(owner=owner_of(home), port=free_ports())
        _initialise(_binaries(), home, self.cluster.owner)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 60) -> None:
        """Start and wait until it answers: again and again, while the last one's children still hold its memory."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._server is None or self._server.poll() is not None:
                self._server = self._launched()
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.home / 'log').read_text()[-500:]}")
            time.sleep(0.2)

    def start_again(self) -> None:
        """As a supervisor would: a server that found no room on its disk while it recovered has ended itself."""
        if self._server is not None and self._server.poll() is not None:
            self.start()

    def kill(self) -> None:
        """SIGKILL: nothing is written any more, not even a checkpoint."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def stop(self) -> None:
        """The end."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(20)

    def _launched(self) -> "subprocess.Popen[bytes]":
        given = {**SETTINGS, "port": str(self.cluster.port), "unix_socket_directories": str(self.home)}
        options = [f"--{name}={value}" for name, value in given.items()]
        command = [
            *_as_owner(self.cluster.owner),
            str(_binaries() / "postgres"),
            "-D",
            str(self.home / "data"),
            *options,
        ]
        with (self.home / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _answers(self) -> bool:
        try:
            self.cluster.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True
