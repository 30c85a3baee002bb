"""Cases for the reviewer's, the manager's and the auditor's screens, told of the invented town."""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar

from broker import journey
from broker.recording import Door
from schemas.life_event import LifeEvent
from tests.doors.office import told
from tests.screens.ground import Desk

T = TypeVar("T")
#: one of twins who live together, and nothing that tells which
TWIN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": {"surname": "Hartwell"},
        "date_of_birth": "1991-03-14",
        "address": {"state": "uk", "lines": ["3 Elm Row"], "postcode": "AA1 1AA"},
    }
)
#: one of two residents of one name in the same home, by name and home alone
MARGARET: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": {"forenames": "Margaret", "surname": "Jones"},
        "address": {"state": "uk", "lines": ["The Firs, 9 Chapel Lane"], "postcode": "AA1 2BD"},
    }
)
SURE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": {"forenames": "Ben", "surname": "Okafor"},
        "date_of_birth": "1986-04-19",
        "nino": "QQ120002C",
        "address": {"state": "uk", "lines": ["2 Elm Row"], "postcode": "AA1 1AA"},
    }
)
#: known to the protection team alone
KIT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": {"forenames": "Kit", "surname": "Verney"},
        "date_of_birth": "2016-08-08",
        "address": {"state": "uk", "lines": ["19 Chapel Lane"], "postcode": "AA1 2BE"},
    }
)


def tell(desk: Desk, kind: type[LifeEvent], subject: Mapping[str, Any], key: str, **more: object) -> str:
    """Tell a life event and choose its departments; its reference."""
    document = told(kind) | {"subject": dict(subject), "occurred_on": str(yesterday())} | more
    door = Door(source="form", actor="adviser:amara", key=key)
    recorded = _aside(lambda: asyncio.run(journey.intake(json.dumps(document).encode(), door, desk.broker)))
    desk.route()
    return recorded.reference


def _aside(act: Callable[[], T]) -> T:
    """In a thread of its own: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act).result()


def yesterday() -> Any:  # noqa: ANN401 - a day
    """A day that was."""
    return datetime.now(UTC).date() - timedelta(days=1)
