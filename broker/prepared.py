"""Prepared statements: written in SQLAlchemy's words, compiled once for each database, run on its driver.

What runs for every event costs a tenth so; everything else is executed by SQLAlchemy itself, which does more for it.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select
from sqlalchemy.sql.visitors import cloned_traverse

#: what turns a value into the driver's own, or back; None where it passes as it is
Turns = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for one database."""

    sql: str
    #: in the driver's order; empty where it takes them by name
    order: tuple[str, ...]
    #: what the statement itself says, as the driver takes it
    constants: Mapping[str, Any]
    turned: tuple[tuple[str, Callable[[Any], Any]], ...]
    row: Callable[[Iterable[Any]], Any] | None
    columns: tuple[tuple[int, Callable[[Any], Any]], ...]

    def asked(self, said: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a tuple or a dict, as the driver wants
        """The values, as the driver takes them."""
        values = {**self.constants, **said}
        for name, turn in self.turned:
            values[name] = turn(values[name])
        return tuple([values[name] for name in self.order]) if self.order else values

    def read(self, found: Sequence[Any]) -> Any:  # noqa: ANN401 - a named tuple of the statement's columns
        """A row, by the names of its columns."""
        if self.row is None:
            raise TypeError("this statement answers with no rows")
        values = list(found)
        for at, turn in self.columns:
            values[at] = turn(values[at])
        return self.row(values)


class Prepared:
    """A statement that is run often. Values are given by the names of its ``bindparam``s, or of ``columns``."""

    def __init__(self, statement: Executable, columns: Iterable[str] | None = None) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._compiled: dict[str, _Compiled] = {}

    def run(self, tx: Connection, said: Mapping[str, Any]) -> int:
        """Execute it; how many rows it changed. Raises DBAPIError."""
        _, cursor = self._execute(tx, said)
        return cursor.rowcount

    def one(self, tx: Connection, said: Mapping[str, Any]) -> Any | None:  # noqa: ANN401 - a row, by its columns' names
        """Its first row, or None. Raises DBAPIError."""
        compiled, cursor = self._execute(tx, said)
        found = cursor.fetchone()
        # What has answered all it has is finished: an open statement would hold the transaction.
        cursor.close()
        return None if found is None else compiled.read(found)

    def all(self, tx: Connection, said: Mapping[str, Any]) -> list[Any]:
        """Every row. Raises DBAPIError."""
        compiled, cursor = self._execute(tx, said)
        return [compiled.read(found) for found in cursor.fetchall()]

    def run_all(self, tx: Connection, many: Iterable[Mapping[str, Any]]) -> None:
        """Execute it for each of these. Raises DBAPIError."""
        compiled = self._for(tx)
        with _Guarded(tx, compiled.sql):
            _cursor(tx).executemany(compiled.sql, [compiled.asked(said) for said in many])

    def _execute(self, tx: Connection, said: Mapping[str, Any]) -> tuple[_Compiled, DBAPICursor]:
        compiled = self._for(tx)
        cursor = _cursor(tx)
        with _Guarded(tx, compiled.sql):
            cursor.execute(compiled.sql, compiled.asked(said))
        return compiled, cursor

    def _for(self, tx: Connection) -> _Compiled:
        name = tx.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _compile(self._statement, self._columns, tx.dialect)
        return self._compiled[name]


def say(tx: Connection, sql: str) -> None:
    """Execute a few words that take no values and answer nothing. Raises DBAPIError."""
    with _Guarded(tx, sql):
        _cursor(tx).execute(sql)


class _Guarded:
    """Tells a driver's error as SQLAlchemy would, so that nobody has to know two kinds."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Connection, sql: str) -> None:
        self._tx, self._sql = tx, sql

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if not isinstance(error, self._tx.dialect.loaded_dbapi.Error):
            return
        lost = self._tx.dialect.is_disconnect(error, None, None)
        if lost:
            self._tx.invalidate(error)
        raise DBAPIError.instance(
            self._sql, None, error, self._tx.dialect.loaded_dbapi.Error, True, lost, self._tx.dialect
        ) from None


def _cursor(tx: Connection) -> DBAPICursor:
    cursor: DBAPICursor = tx.connection.driver_connection.cursor()  # type: ignore[union-attr]  # it is connected
    return cursor


def _compile(statement: Any, columns: list[str] | None, dialect: Dialect) -> _Compiled:  # noqa: ANN401 - any of Core's
    given = set(columns or ())

    def comes_later(bind: Any) -> None:  # noqa: ANN401 - a parameter of Core's
        if bind.required:
            given.add(bind.key)
            bind.required = False

    # A list of constants is written out; for that every value must be there, or be allowed to come later.
    open_ = cloned_traverse(statement, {}, {"bindparam": comes_later})
    made = open_.compile(dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True})
    turns = {name: turn for name, bind in made.binds.items() if (turn := _turns_in(bind.type, dialect)) is not None}
    constants = {name: value for name, value in made.params.items() if name not in given}
    row, back = _answers(statement, dialect)
    return _Compiled(
        sql=str(made),
        order=tuple(made.positiontup or ()),
        constants={name: turns[name](value) if name in turns else value for name, value in constants.items()},
        turned=tuple((name, turn) for name, turn in turns.items() if name in given),
        row=row,
        columns=back,
    )


def _turns_in(kind: Any, dialect: Dialect) -> Turns:  # noqa: ANN401 - a type of SQLAlchemy's
    turns: Turns = kind.dialect_impl(dialect).bind_processor(dialect)
    return turns


def _answers(
    statement: object, dialect: Dialect
) -> tuple[Callable[[Iterable[Any]], Any] | None, tuple[tuple[int, Callable[[Any], Any]], ...]]:
    if not isinstance(statement, Select | UpdateBase) or not list(statement.exported_columns):
        return None, ()
    found = list(statement.exported_columns)
    row: type[NamedTuple] = namedtuple("Found", [column.key for column in found])  # type: ignore[misc]  # known only now
    turns = [(at, column.type.dialect_impl(dialect).result_processor(dialect, None)) for at, column in enumerate(found)]
    return row._make, tuple((at, turn) for at, turn in turns if turn is not None)
