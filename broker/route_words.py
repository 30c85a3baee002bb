"""What the journey says of each department when a notification is routed, and reading that back. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row

from broker.decision import Delivery, NotTold
from broker.permissions import AGREED

ROUTE: Final = "route"
_TOLD: Final = "Will be told."
_NOT_TOLD: Final = "Not told: "


def told_words(told: Delivery) -> str:
    """Of a department that is told."""
    return f"{_TOLD} {AGREED}" if told.agreed else _TOLD


def spared_words(spared: NotTold) -> str:
    """Of one that is not told, and why."""
    return f"{_NOT_TOLD}{spared.because}"


def agreed_of(steps: Iterable[Row[Any]]) -> frozenset[str]:
    """The departments that are told because the person who tells us agreed."""
    return frozenset(
        line.department for line in steps if line.step == ROUTE and line.department and line.said.endswith(AGREED)
    )


def spared_of(steps: Iterable[Row[Any]]) -> dict[str, str]:
    """The departments that are not told, each with why."""
    return {
        line.department: line.said.removeprefix(_NOT_TOLD)
        for line in steps
        if line.step == ROUTE and line.department and line.said.startswith(_NOT_TOLD)
    }
