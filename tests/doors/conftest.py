"""What the tests of the doors stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """A broker behind its door, on each kind of database."""
    with open_office(database_url) as office:
        yield office


@pytest.fixture(scope="module")
def long_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One broker for a whole module of requests that leave nothing behind."""
    database: Path = tmp_path_factory.mktemp("office") / "tuo.db"
    with open_office(f"sqlite:///{database}") as office:
        yield office
