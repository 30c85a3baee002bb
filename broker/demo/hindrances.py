"""What could hinder a demonstration, looked for before anything starts; each is one line that says what to do."""

import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from broker.demo.home import Home
from broker.demo.plan import CLONE, CannotStart, Plan
from broker.java import NoSuitableJava, find_java
from broker.kafka_jars import JarsNotFetched, fetch_jars, jars_are_complete, jars_folder

DISK_NEEDED_MB: Final = 512
#: seconds that a process which was just stopped may take to let a port go
_TO_LET_GO: Final = 2.0


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Make the home and hold it, so that a second start in it says so. Raises CannotStart."""
    try:
        _refuse_a_councils_home(home)
        home.demo.mkdir(parents=True, exist_ok=True)
        home.logs.mkdir(exist_ok=True)
        home.keys.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(home.demo / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{error.filename or home} cannot be written ({error.strerror}): choose another folder with --home"
        ) from None
    try:
        _take(lock, home)
        yield
    finally:
        os.close(lock)


def _take(lock: int, home: Home) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(
            f"tuo up runs in {home} already: stop it with Ctrl-C, or choose another folder with --home"
        ) from None


def _refuse_a_councils_home(home: Home) -> None:
    if home.database.exists() and not home.demo.is_dir():
        raise CannotStart(
            f"{home} holds a database that tuo up did not make, and invented people do not belong in it: "
            "choose another folder with --home"
        )


def look_for_hindrances(plan: Plan) -> None:
    """Back offices, Java, disk space and ports. Raises CannotStart."""
    if not (CLONE / "tests" / "back_offices" / "__main__.py").is_file():
        raise CannotStart(
            "The pretend back offices are not here: they come with a clone of the repository, not with the package. "
            "Run tuo up from a clone, or start the broker alone with: tuo run"
        )
    try:
        find_java()
    except NoSuitableJava as missing:
        raise CannotStart(missing.reason) from None
    _look_at_disk(plan.home)
    _look_at_ports(plan)


def _look_at_disk(home: Home) -> None:
    free_mb = shutil.disk_usage(home.folder).free // 1_000_000
    if free_mb < DISK_NEEDED_MB:
        raise CannotStart(
            f"Only {free_mb} MB are free in {home}, and {DISK_NEEDED_MB} MB are needed: "
            "make room, or choose another folder with --home"
        )


def _look_at_ports(plan: Plan) -> None:
    ports = plan.ports
    _look_at_port(plan.host, ports.web, "the broker", "choose another with TUO_WEB_PORT")
    kafka = f"choose another with TUO_KAFKA=127.0.0.1:N, which takes N and N+1 (now {ports.kafka})"
    _look_at_port("127.0.0.1", ports.kafka, "Kafka", kafka)
    _look_at_port("127.0.0.1", ports.controller, "Kafka's controller", kafka)
    _look_at_port("127.0.0.1", ports.council_tax, "the council tax back office", None)
    _look_at_port("127.0.0.1", ports.control, "the control door of the back offices", None)


def _look_at_port(host: str, port: int, whose: str, change: str | None) -> None:
    deadline = time.monotonic() + _TO_LET_GO
    while (why := _why_not(host, port)) is not None:
        if time.monotonic() > deadline:
            change = f"{change}, or all" if change else "choose all"
            raise CannotStart(f"Port {port}, for {whose}, cannot be used ({why}): {change} with --ports-from N")
        time.sleep(0.1)


def _why_not(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            return getattr(error, "strerror", None) or "it is no port or no address of this machine"
    return None


def jars_must_be_fetched() -> bool:
    """Whether Kafka itself is not here yet. Raises CannotStart when it was said to be somewhere and is not."""
    folder = jars_folder()
    if jars_are_complete(folder):
        return False
    if os.environ.get("TUO_KAFKA_JARS"):
        raise CannotStart(
            f"TUO_KAFKA_JARS names {folder}, and this version's Kafka is not there: "
            "leave it out, or fill it with: python -m broker.kafka_jars"
        )
    return True


def fetch_kafka() -> None:
    """Fetch Kafka with Maven. Raises CannotStart."""
    try:
        fetch_jars(jars_folder())
    except JarsNotFetched as failure:
        raise CannotStart(failure.reason) from None
