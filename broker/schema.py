"""Bringing a database up to date, by numbered migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from broker.store import Store

MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(store: Store) -> None:
    """Apply what is missing. Safe to call at every start."""
    store.write_now(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
