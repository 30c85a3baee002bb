"""A PostgreSQL cluster of the test run's own, from the system's binaries, and empty databases in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.ground.ports import free_ports

_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresCluster:
    """A running cluster: its superuser and its port on loopback. Local connections are trusted."""

    owner: str
    port: int

    def url(self, database: str) -> str:
        """The database's SQLAlchemy address."""
        return f"postgresql+psycopg://{self.owner}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The address of a new, empty database, dropped afterwards whoever is still connected."""
        name = f"tuo_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement as superuser, outside a transaction."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=self.owner, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres() -> Iterator[PostgresCluster]:
    """A new cluster for as long as the block lasts; RuntimeError says what is missing when it cannot run."""
    binaries = _binaries()
    home = Path(tempfile.mkdtemp(prefix="tuo-postgres-"))  # not below pytest's own folder, which is closed to others
    try:
        owner = owner_of(home)
        cluster = PostgresCluster(owner=owner, port=free_ports())
        _initialise(binaries, home, owner)
        with _server(binaries, home, cluster) as server:
            _wait_until_it_answers(cluster, server, home)
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _binaries() -> Path:
    newest = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda found: float(found.parts[-3]))
    on_path = shutil.which("initdb")
    if newest:
        return newest[-1].parent
    if on_path:
        return Path(on_path).parent
    raise RuntimeError("the tests need PostgreSQL: apt-get install postgresql")


def owner_of(home: Path) -> str:
    """Who runs the server: initdb refuses root, so the folder is given to another."""
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(home, owner, owner)
    return owner


def _as_owner(owner: str) -> list[str]:
    # The server dies with the test run; QUIT is PostgreSQL's "at once".
    become = ["--reuid", owner, "--regid", owner, "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *become, "--pdeathsig", "QUIT"]


def _initialise(binaries: Path, home: Path, owner: str) -> None:
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--username={owner}"]
    command = [*_as_owner(owner), str(binaries / "initdb"), f"--pgdata={home / 'data'}", *options]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr.strip()}")


@contextmanager
def _server(binaries: Path, home: Path, cluster: PostgresCluster) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {**_SETTINGS, "port": str(cluster.port), "unix_socket_directories": str(home)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = [*_as_owner(cluster.owner), str(binaries / "postgres"), "-D", str(home / "data"), *options]
    with (home / "log").open("ab") as log:
        server = subprocess.Popen(command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(20)


def _wait_until_it_answers(cluster: PostgresCluster, server: "subprocess.Popen[bytes]", home: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return cluster.execute("SELECT 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(home / 'log').read_text()[-500:]}") from None
            time.sleep(0.05)
