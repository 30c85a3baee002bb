"""Statements of the hot path: plain SQL that SQLite and PostgreSQL both understand, on the driver itself.

Building a statement from parts, and rows from results, costs several times what the database does. Values are named
``:so``; moments are whole microseconds since 1970, as ``tables.Instant`` keeps them. ``IN (EACH :so)`` takes a list, and
``ROWS :so (id text, n bigint)`` rows to join with, both made by ``each``: a statement for each row would stop and wait for
the interpreter each time.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NoReturn

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NAMED = re.compile(r"(?<!:):([a-z_]+)")
_EACH = re.compile(r"EACH (:[a-z_]+)")
_ROWS = re.compile(r"ROWS (:[a-z_]+) \(([^)]+)\)")


class Statement:
    """One statement. Run it in a unit of the store; what fails is told as SQLAlchemy tells it."""

    __slots__ = ("_in_order", "_postgresql", "_sqlite")

    def __init__(self, sql: str) -> None:
        sqlite = _ROWS.sub(_rows_of_sqlite, _EACH.sub(r"SELECT value FROM json_each(\1)", sql))
        #: by their places: SQLite looks a name up anew for each row
        self._sqlite, self._in_order = _NAMED.sub("?", sqlite), _in_order(_NAMED.findall(sqlite))
        listed = _EACH.sub(r"SELECT json_array_elements_text(CAST(\1 AS json))", sql)
        listed = _ROWS.sub(r"(SELECT * FROM json_to_recordset(CAST(\1 AS json)) AS given(\2))", listed)
        self._postgresql = _NAMED.sub(r"%(\1)s", listed)

    def run(self, tx: Connection, values: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - the driver's own cursor
        """Run it, and give the driver's cursor. Raises DBAPIError."""
        driver: Any = tx.connection.driver_connection
        sql, given = self._for(tx)
        try:
            return driver.execute(sql, given(values or {}))
        except tx.dialect.loaded_dbapi.Error as error:
            _raise(tx, error)

    def run_all(self, tx: Connection, rows: Iterable[dict[str, Any]]) -> int:
        """Run it for each of these, and give how many rows were changed in all. Raises DBAPIError."""
        cursor: Any = tx.connection.driver_connection.cursor()  # type: ignore[union-attr]  # it is open
        sql, given = self._for(tx)
        try:
            cursor.executemany(sql, list(map(given, rows)))
        except tx.dialect.loaded_dbapi.Error as error:
            _raise(tx, error)
        changed: int = cursor.rowcount
        return max(0, changed)

    def all(self, tx: Connection, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run it, and give every row. Raises DBAPIError."""
        rows: Sequence[tuple[Any, ...]] = self.run(tx, values).fetchall()
        return rows

    def one(self, tx: Connection, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """Run it, and give the only row, or None. Raises DBAPIError."""
        rows = self.all(tx, values)
        return rows[0] if rows else None

    def count(self, tx: Connection, values: dict[str, Any]) -> int:
        """Run it, and give how many rows it changed. Raises DBAPIError."""
        changed: int = self.run(tx, values).rowcount
        return changed

    def _for(self, tx: Connection) -> tuple[str, Callable[[dict[str, Any]], Any]]:
        """The statement, and how its driver wants the values."""
        return (self._sqlite, self._in_order) if tx.dialect.name == "sqlite" else (self._postgresql, dict)


def _in_order(names: Sequence[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Takes the values with these names; one name may stand in several places."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def _rows_of_sqlite(found: re.Match[str]) -> str:
    """The same columns, out of JSON."""
    columns = ", ".join(f"value->>'{column.split()[0]}' AS {column.split()[0]}" for column in found[2].split(","))
    return f"(SELECT {columns} FROM json_each({found[1]}))"  # noqa: S608 - our own column names


def _raise(tx: Connection, error: BaseException) -> NoReturn:
    lost = tx.dialect.is_disconnect(error, None, None)  # type: ignore[arg-type]  # the driver's error, by its own type
    if lost:
        tx.invalidate(error)
    kind = tx.dialect.loaded_dbapi.Error
    raise DBAPIError.instance(None, None, error, kind, True, lost, tx.dialect) from None


def each(values: Iterable[str | dict[str, Any]]) -> str:
    """Values for ``IN (EACH :so)``, or rows for ``ROWS :so``."""
    return orjson.dumps(list(values)).decode()


def instant(moment: datetime | None) -> int | None:
    """A moment as the database keeps it."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def moment(kept: int | None) -> datetime | None:
    """A moment from the database."""
    return None if kept is None else _EPOCH + timedelta(microseconds=kept)
