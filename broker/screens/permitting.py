"""Permitting: whose permission the form asks, one yes or no for each department that is told only where they agree."""

from collections.abc import Sequence
from typing import Final

from broker.adapter import Adapter, Ground, Telling
from broker.completing import completed
from broker.facts import Facts
from broker.permissions import FIELD
from broker.person import Person
from broker.screens.questions import Question, Widget
from broker.screens.readers import facts_of, variations
from schemas.kinds import life_events
from schemas.subject import Subject

#: how the path of every such question begins
PERMISSION: Final = f"{FIELD}."


def to_ask_of(kind: str, person: Person | None, adapters: Sequence[Adapter]) -> tuple[Adapter, ...]:
    """The departments that need a permission and may be told of this person; of somebody unknown, of anybody."""
    return tuple(one for one in adapters if one.ground is Ground.PERMISSION and _may_be_told(one, kind, person))


def _may_be_told(adapter: Adapter, kind: str, person: Person | None) -> bool:
    """By the department's own rule, on what is known of the person; what happened is not told yet, so any of it will do."""
    telling = adapter.telling_of(kind)
    if telling is None or person is None:
        return telling is not None
    reference = person.references.get(adapter.department)
    subject = completed(Subject(name=person.names[0]), person) if person.names else None
    events = variations(life_events()[kind])
    return any(_when(telling, facts_of(event, subject or event.subject, reference)) for event in events)


def _when(telling: Telling, facts: Facts) -> bool:
    try:
        return telling.when(facts)
    except (TypeError, ValueError, AttributeError, KeyError):
        return True  # what cannot be judged from an example is asked


def permission_question(department: str, title: str) -> Question:
    """May this department be told?"""
    return Question(
        path=PERMISSION + department,
        widget=Widget.YES_NO,
        needed=True,
        needed_in_group=True,
        group="",
        description=title,
    )
