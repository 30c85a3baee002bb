"""Every setting, by one name everywhere: environment (TUO_...), tuo.toml, and secrets from files."""

import os
import re
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from broker.choices import NEEDED, POINTS, Choices, UnknownRule
from broker.report.terms import Terms

_MONTH_AND_DAY = r"^\d\d-\d\d$"
_NOTIFY_KEY = r".-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$"


class Role(StrEnum):
    """What a process does. The embedded default is one process with every role."""

    WEB = "web"
    ROUTER = "router"
    DELIVERY = "delivery"


class ClosedDays(BaseModel):
    """Days or hours on which a back office is closed: every year (MM-DD), or once (YYYY-MM-DDTHH:MM and an offset)."""

    model_config = ConfigDict(extra="forbid")

    first: str = Field(pattern=_MONTH_AND_DAY + "|" + _MOMENT, description="the first day, or the moment it closes")
    last: str = Field(pattern=_MONTH_AND_DAY + "|" + _MOMENT, description="the last day, or the moment it opens again")
    reason: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="why, as a code such as annual-billing")

    @model_validator(mode="after")
    def _are_days(self) -> Self:
        if ("T" in self.first) != ("T" in self.last):
            raise ValueError("first and last must both be days of the year, or both be moments")
        for said in (self.first, self.last):
            datetime.fromisoformat(said if "T" in said else f"2000-{said}")
        return self


class BackOffice(BaseModel):
    """How one department's back office is reached."""

    model_config = ConfigDict(extra="forbid")

    base_url: str | None = Field(default=None, description="where it is called; nothing else is ever connected to")
    token: SecretStr | None = Field(default=None, description="the bearer token that it expects of us")
    in_flight: int = Field(default=64, ge=1, le=1000, description="requests on their way at once, at most")
    timeout_seconds: float = Field(default=30, gt=0, le=300, description="how long one request may take in all")
    rate: float | None = Field(
        default=None, gt=0, le=10_000, description="calls a second, at most; the adapter's own rate by default"
    )
    closed: list[ClosedDays] = Field(
        default=[], description="when it is closed: nothing is sent then, and what waits is released afterwards"
    )
    open_days: list[int] = Field(default=[], description="days of the week it is open, Monday is 0; all by default")
    opens: time = Field(default=time(0), description="when it opens on those days, in London")
    closes: time = Field(default=time(23, 59, 59), description="when it closes on those days, in London")


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
    screens_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="the address that browsers use, as https://tell.example.org; by default web_host and web_port",
    )
    idle_minutes: float = Field(
        default=20, gt=0, le=720, description="who does nothing for so long must sign in again; drafts are kept"
    )
    sign_in_issuer: str | None = Field(
        default=None, description="the council's OpenID Connect provider, its issuer URL"
    )
    sign_in_client: str | None = Field(default=None, description="the screens' client id at that provider")
    sign_in_secret: SecretStr | None = Field(default=None, description="the screens' client secret at that provider")
    sign_in_roles_claim: str = Field(default="roles", description="the claim that names somebody's roles")
    sign_in_council_claim: str | None = Field(
        default=None,
        description="the claim that names somebody's council, by its GSS code; all are of this one without",
    )
    demo_sign_in: bool = Field(
        default=False, description="let anybody choose who to be; refused unless web_host is this machine alone"
    )
    messages_smtp_host: str | None = Field(
        default=None, description="the council's mail server; without one no receipt is offered to a caller"
    )
    messages_smtp_port: int = Field(default=587, ge=1, le=65535, description="the mail server's port")
    messages_smtp_from: str | None = Field(
        default=None, pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="the address that receipts come from"
    )
    messages_smtp_user: str | None = Field(default=None, description="the user name at the mail server")
    messages_smtp_password: SecretStr | None = Field(default=None, description="the password at the mail server")
    messages_smtp_starttls: bool = Field(
        default=True, description="speak to the mail server encrypted (STARTTLS); needed where there is a password"
    )
    messages_smtp_ca_file: Path | None = Field(
        default=None, description="certificates to trust of the mail server, PEM; the system's by default"
    )
    messages_notify_template: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="the template of receipts by text at GOV.UK Notify; without one no text is offered to a caller",
    )
    messages_notify_key: SecretStr | None = Field(default=None, description="the API key at GOV.UK Notify")
    messages_notify_url: str = Field(
        default="https://api.notifications.service.gov.uk",
        pattern=r"^(https://\S+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)$",
        description="GOV.UK Notify, or whatever else speaks its API",
    )
    republish_seconds: float = Field(default=60, gt=0, description="what has not moved on by then is published again")
    lease_seconds: float = Field(default=120, gt=0, description="how long a claim on a delivery lasts")
    retry_seconds: list[float] = Field(
        default=[0.5, 2, 8], description="the waits between the first attempts; then the person's deliveries are parked"
    )
    park_seconds: list[float] = Field(
        default=[60, 300, 1800, 7200, 18000, *[36000] * 6, 15840],
        description="the waits between attempts at a parked delivery; after the last, an operator must look",
    )
    most_parked: int = Field(default=10_000, ge=1, description="parked persons of a department; then it is paused")
    most_behind: int = Field(
        default=1000, ge=1, description="deliveries of one person behind a parked one; then their department is paused"
    )
    cool_off_seconds: float = Field(
        default=900, ge=0, description="how long a death waits before departments are told, and can still be stopped"
    )
    window_bytes: int = Field(
        default=16_000_000, ge=100_000, description="bytes of one department that may be read and unfinished"
    )
    unsettled_seconds: float = Field(
        default=300, gt=0, description="a delivery that was read and has not settled by then is named in the log"
    )
    member: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="this process's name in Kafka's groups, the same after a restart; none by default",
    )
    replay_alone_up_to: int = Field(
        default=50, ge=0, description="failures that one operator may replay within an hour without a second person"
    )
    replay_stop_percent: int = Field(
        default=20, ge=0, le=100, description="a replay stops by itself when more of a stage than this fails again"
    )
    replay_share_percent: int = Field(
        default=20, ge=1, le=100, description="a replay's share of a department's rate and of its requests in flight"
    )
    back_offices: dict[str, BackOffice] = Field(default={}, description="by department: how its back office is reached")
    report: Terms = Field(default=Terms(), description="what the estimate in the manager's report rests on")
    wards_file: Path | None = Field(
        default=None, description="CSV of postcode, ward and population, for the manager's report"
    )
    protection_team: str = Field(
        default="Protection team",
        min_length=1,
        max_length=80,
        description="the team that protected people are known to",
    )
    second_look_share: float = Field(
        default=0.05, ge=0, le=1, description="the share of automatic links that a reviewer looks at again, blind"
    )
    review_claim_minutes: float = Field(
        default=15, gt=0, le=1440, description="how long a case taken with tuo review next is one reviewer's own"
    )
    unknown_points: dict[str, Annotated[int, Field(ge=0, le=1000)]] = Field(
        default=dict(POINTS), description="what each thing said of somebody unknown is worth; what is left out, nothing"
    )
    unknown_points_needed: int = Field(
        default=NEEDED, ge=0, description="how many points departments are told from, where the person is unknown"
    )
    log_json: bool = Field(default=False, description="log as JSON, one object a line")

    @model_validator(mode="after")
    def _unknown_can_be_reached(self) -> Self:
        if unknown := sorted(self.unknown_points.keys() - POINTS.keys()):
            raise ValueError(f"unknown_points knows {', '.join(POINTS)}; it does not know {', '.join(unknown)}")
        if sum(self.unknown_points.values()) < self.unknown_points_needed:
            raise ValueError("unknown_points_needed is more than all unknown_points together: nobody could reach it")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.messages_smtp_host is not None and self.messages_smtp_from is None:
            raise ValueError("messages_smtp_host needs messages_smtp_from: the address that receipts come from")
        if (self.messages_smtp_user is None) != (self.messages_smtp_password is None):
            raise ValueError("messages_smtp_user and messages_smtp_password belong together")
        if self.messages_smtp_password is not None and not self.messages_smtp_starttls:
            raise ValueError("messages_smtp_password would be sent in the clear: turn messages_smtp_starttls on")
        return self

    @model_validator(mode="after")
    def _texts_are_whole(self) -> Self:
        if (self.messages_notify_template is None) != (self.messages_notify_key is None):
            raise ValueError("messages_notify_template and messages_notify_key belong together")
        key = self.messages_notify_key
        if key is not None and not re.search(_NOTIFY_KEY, key.get_secret_value().strip()):
            raise ValueError("messages_notify_key is not an API key of Notify: its name, the service and the secret")
        return self

    @property
    def choices(self) -> Choices:
        """What the council has chosen for itself."""
        return Choices(
            unknown=UnknownRule(points=self.unknown_points, needed=self.unknown_points_needed),
            protection_team=self.protection_team,
            second_looks=self.second_look_share,
            claim=timedelta(minutes=self.review_claim_minutes),
        )

    @property
    def store_url(self) -> str:
        """The database in use."""
        given = self.database_url
        return given.get_secret_value().strip() if given else f"sqlite:///{self.home.absolute() / 'tuo.db'}"

    @property
    def screens_address(self) -> str:
        """The address of the screens, as browsers use it."""
        return self.screens_url or f"http://{self.web_host}:{self.web_port}"

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
