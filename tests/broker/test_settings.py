"""Settings come from one name everywhere: the environment, files of secrets, tuo.toml."""

from pathlib import Path

import pytest

from broker.settings import Settings


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with no tuo.toml, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("TUO_HOME", "TUO_KAFKA", "TUO_DATABASE_URL", "TUO_BACK_OFFICES", "TUO_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_database_is_sqlite_in_the_home_unless_another_is_named(elsewhere: Path) -> None:
    assert Settings().store_url == f"sqlite:///{elsewhere / '.tuo' / 'tuo.db'}"
    assert Settings().is_alone


def test_a_secret_is_read_from_the_file_of_its_name(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = elsewhere / "secrets"
    secrets.mkdir()
    (secrets / "database_url").write_text("postgresql+psycopg://tuo:opensesame@db/tuo\n")
    (secrets / "back_offices__council-tax__token").write_text("spoken-once")
    monkeypatch.setenv("TUO_SECRETS", str(secrets))
    settings = Settings()
    token = settings.back_offices["council-tax"].token
    assert settings.store_url == "postgresql+psycopg://tuo:opensesame@db/tuo"
    assert token is not None
    assert token.get_secret_value() == "spoken-once"
    assert "opensesame" not in repr(settings)


def test_the_environment_is_stronger_than_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "tuo.toml").write_text('kafka = "file:9092"\ncouncil = "Anytown"\n')
    monkeypatch.setenv("TUO_KAFKA", "environment:9092")
    settings = Settings()
    assert (settings.kafka, settings.council) == ("environment:9092", "Anytown")
