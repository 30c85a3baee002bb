"""Asking the running demonstration over HTTP, as any program of the council would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from broker.demo.examples import Example
from broker.demo.plan import Plan

_PATIENCE: Final = 10.0
_LIFE_EVENTS: Final = "/api/v1/life-events"


class NotAnswered(Exception):
    """Nobody answered, or not as they should; the text says what came instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the broker answered to an example."""

    reference: str
    repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentLine:
    """Where one department is, in words that an adviser can read out."""

    department: str
    title: str
    answered: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracker:
    """Where one notification is."""

    reference: str
    caption: str
    progress: str
    #: why it goes no further, in words
    held: str | None
    departments: tuple[DepartmentLine, ...]

    @property
    def answered(self) -> bool:
        """Whether departments were told, and all have answered."""
        return bool(self.departments) and all(line.answered for line in self.departments)


def is_ready(plan: Plan) -> bool:
    """Whether the broker can take letters in."""
    return _is_well(f"{plan.api}/health/ready")


def back_offices_are_ready(plan: Plan) -> bool:
    """Whether the pretend back offices are there."""
    return _is_well(f"{plan.control}/state")


def tell(plan: Plan, key: str, example: Example) -> Receipt:
    """Tell the broker an example. Raises NotAnswered."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": example.key}
    said = _ask("POST", f"{plan.api}{_LIFE_EVENTS}", key, example.letter, headers)
    return Receipt(reference=str(said["reference"]), repeat=bool(said["repeat"]))


def track(plan: Plan, key: str, reference: str) -> Tracker:
    """Where a notification is now. Raises NotAnswered."""
    said = _ask("GET", f"{plan.api}{_LIFE_EVENTS}/{reference}", key)
    reason = said.get("reason")
    return Tracker(
        reference=reference,
        caption=str(said["caption"]),
        progress=str(said["progress_caption"]),
        held=str(reason["caption"]) if isinstance(reason, dict) else None,
        departments=tuple(_line(line) for line in said["departments"]),
    )


def _line(said: Mapping[str, Any]) -> DepartmentLine:
    return DepartmentLine(
        department=str(said["department"]),
        title=str(said["title"]),
        answered=said["standing"] == "settled",
        sentence=str(said["sentence"]),
    )


def _is_well(address: str) -> bool:
    try:
        _ask("GET", address)
    except NotAnswered:
        return False
    return True


def _ask(
    method: str, address: str, key: str | None = None, body: bytes | None = None, headers: Mapping[str, str] = {}
) -> dict[str, Any]:
    where = urlsplit(address)
    signed = {"Authorization": f"Bearer {key}"} if key else {}
    connection = HTTPConnection(where.hostname or "", where.port, timeout=_PATIENCE)
    try:
        connection.request(method, where.path, body, {**headers, **signed})
        response = connection.getresponse()
        said = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise NotAnswered(type(error).__name__) from None
    finally:
        connection.close()
    if response.status >= 300 or not isinstance(said, dict):
        raise NotAnswered(f"{response.status} {_detail(said)}".strip())
    return said


def _detail(said: object) -> str:
    return str(said.get("detail") or said.get("title") or "") if isinstance(said, dict) else ""
