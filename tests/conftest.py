"""The ground every test stands on: a real Kafka and a real PostgreSQL for the run, a fresh database for each test.

A missing part is a failure that says what to install, never a skip.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.local_kafka import LocalKafka
from tests.ground.ports import free_ports
from tests.ground.postgres import PostgresCluster, running_postgres

# Invented people have identifiers that no real person can have, and these are refused outside tests.
os.environ["TUO_TEST_IDENTIFIERS"] = "1"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """One Kafka for the whole run: take topic names of your own, with `topic_prefix`."""
    kafka = LocalKafka(tmp_path_factory.mktemp("kafka"), free_ports(2))
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One PostgreSQL for the whole run."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'tuo.db'}"


@pytest.fixture
def postgres_url(postgres: PostgresCluster) -> Iterator[str]:
    """The address of an empty PostgreSQL database of this test's own."""
    with postgres.empty_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once for each kind that the broker stores in."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def topic_prefix() -> str:
    """Put it before every topic and group name: no other test has the same."""
    return f"t{uuid.uuid4().hex[:12]}."
