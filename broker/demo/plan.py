"""The plan of a demonstration: where each part of it runs, and what its processes are told by their environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from broker.demo.home import Home
from broker.settings import Role, Settings

CLONE: Final = Path(__file__).parents[2]
CALLED: Final = "council-tax"
_COUNCIL_TAX_PORT: Final = 8601
_CONTROL_PORT: Final = 8610
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_ANYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - named, not listened on


class CannotStart(Exception):
    """The demonstration cannot start; `reason` is one line that says why and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotGoOn(Exception):
    """The demonstration started and cannot go on; `reason` is one line that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of a demonstration, all on this machine; Kafka's controller listens on the one after Kafka's."""

    web: int
    kafka: int
    council_tax: int
    control: int

    @property
    def controller(self) -> int:
        """The port that Kafka speaks with itself on."""
        return self.kafka + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where everything is: folders, ports, and the address that the broker answers on."""

    home: Home
    host: str
    ports: Ports

    @property
    def api(self) -> str:
        """The broker's address."""
        host = "127.0.0.1" if self.host in _ANYWHERE else self.host
        return f"http://{host}:{self.ports.web}"

    @property
    def screens(self) -> str:
        """Where advisers, operators, reviewers and managers work: on this machine anybody may choose who to be."""
        return f"{self.api}/"

    @property
    def kafka(self) -> str:
        """Kafka's address, as host:port."""
        return f"127.0.0.1:{self.ports.kafka}"

    @property
    def control(self) -> str:
        """Where the pretend back offices tell their state and are switched."""
        return f"http://127.0.0.1:{self.ports.control}"

    def environment(self, council_tax_key: str) -> dict[str, str]:
        """What the processes of the demonstration are told, over and above what this one was told."""
        called = {CALLED: {"base_url": f"http://127.0.0.1:{self.ports.council_tax}", "token": council_tax_key}}
        return {
            "TUO_HOME": str(self.home),
            "TUO_WEB_PORT": str(self.ports.web),
            "TUO_KAFKA": self.kafka,
            "TUO_TOPIC_PREFIX": "",
            "TUO_ROLES": orjson.dumps(list(Role)).decode(),
            "TUO_BACK_OFFICES": orjson.dumps(called).decode(),
            "TUO_TEST_IDENTIFIERS": "1",
            # Anybody may be anybody: the broker itself refuses this on any address but this machine's own.
            "TUO_DEMO_SIGN_IN": "true" if self.host in _LOOPBACK else "false",
            # Nobody waits a quarter of an hour for a demonstration.
            "TUO_COOL_OFF_SECONDS": os.environ.get("TUO_COOL_OFF_SECONDS", "2"),
            # The pretend back offices are run from the clone, wherever this was started.
            "PYTHONPATH": os.pathsep.join(filter(None, [str(CLONE), os.environ.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
        }


def make_plan(settings: Settings, ports_from: int | None) -> Plan:
    """Plan by the settings, or with all ports from one number on. Raises CannotStart for a council's own settings."""
    _refuse_what_is_not_a_demonstration(settings)
    if ports_from is not None and not 1 <= ports_from <= 65535 - 4:
        raise CannotStart("--ports-from takes a number from 1 to 65531: it and the next four are used.")
    ports = _ports(settings) if ports_from is None else _ports_from(ports_from)
    return Plan(home=Home(settings.home.absolute()), host=settings.web_host, ports=ports)


def _refuse_what_is_not_a_demonstration(settings: Settings) -> None:
    """Invented people must never meet a council's own database, Kafka or back offices."""
    alone = "a demonstration keeps to itself. Leave it out, or start the broker with: tuo run"
    if settings.database_url is not None:
        raise CannotStart(f"TUO_DATABASE_URL is set, and {alone}")
    if any(back_office.base_url for back_office in settings.back_offices.values()):
        raise CannotStart(f"TUO_BACK_OFFICES names back offices, and {alone}")
    host, _, port = settings.kafka.rpartition(":")
    if host not in _LOOPBACK or not port.isdecimal() or settings.kafka_security != "PLAINTEXT":
        raise CannotStart(f"TUO_KAFKA or TUO_KAFKA_SECURITY names a Kafka that is not on 127.0.0.1, and {alone}")


def _ports(settings: Settings) -> Ports:
    kafka = int(settings.kafka.rpartition(":")[2])
    return Ports(web=settings.web_port, kafka=kafka, council_tax=_COUNCIL_TAX_PORT, control=_CONTROL_PORT)


def _ports_from(first: int) -> Ports:
    return Ports(web=first, kafka=first + 1, council_tax=first + 3, control=first + 4)
