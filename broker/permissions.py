"""Permissions: which departments are told only where the person who tells us agrees, and what their answer means. Pure."""

from collections.abc import Iterable, Set
from typing import Final

from broker.adapter import Adapter, Ground
from schemas.life_event import LifeEvent
from schemas.problems import Problem

AGREED: Final = "The person who tells us agreed to it."
NOT_AGREED: Final = "The person who tells us did not agree to it."
NOBODY_ASKED: Final = "It is told only where the person who tells us agrees, and nobody asked them."
#: a correction, where the department had what it corrects
NO_LONGER: Final = "They do not agree any more. It keeps what it was told until the whole notification is taken back."
#: the same at a door: what was told cannot be untold by a correction
TOLD_ALREADY: Final = (
    "It was told already, because they agreed. Take the whole notification back, and tell it again without this one."
)
#: of a life event
FIELD: Final = "permissions"


def needs_permission(adapters: Iterable[Adapter]) -> frozenset[str]:
    """The departments that are told only where the person who tells us agrees."""
    return frozenset(one.department for one in adapters if one.ground is Ground.PERMISSION)


def agreed_to(event: LifeEvent) -> frozenset[str]:
    """The departments to which the answer was yes, whether or not they needed one."""
    return frozenset(department for department, answer in (event.permissions or {}).items() if answer)


def why_not(adapter: Adapter, event: LifeEvent, *, had_it: bool) -> str | None:
    """None where this department may be told; else the sentence for the timeline. Nothing but a yes lets it be told."""
    if adapter.ground is Ground.DUTY:
        return None
    answer = (event.permissions or {}).get(adapter.department)
    if answer:
        return None
    if had_it:
        return NO_LONGER
    return NOBODY_ASKED if answer is None else NOT_AGREED


def not_taken_back(told: Set[str], agreed: Set[str]) -> tuple[Problem, ...]:
    """What is wrong with a correction: departments that were ``told`` on a yes, and are not given it again."""
    return tuple(
        Problem(field=f"{FIELD}.{department}", code="told_already", message=TOLD_ALREADY)
        for department in sorted(told - agreed)
    )
