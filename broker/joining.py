"""Joining lanes: where two people turn out to be one, what is open for both stands in one line at each department.

What is on its way for both stays so, and nothing follows before both have ended. What was offered and has not left steps
back; the sweeper offers the head at its next look. Where they turn out to be two after all, what was told of the one
before they were joined goes back to a line of its own.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from broker.decision import Delivery
from broker.lanes import taken
from broker.statements import Statement, each, instant

_OPEN_AT = Statement(
    "SELECT DISTINCT department FROM delivery WHERE person IN (EACH :people)"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited') ORDER BY department"
)
_JOIN = Statement(
    "UPDATE delivery SET person = :keep WHERE department = :department AND person IN (EACH :others)"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
)
_PART = Statement(
    "UPDATE delivery SET person = :own WHERE department = :department AND person = :of"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
    " AND event_id IN (SELECT id FROM event WHERE person = :own)"
)
_TAKEN_FOR = Statement("SELECT own, person FROM resident WHERE own IN (EACH :people) AND person <> own")
_STEP_BACK = Statement(
    "UPDATE delivery SET released = false, due_at = :now WHERE department = :department AND person IN (EACH :people)"
    " AND standing = 'waiting' AND (released OR due_at IS NULL)"
)


def join(tx: Connection, keep: str, others: Collection[str], at: datetime) -> None:
    """What is open for these people stands in the line of the one whose id is kept."""
    for department in _departments(tx, others):
        taken(tx, department, {keep, *others})
        _JOIN.run(tx, {"department": department, "keep": keep, "others": each(others)})
        _step_back(tx, department, [keep], at)


def in_their_lanes(tx: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """What is told about somebody who is taken for another by now, as a correction is, stands in that one's line."""
    people = {told.person for told in deliveries}
    taken_for = dict(_TAKEN_FOR.all(tx, {"people": each(people)})) if people else {}
    return [replace(told, person=taken_for.get(told.person, told.person)) for told in deliveries]


def part(tx: Connection, own: str, of: str, at: datetime) -> None:
    """What was told of the one, and moved to the line of the other since, stands in its own line again."""
    for department in _departments(tx, [of]):
        taken(tx, department, {own, of})
        if _PART.count(tx, {"department": department, "own": own, "of": of}):
            _step_back(tx, department, [own, of], at)


def _departments(tx: Connection, people: Collection[str]) -> list[str]:
    return [department for (department,) in _OPEN_AT.all(tx, {"people": each(people)})]


def _step_back(tx: Connection, department: str, people: Collection[str], at: datetime) -> None:
    _STEP_BACK.run(tx, {"department": department, "people": each(people), "now": instant(at)})
