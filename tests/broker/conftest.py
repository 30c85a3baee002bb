"""A store that is open and up to date, and a broker of a small world above it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from broker import kafka as cluster
from broker.local_kafka import LocalKafka
from broker.ports import Broker
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store
from broker.tables import metadata
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.topics import kafka_settings
from tests.broker.worlds import ADA, BEN, Clock, ListDirectory, make_broker
from tests.ground.ports import free_ports
from tests.ground.postgres import PostgresCluster


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that is up to date and empty, to be copied: migrating anew for each test would take longer."""
    file = tmp_path_factory.mktemp("migrated") / "tuo.db"
    with Store(f"sqlite:///{file}") as store:
        bring_up_to_date(store)
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresCluster) -> Iterator[str]:
    """A database that is up to date, emptied before each test."""
    with postgres.empty_database() as url:
        with Store(url) as store:
            bring_up_to_date(store)
        yield url


@pytest.fixture
def sqlite_store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite, for what does not depend on the database."""
    shutil.copy(migrated_sqlite, tmp_path / "tuo.db")
    with Store(f"sqlite:///{tmp_path / 'tuo.db'}") as store:
        yield store


@pytest.fixture
def postgres_store(migrated_postgres: str) -> Iterator[Store]:
    """A store on PostgreSQL, for what only it minds."""
    engine = create_engine(migrated_postgres)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
    engine.dispose()
    with Store(migrated_postgres) as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store on each kind of database."""
    opened: Store = request.getfixturevalue({"sqlite": "sqlite_store", "postgresql": "postgres_store"}[request.param])
    return opened


@pytest.fixture
def elsewhere(store: Store) -> Iterator[Store]:
    """The same PostgreSQL, as another process writes to it."""
    with Store(store.url) as other:
        yield other


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def directory() -> ListDirectory:
    """Ben and Ada."""
    return ListDirectory(BEN, ADA)


@pytest.fixture
def carrier() -> ScriptedCarrier:
    """How the libraries are called."""
    return ScriptedCarrier()


@pytest.fixture
def broker(store: Store, clock: Clock, directory: ListDirectory, carrier: ScriptedCarrier) -> Broker:
    """A broker on each kind of database."""
    return make_broker(store, clock=clock, directory=directory, carriers={LIBRARIES: carrier})


@pytest.fixture
def sqlite_broker(sqlite_store: Store, clock: Clock, directory: ListDirectory, carrier: ScriptedCarrier) -> Broker:
    """A broker on SQLite."""
    return make_broker(sqlite_store, clock=clock, directory=directory, carriers={LIBRARIES: carrier})


@pytest.fixture
async def own_kafka(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    """A Kafka of the test's own, to be stopped and started."""
    own = LocalKafka(tmp_path / "kafka", free_ports(2))
    await asyncio.to_thread(own.start)
    yield own
    own.kill()


@pytest.fixture
async def settings(kafka: LocalKafka, topic_prefix: str) -> Settings:
    """A prefix of the test's own, with a topic for the libraries."""
    made = kafka_settings(kafka.bootstrap, topic_prefix)
    await cluster.make_topics(made, [LIBRARIES])
    return made
