"""Every setting, by one name everywhere: environment (TUO_...), tuo.toml, and secrets from files."""

import os
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Role(StrEnum):
    """What a process does. The embedded default is one process with every role."""

    WEB = "web"
    ROUTER = "router"
    DELIVERY = "delivery"


class BackOffice(BaseModel):
    """How one department's back office is reached."""

    model_config = ConfigDict(extra="forbid")

    base_url: str | None = Field(default=None, description="where it is called; nothing else is ever connected to")
    token: SecretStr | None = Field(default=None, description="the bearer token that it expects of us")
    in_flight: int = Field(default=64, ge=1, le=1000, description="requests on their way at once, at most")
    timeout_seconds: float = Field(default=30, gt=0, le=300, description="how long one request may take in all")


class Settings(BaseSettings):
    """One sentence each; ``tuo config explain`` and the documentation are made from here."""

    model_config = SettingsConfigDict(
        env_prefix="TUO_", env_nested_delimiter="__", toml_file="tuo.toml", extra="forbid", hide_input_in_errors=True
    )

    home: Path = Field(default=Path(".tuo"), description="where data lives: the database, Kafka's own files, keys")
    secrets: Path | None = Field(
        default=None, description="a folder of files, each named after a setting and holding it"
    )
    council: str = Field(default="Sampleton Council", description="the council's name, as residents know it")
    council_gss: str = Field(default="E07999999", description="the council's own GSS code")
    database_url: SecretStr | None = Field(default=None, description="SQLite in TUO_HOME, or postgresql+psycopg://…")
    kafka: str = Field(default="127.0.0.1:9092", description="bootstrap servers of Kafka, host:port, comma separated")
    kafka_security: str = Field(default="PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
    kafka_sasl_mechanism: str = Field(default="SCRAM-SHA-256", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    kafka_username: str | None = Field(default=None, description="the SASL user name")
    kafka_password: SecretStr | None = Field(default=None, description="the SASL password")
    kafka_ca_file: Path | None = Field(default=None, description="certificates to trust, PEM; the system's by default")
    topic_prefix: str = Field(
        default="", pattern=r"^[A-Za-z0-9._-]{0,64}$", description="put before every topic and group name"
    )
    topic_replicas: int = Field(default=1, ge=1, le=7, description="copies of each topic; 3 on a cluster of three")
    topic_partitions: int = Field(
        default=4, ge=1, le=100, description="partitions of each topic; choose once, generously"
    )
    roles: list[Role] = Field(default=list(Role), description="what this process does")
    web_host: str = Field(default="127.0.0.1", description="the address that the API is served on")
    web_port: int = Field(default=8080, ge=1, le=65535, description="the port that the API is served on")
    republish_seconds: float = Field(default=60, gt=0, description="what has not moved on by then is published again")
    lease_seconds: float = Field(default=120, gt=0, description="how long a claim on a delivery lasts")
    retry_seconds: list[float] = Field(
        default=[0.5, 2, 8, 60, 300, 1800, 7200, 18000, 36000, 36000, 36000, 36000, 36000, 36000],
        description="the waits between attempts; after the last, an operator must look",
    )
    back_offices: dict[str, BackOffice] = Field(default={}, description="by department: how its back office is reached")
    log_json: bool = Field(default=False, description="log as JSON, one object a line")

    @property
    def store_url(self) -> str:
        """The database in use."""
        given = self.database_url
        return given.get_secret_value().strip() if given else f"sqlite:///{self.home.absolute() / 'tuo.db'}"

    @property
    def is_alone(self) -> bool:
        """Whether this process is the only one: on SQLite nobody else may write."""
        return self.store_url.startswith("sqlite")

    def topic(self, name: str) -> str:
        """A topic's full name."""
        return f"{self.topic_prefix}{name}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code first, then the environment, then files of secrets, then tuo.toml."""
        files: tuple[PydanticBaseSettingsSource, ...] = ()
        if (folder := os.environ.get("TUO_SECRETS")) is not None:
            # As in back_offices__council-tax__token, beside database_url and kafka_password.
            files = (
                NestedSecretsSettingsSource(
                    file_secret_settings, secrets_dir=folder, secrets_prefix="", secrets_nested_delimiter="__"
                ),
            )
        return init_settings, env_settings, *files, TomlConfigSettingsSource(settings_cls)
