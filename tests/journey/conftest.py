"""Two councils that every story shares: one on SQLite, one on PostgreSQL. Each story has residents of its own."""

import json
from collections.abc import Iterator

import pytest

from broker.local_kafka import LocalKafka
from tests.council import TOWN, Council, running_council
from tests.ground.postgres import PostgresCluster
from tests.journey.town import CANAL_STREET


@pytest.fixture(scope="session")
def council(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    """The embedded default: one process on SQLite."""
    place = tmp_path_factory.mktemp("council")
    residents = place / "town-and-one-more-street.jsonl"
    residents.write_text(TOWN.read_text() + "".join(json.dumps(line) + "\n" for line in CANAL_STREET))
    with running_council(place / "home", kafka.bootstrap, residents=residents, TUO_TOPIC_PREFIX="journey.") as running:
        yield running


@pytest.fixture(scope="session")
def council_on_postgresql(
    kafka: LocalKafka, postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Council]:
    """The same town, kept in PostgreSQL."""
    home = tmp_path_factory.mktemp("council-on-postgresql") / "home"
    with (
        postgres.empty_database() as url,
        running_council(home, kafka.bootstrap, url, TUO_TOPIC_PREFIX="journey-pg.") as running,
    ):
        yield running


@pytest.fixture(params=["council", "council_on_postgresql"], ids=["sqlite", "postgresql"])
def either_council(request: pytest.FixtureRequest) -> Council:
    """Each of the two in turn."""
    running: Council = request.getfixturevalue(request.param)
    return running
