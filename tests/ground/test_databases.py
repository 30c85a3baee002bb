import sqlalchemy
from sqlalchemy import text

from tests.ground.postgres import PostgresCluster


def tables(url: str) -> list[str]:
    engine = sqlalchemy.create_engine(url)
    try:
        return sqlalchemy.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def make_a_table(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE told (reference TEXT PRIMARY KEY)"))
    finally:
        engine.dispose()


def test_a_test_s_database_is_empty_and_can_be_written(database_url: str) -> None:
    assert tables(database_url) == []
    make_a_table(database_url)
    assert tables(database_url) == ["told"]


def test_what_one_test_writes_the_next_does_not_see(postgres: PostgresCluster) -> None:
    with postgres.empty_database() as first, postgres.empty_database() as second:
        make_a_table(first)
        assert tables(second) == []


def test_postgresql_keeps_what_it_has_acknowledged(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    try:
        with engine.connect() as connection:
            assert connection.execute(text("SHOW fsync")).scalar_one() == "on"
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    finally:
        engine.dispose()
