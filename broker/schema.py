"""Bringing a database up to date, by numbered migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from broker.store import Store

MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(store: Store) -> None:
    """Apply what is missing. Safe to call at every start."""
    store.write_now(_upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # of several processes that start at once, one at a time
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('tell-us-once migrations', 0))"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
