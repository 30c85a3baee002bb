"""The directory's hot path: named statements on the raw driver, in each database's own quickest way."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import Connection

from broker.store import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

#: values that one statement on SQLite asks for: a few lengths, so that few statements do for any number of them
_RUNS: Final = (1, 2, 4, 8, 16, 32)
_FILED_ON_SQLITE: Final = {
    run: " UNION ALL ".join(
        f"SELECT * FROM (SELECT key, resident FROM resident_key WHERE key = ?{n + 2} LIMIT ?1)"  # noqa: S608
        for n in range(run)
    )
    for run in _RUNS
}
_AT_ON_SQLITE: Final = {
    count: f"SELECT seq, person, record, composed FROM resident WHERE seq IN ({', '.join('?' * count)})"  # noqa: S608
    for count in _RUNS
}
_FILED_ON_POSTGRESQL: Final = """
SELECT k.key, r.resident FROM unnest(%s::bigint[]) AS k(key)
CROSS JOIN LATERAL (SELECT resident FROM resident_key WHERE key = k.key LIMIT %s) AS r"""
#: beyond this, how common a value is no longer matters
_MOST_COUNTED: Final = 5_000
_COUNTED_ON_SQLITE: Final = {
    run: " UNION ALL ".join(
        f"SELECT ?{n + 2}, (SELECT count(*) FROM (SELECT 1 FROM resident_key WHERE key = ?{n + 2} LIMIT ?1))"  # noqa: S608
        for n in range(run)
    )
    for run in _RUNS
}
_COUNTED_ON_POSTGRESQL: Final = """
SELECT k.key, c.found FROM unnest(%s::bigint[]) AS k(key) CROSS JOIN LATERAL
(SELECT count(*) AS found FROM (SELECT 1 FROM resident_key WHERE key = k.key LIMIT %s) AS r) AS c"""
_AT_ON_POSTGRESQL: Final = "SELECT seq, person, record, composed FROM resident WHERE seq = ANY(%s)"
_HIGHEST: Final = "SELECT max(seq) FROM resident"
_FILE_ON_SQLITE: Final = "INSERT INTO resident_key (key, resident) VALUES (?, ?) ON CONFLICT DO NOTHING"
_FILE_ON_POSTGRESQL: Final = "COPY resident_key (key, resident) FROM STDIN"
_UNFILE_ON_SQLITE: Final = "DELETE FROM resident_key WHERE key = ? AND resident = ?"


def _unavailable(ask: Callable[P, T]) -> Callable[P, T]:
    """The raw driver's errors, as the store's: only the kind is told, as a driver's text can hold a row."""

    @wraps(ask)
    def asking(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return ask(*args, **kwargs)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the database answered with {type(error).__name__}") from None

    return asking


def _sqlite(connection: Connection) -> Any | None:  # noqa: ANN401 - the driver's own connection
    """The driver's connection, on SQLite."""
    return connection.connection.driver_connection if connection.dialect.name == "sqlite" else None


@_unavailable
def population_of(connection: Connection) -> int:
    """How many residents there are; nobody is ever deleted, so the highest number says it."""
    if (raw := _sqlite(connection)) is not None:
        return int(raw.execute(_HIGHEST).fetchone()[0] or 0)
    return connection.exec_driver_sql(_HIGHEST).scalar() or 0


@_unavailable
def filed_under(connection: Connection, keys: Iterable[int], most: int) -> dict[int, Sequence[int]]:
    """Who is filed under each key, at most so many."""
    ordered = sorted(keys)
    filed: dict[int, list[int]] = {}
    found: Iterable[Any]
    if (raw := _sqlite(connection)) is not None:
        found = (row for run in _in_runs(ordered) for row in raw.execute(_FILED_ON_SQLITE[len(run)], (most, *run)))
    else:
        found = connection.exec_driver_sql(_FILED_ON_POSTGRESQL, (ordered, most))
    for key, seq in found:
        filed.setdefault(key, []).append(seq)
    return {**filed}


@_unavailable
def how_many(connection: Connection, keys: Iterable[int]) -> dict[int, int]:
    """How many are filed under each key."""
    ordered = sorted(keys)
    if (raw := _sqlite(connection)) is not None:
        runs = ((_COUNTED_ON_SQLITE[len(run)], (_MOST_COUNTED, *run)) for run in _in_runs(ordered))
        return {key: count for statement, asked in runs for key, count in raw.execute(statement, asked)}
    counted = {
        key: count for key, count in connection.exec_driver_sql(_COUNTED_ON_POSTGRESQL, (ordered, _MOST_COUNTED))
    }
    return {key: counted.get(key, 0) for key in ordered}


@_unavailable
def residents_at(connection: Connection, seqs: Iterable[int]) -> list[tuple[int, str, bytes, bool]]:
    """These rows: their number, person and record, and whether the person is more than the record."""
    ordered = sorted(seqs)
    if (raw := _sqlite(connection)) is not None:
        return [row for run in _in_runs(ordered) for row in raw.execute(_AT_ON_SQLITE[len(run)], run)]
    rows = connection.exec_driver_sql(_AT_ON_POSTGRESQL, (ordered,))
    return [(seq, person, bytes(record), composed) for seq, person, record, composed in rows]


def _in_runs(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """All the values, in runs of the few lengths that there are statements for."""
    place = 0
    while place < len(values):
        length = min(_RUNS[-1], 1 << ((len(values) - place).bit_length() - 1))
        yield values[place : place + length]
        place += length


@_unavailable
def file_under(connection: Connection, keys: Iterable[tuple[int, int]]) -> None:
    """File residents under keys, as (key, resident)."""
    # In their own order: a tree fills faster, and two loaders cannot wait for each other.
    ordered = sorted(keys)
    if connection.dialect.name == "sqlite" or not ordered:
        _run(connection, _FILE_ON_SQLITE, ordered)
        return
    with connection.connection.cursor() as cursor, cursor.copy(_FILE_ON_POSTGRESQL) as copy:  # type: ignore[attr-defined]
        for row in ordered:
            copy.write_row(row)


@_unavailable
def unfile(connection: Connection, keys: Iterable[tuple[int, int]]) -> None:
    """Take residents from under keys."""
    _run(connection, _UNFILE_ON_SQLITE, sorted(keys))


def _run(connection: Connection, statement: str, rows: list[tuple[int, int]]) -> None:
    if not rows:
        return
    if (raw := _sqlite(connection)) is not None:
        raw.executemany(statement, rows)
    else:
        connection.exec_driver_sql(statement.replace("?", "%s"), rows)
