"""Small statements that SQLite and PostgreSQL both understand."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


@cache
def _insert_if_new(table: Table, dialect: str) -> Insert:
    made: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    # The count of an INSERT is only kept where it is asked for.
    insert: Insert = made.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return insert


def insert_if_new(tx: Connection, table: Table, row: dict[str, object]) -> bool:
    """Insert a row unless one with its key is there; says whether it was new."""
    return tx.execute(_insert_if_new(table, tx.dialect.name), row).rowcount == 1
