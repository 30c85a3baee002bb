"""The check-up: everything the broker stands on, each with what to do where it is not well."""

import asyncio
import logging
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, func, select

from broker import found
from broker.adapter import Adapter, HandOver
from broker.commands.through import database_file
from broker.java import NoSuitableJava, find_java
from broker.kafka_jars import jars_are_complete, jars_folder
from broker.ports import utc_now
from broker.schema import newest_version, version
from broker.settings import BackOffice, Settings
from broker.store import Store, StoreUnavailable
from broker.tables import event

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35, 0)  # RETURNING
FREE_MB = 1_000
#: seconds to wait for a Kafka or a back office
PATIENCE = 3.0
#: a clock may differ by this much
DRIFT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the check-up."""

    name: str
    well: bool
    #: what was found, and, where it is not well, what to do
    said: str


Found: TypeAlias = tuple[bool, str]


def check_up(settings: Settings) -> Iterator[Check]:
    """Look at one thing after the other. Nothing is changed."""
    checks: dict[str, Callable[[Settings], Found]] = {
        "python": _python,
        "java": _java,
        "jars": _jars,
        "database": _database,
        "sqlite": _sqlite,
        "kafka": _kafka,
        "disk": _disk,
        "clock": _clock,
    }
    for name, look in checks.items():
        well, said = look(settings)
        yield Check(name=name, well=well, said=said)
    for adapter in found.adapters():
        well, said = _back_office(adapter, settings)
        yield Check(name=f"back office {adapter.department}", well=well, said=said)


def _python(_: Settings) -> Found:
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return sys.version_info >= OLDEST_PYTHON, f"Python {version}; 3.11 or later is needed"


def _java(settings: Settings) -> Found:
    if not _is_local(settings):
        return True, "not needed: Kafka runs elsewhere"
    try:
        java = find_java()
    except NoSuitableJava as error:
        return False, error.reason
    return True, f"Java {java.major}, for a local Kafka"


def _jars(settings: Settings) -> Found:
    if not _is_local(settings):
        return True, "not needed: Kafka runs elsewhere"
    folder = jars_folder()
    if jars_are_complete(folder):
        return True, f"Kafka's jars are in {folder}"
    return False, f"Kafka's jars are not in {folder}: fetch them with python -m broker.kafka_jars"


def _is_local(settings: Settings) -> bool:
    hosts = {server.rpartition(":")[0].strip() for server in settings.kafka.split(",")}
    return hosts <= {"127.0.0.1", "localhost", "[::1]"}


def _database(settings: Settings) -> Found:
    file = database_file(settings)
    if file is not None and not file.is_file():
        return False, f"there is no database at {file} yet: start the broker with tuo up"
    try:
        brought_to = _read(settings, version)
    except StoreUnavailable as error:
        return False, f"{error}: check TUO_DATABASE_URL, that the server runs, and that the broker has been started"
    newest = newest_version()
    if brought_to != newest:
        return False, f"its tables are at {brought_to or 'nothing'}, this version needs {newest}: restart the broker"
    return True, f"reached, and its tables are up to date ({newest})"


def _read(settings: Settings, query: Callable[[Connection], object]) -> object:
    store = Store(settings.store_url)
    try:
        return store.read_now(query)
    finally:
        store.close()


def _sqlite(settings: Settings) -> Found:
    file = database_file(settings)
    if file is None:
        return True, "not used: the database is PostgreSQL"
    said = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return False, f"{said}; 3.35 or later is needed: install a newer Python"
    holder = writer_of(file)
    return True, f"{said}; {f'process {holder} writes to it' if holder else 'no broker writes to it now'}"


def writer_of(database: Path) -> int | None:
    """The process that holds the writer's lock, as Linux tells it; None where nobody does, or nobody can tell."""
    lock = database.with_name(database.name + ".lock")
    try:
        inode, locks = lock.stat().st_ino, Path("/proc/locks").read_text()
    except OSError:
        return None
    held = (line.split() for line in locks.splitlines() if " FLOCK " in line and "->" not in line)
    return next((int(words[4]) for words in held if words[5].rpartition(":")[2] == str(inode)), None)


def _kafka(settings: Settings) -> Found:
    from aiokafka.errors import KafkaError

    from broker.kafka import topics

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it would say is said below, once
    try:
        there = asyncio.run(_topics(settings))
    except (KafkaError, OSError, TimeoutError, ValueError):
        return False, f"no answer from {settings.kafka}: start Kafka, or check TUO_KAFKA and its credentials"
    wanted = topics(settings, [adapter.department for adapter in found.adapters()])
    if missing := sorted(set(wanted) - there):
        return False, f"reached, and without {', '.join(missing)}: start the broker, which makes topics"
    return True, f"reached at {settings.kafka}, with {len(wanted)} topics"


async def _topics(settings: Settings) -> set[str]:
    from aiokafka.admin import AIOKafkaAdminClient

    from broker.kafka import connection

    async with asyncio.timeout(PATIENCE):
        admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=int(PATIENCE * 1000))
        try:
            await admin.start()
            return set(await admin.list_topics())
        finally:
            await admin.close()


def _disk(settings: Settings) -> Found:
    place = settings.home.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 1_000_000
    said = f"{free} MB are free for TUO_HOME"
    return free >= FREE_MB, said if free >= FREE_MB else f"{said}: make room, at least {FREE_MB} MB"


def _clock(settings: Settings) -> Found:
    newest = None
    file = database_file(settings)
    if file is None or file.is_file():
        try:
            newest = _read(settings, lambda tx: tx.execute(select(func.max(event.c.recorded_at))).scalar())
        except StoreUnavailable:
            newest = None
    now = utc_now()
    ahead = newest is not None and newest > now + DRIFT  # type: ignore[operator]
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    return not ahead, f"{said}; something was recorded later than that: set the clock (timedatectl)" if ahead else said


def _back_office(adapter: Adapter, settings: Settings) -> Found:
    if adapter.hand_over is not HandOver.CALLED:
        return True, f"it {adapter.hand_over}: nothing is called"
    address = settings.back_offices.get(adapter.department, BackOffice()).base_url
    if address is None:
        return False, f"no address: set base_url under [back_offices.{adapter.department}] in tuo.toml"
    host, port = _host_and_port(address)
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError:
        return False, f"no answer from {host}:{port}: deliveries wait until it is back"
    return True, f"reached at {host}:{port}"


def _host_and_port(address: str) -> tuple[str, int]:
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
