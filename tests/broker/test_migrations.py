import importlib
import pkgutil
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

import broker
from broker.schema import MIGRATIONS, bring_up_to_date, newest_version, version
from broker.store import Store
from broker.tables import metadata
from tests.broker.worlds import START
from tests.ground.postgres import PostgresCluster

# Whoever declares a table declares it when imported: so everybody is.
for module in pkgutil.walk_packages(broker.__path__, "broker."):
    if not module.name.startswith(("broker.migrations", "broker.demo")):
        importlib.import_module(module.name)


def differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    # What a column is for is said in the code; the database need not repeat it.
    return [str(found) for found in compare_metadata(context, metadata) if "modify_comment" not in str(found)]


def indexes(connection: Connection) -> list[str]:
    """Every index with its condition, as the database itself writes it."""
    if connection.dialect.name == "sqlite":
        wanted = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        wanted = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    return sorted(connection.execute(text(wanted)).scalars())


def test_the_migrations_make_the_tables_that_are_declared(store: Store) -> None:
    assert store.read_now(differences) == []


def test_the_indexes_have_the_conditions_that_are_declared_on_sqlite(sqlite_store: Store) -> None:
    declared = create_engine("sqlite://")
    with declared.begin() as connection:
        metadata.create_all(connection)
        wanted = indexes(connection)
    declared.dispose()
    assert sqlite_store.read_now(indexes) == wanted


def test_the_indexes_have_the_conditions_that_are_declared_on_postgresql(
    postgres: PostgresCluster, postgres_url: str
) -> None:
    with postgres.empty_database() as other:
        declared = create_engine(other)
        with declared.begin() as connection:
            metadata.create_all(connection)
            wanted = indexes(connection)
        declared.dispose()
    with Store(postgres_url) as store:
        bring_up_to_date(store)
        assert store.read_now(indexes) == wanted


def test_a_database_is_brought_to_the_newest_migration_there_is(store: Store) -> None:
    assert newest_version() == ScriptDirectory(MIGRATIONS).get_current_head()
    assert store.read_now(version) == newest_version()


def test_a_new_database_has_no_version_yet(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'tuo.db'}") as new:
        assert new.read_now(version) is None


def test_bringing_up_to_date_twice_changes_nothing(store: Store) -> None:
    store.write_now(
        lambda tx: (
            tx.execute(
                metadata.tables["audit"].insert(), {"at": START, "actor": "test", "what": "noted", "about": "it"}
            ).rowcount
        )
    )
    bring_up_to_date(store)
    assert store.read_now(differences) == []
    assert store.read_now(lambda tx: tx.execute(text("SELECT about FROM audit")).scalars().all()) == ["it"]
