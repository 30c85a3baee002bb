"""The store: one writer that commits whatever waits in one transaction, and readers beside it."""

import asyncio
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from broker.statements import Statement
from broker.telemetry import log

T = TypeVar("T")
#: one all-or-nothing change: every unit runs in a savepoint of its own
Unit = Callable[[Connection], T]
#: units in one transaction at most: bounds how long a submission waits behind others
MOST_UNITS = 200
#: seconds from the beginning of one transaction to that of the next, where many write: twice the units cost little more
APART = 0.02
#: for so many seconds after two waited at once, others are expected; who writes one thing after another waits for nobody
CROWDED_SECONDS = 1.0
READERS = 4
WRITER_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "cache_size = -32768", "temp_store = MEMORY")
_SAVE, _ROLL_BACK, _RELEASE = map(Statement, ("SAVEPOINT unit", "ROLLBACK TO SAVEPOINT unit", "RELEASE SAVEPOINT unit"))
#: PostgreSQL's word for two that wait for each other, and ours: the unit runs again, in a transaction of its own
_DEADLOCK, _CROSSED = "40P01", object()
#: what is written is found by its keys, one after the other: PostgreSQL keeps the plan that it made when a table was small,
#: and would look through all of it each time
POSTGRESQL_WRITES = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
READER_PRAGMAS = ("query_only = ON", "cache_size = -8192", "temp_store = MEMORY")


class StoreUnavailable(Exception):
    """The database cannot be asked or written just now."""


class AlreadyRunning(Exception):
    """Another process already writes to this SQLite database."""


@dataclass(slots=True)
class _Waiting:
    """A unit, and who waits for it: in a loop, or, without one, in a thread."""

    unit: Unit[Any]
    done: "asyncio.Future[Any] | Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None


class Store:
    """Reads and writes for one process. On SQLite it is the only process that may write."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite_path = _sqlite_path(url)
        self._engine = _engine(url, self.sqlite_path, writes=True)
        self._reading = _engine(url, self.sqlite_path, writes=False)
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._began = self._crowded_until = 0.0
        self._lock: int | None = None
        self._watchers: list[Callable[[], None]] = []

    def open(self) -> "Store":
        """Take the writer's lock and start the writer. Raises AlreadyRunning."""
        if self.sqlite_path is not None:
            self._lock = _take_lock(self.sqlite_path)
        self._writer = threading.Thread(target=self._write_for_ever, name="writer", daemon=True)
        self._writer.start()
        return self

    def close(self) -> None:
        """Commit what waits, then stop."""
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join()
            self._writer = None
        self._readers.shutdown()
        self._reading.dispose()
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> "Store":
        """Open on the way in."""
        return self.open()

    def __exit__(self, *_: object) -> None:
        """Close on the way out."""
        self.close()

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit in the next transaction; returns after the commit.

        Raises StoreUnavailable, or what the unit raised.
        """
        return await self._submit(unit)

    async def write_all(self, units: Sequence[Unit[T]]) -> list[T]:
        """Run units in this order, each all or nothing by itself; returns after the last commit."""
        return await asyncio.gather(*[self._submit(unit) for unit in units])

    def write_now(self, unit: Unit[T]) -> T:
        """The same for code that is not asynchronous."""
        waiting = _Waiting(unit, Future())
        self._put(waiting)
        result: T = waiting.done.result()
        return result

    async def read(self, query: Unit[T]) -> T:
        """Run a read in a reader's thread. Raises StoreUnavailable."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, query)

    def read_now(self, query: Unit[T]) -> T:
        """The same for code that is not asynchronous."""
        try:
            with self._reading.connect() as connection:
                return query(connection)
        except DBAPIError as error:
            raise StoreUnavailable(_reason(error)) from None

    def after_commit(self, told: Callable[[], None]) -> None:
        """Call this, in the writer's thread, after every commit: how the relay learns that there is work."""
        self._watchers.append(told)

    def _submit(self, unit: Unit[T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._put(_Waiting(unit, done, loop))
        return done

    def _put(self, waiting: _Waiting) -> None:
        if self._writer is None:
            raise StoreUnavailable("the store is not open for writing")
        self._waiting.put(waiting)

    def _write_for_ever(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._commit(batch)
            for told in self._watchers:
                try:
                    told()
                except Exception as error:  # the writer must outlive whoever listens to it
                    log.error("part.failed", part="store.watcher", error=type(error).__name__)

    def _next_batch(self) -> list[_Waiting] | None:
        first = self._waiting.get()
        if first is None:
            return None
        if time.monotonic() < self._crowded_until:
            time.sleep(max(0.0, self._began + APART - time.monotonic()))
        self._began, batch = time.monotonic(), [first]
        while len(batch) < MOST_UNITS:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch.append(more)
        if len(batch) > 1:
            self._crowded_until = self._began + CROWDED_SECONDS
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with self._engine.begin() as connection:
                results = [_in_savepoint(connection, waiting.unit) for waiting in batch]
        except Exception as error:
            unavailable = StoreUnavailable(_reason(error))
            results = [unavailable] * len(batch)
        _tell([(waiting, result) for waiting, result in zip(batch, results, strict=True) if result is not _CROSSED])
        # Two processes waited for lanes of each other's; alone, a unit holds so few that they hardly can.
        for waiting, result in zip(batch, results, strict=True):
            if result is _CROSSED:
                self._commit([waiting])


def _tell(ended: Sequence[tuple[_Waiting, object]]) -> None:
    """Tell everybody who waits what became of their unit: each loop is woken once for all of its own."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[_Waiting, object]]] = {}
    for waiting, result in ended:
        by_loop.setdefault(waiting.loop, []).append((waiting, result))
    for loop, told in by_loop.items():
        if loop is None:
            _resolve(told)
        else:
            with suppress(RuntimeError):  # the loop has ended; what was written stays written
                loop.call_soon_threadsafe(_resolve, told)


def _resolve(told: Sequence[tuple[_Waiting, object]]) -> None:
    for waiting, result in told:
        if waiting.done.cancelled():
            continue  # the caller has given up; what was written stays written
        if isinstance(result, BaseException):
            waiting.done.set_exception(result)
        else:
            waiting.done.set_result(result)


def _in_savepoint(connection: Connection, unit: Unit[Any]) -> Any:  # noqa: ANN401 - whatever the unit answers
    """What the unit answered, or the error it raised; a database that is gone ends the whole transaction."""
    # In so many words: an object for each savepoint would cost several times as much.
    _SAVE.run(connection)
    try:
        result = unit(connection)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        _ROLL_BACK.run(connection)
        crossed = getattr(error.orig, "sqlstate", None) == _DEADLOCK
        result = _CROSSED if crossed else StoreUnavailable(_reason(error))
    except Exception as error:
        _ROLL_BACK.run(connection)
        result = error
    _RELEASE.run(connection)
    return result


def _reason(error: BaseException) -> str:
    # A driver's own text can hold a whole row, so only the kind of error is told.
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"the database answered with {type(origin).__name__}"


def _sqlite_path(url: str) -> Path | None:
    parts = make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


def _engine(url: str, sqlite_path: Path | None, *, writes: bool) -> Engine:
    if sqlite_path is None:
        engine = create_engine(
            url,
            pool_size=1 if writes else READERS,
            max_overflow=2,
            pool_pre_ping=True,
            hide_parameters=True,
            execution_options={"postgresql_readonly": not writes},
        )
        if writes:
            event.listen(engine, "connect", lambda connection, _: _postgresql_connect(connection))
        return engine
    sqlite_path.parent.mkdir(parents=True, exist_ok=True)
    connect = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(url, pool_size=1 if writes else READERS, hide_parameters=True, connect_args=connect)
    pragmas = WRITER_PRAGMAS if writes else READER_PRAGMAS
    event.listen(engine, "connect", lambda connection, _: _sqlite_connect(connection, pragmas))
    # A transaction that reads first and writes later fails at once when another wrote in between: so begin as a writer.
    begin = Statement("BEGIN IMMEDIATE" if writes else "BEGIN")
    event.listen(engine, "begin", lambda connection: begin.run(connection))
    return engine


def _postgresql_connect(connection: Any) -> None:  # noqa: ANN401 - the driver's own connection
    connection.execute(POSTGRESQL_WRITES)
    connection.commit()


def _sqlite_connect(connection: Any, pragmas: tuple[str, ...]) -> None:  # noqa: ANN401 - the driver's own connection
    connection.isolation_level = None  # we begin transactions ourselves: the driver's own habit breaks savepoints
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _take_lock(database: Path) -> int:
    """An exclusive lock beside the database: SQLite before 3.51.3 can damage a WAL that two processes write."""
    lock = os.open(database.with_name(database.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise AlreadyRunning(
            f"another tuo process is writing to {database}; stop it, or ask it through its address"
        ) from None
    return lock
