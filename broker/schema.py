"""Bringing a database up to date, by numbered migrations."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from broker.store import Store

MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(store: Store) -> None:
    """Apply what is missing. Safe to call at every start."""
    if store.read_now(version) != newest_version():
        store.write_now(_upgrade)


def newest_version() -> str:
    """What a database must be brought to, as in 0001: the migrations' files begin with their numbers."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def version(connection: Connection) -> str | None:
    """What a database has been brought to; None for one that is new."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Read here: it is needed once in the life of a database, and every command would take a quarter of a second longer.
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":  # of several processes that start at once, one at a time
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('tell-us-once migrations', 0))"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
