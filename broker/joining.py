"""Joining lanes: where two people turn out to be one, what is open for both stands in one line at each department.

What is on its way for both stays so, and nothing follows before both have ended. What was offered and has not left steps
back; the sweeper offers the head at its next look. Where they turn out to be two after all, what was told of the one
before they were joined goes back to a line of its own.

Whoever writes down what is told of somebody keeps them until the commit from being taken for another: who they are taken
for is read then, not before. People are kept first, then what the directory says of them is changed, then come lanes:
always, or two processes could wait for each other.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from broker.decision import Delivery
from broker.lanes import taken
from broker.statements import Statement, each, instant

#: until the commit nobody else changes who is taken for whom: it is seldom done
_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(hashtextextended('/', 0))")
#: until the commit nobody changes whom these are taken for; and nobody writes down what is told of them
_KEEP, _CHANGE = (
    Statement(
        f"SELECT pg_advisory_xact_lock{shared}(hashtextextended('/' || person, 0))"  # noqa: S608 - our own words
        " FROM (EACH :people AS person ORDER BY 1) one"
    )
    for shared in ("_shared", "")
)
_OPEN_AT = Statement(
    "SELECT DISTINCT department FROM delivery WHERE person IN (EACH :people)"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
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


def one_at_a_time(tx: Connection) -> None:
    """Who is taken for whom is what it will be until our commit, unless we change it."""
    if tx.dialect.name == "postgresql":
        _ONE_AT_A_TIME.run(tx)


def alone_with(tx: Connection, people: Collection[str]) -> None:
    """What others write down of these people just now is there; what they will waits until our commit."""
    if tx.dialect.name == "postgresql":
        _CHANGE.run(tx, {"people": each(people)})


def join(tx: Connection, keep: str, others: Collection[str], at: datetime) -> None:
    """What is open for these people, with whom we are alone, stands in the line of the one whose id is kept."""
    for department in _departments(tx, others):
        taken(tx, department, {keep, *others})
        _JOIN.run(tx, {"department": department, "keep": keep, "others": each(others)})
        _step_back(tx, department, [keep], at)


def in_their_lanes(tx: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """What is told about somebody who is taken for another by now, as a correction is, stands in that one's line."""
    others = taken_for(tx, {told.person for told in deliveries})
    return [replace(told, person=others.get(told.person, told.person)) for told in deliveries]


def taken_for(tx: Connection, people: Collection[str]) -> dict[str, str]:
    """Whom those are taken for who are taken for another, and will be until the commit. Ask before lanes are looked at."""
    said = {"people": each(people)}
    if people and tx.dialect.name == "postgresql":
        _KEEP.run(tx, said)
    return dict(_TAKEN_FOR.all(tx, said)) if people else {}


def part(tx: Connection, own: str, of: str, at: datetime) -> None:
    """What was told of the one, with whom we are alone, and is in the line of the other since, stands in its own again."""
    for department in _departments(tx, [of]):
        taken(tx, department, {own, of})
        if _PART.count(tx, {"department": department, "own": own, "of": of}):
            _step_back(tx, department, [own, of], at)


def _departments(tx: Connection, people: Collection[str]) -> list[str]:
    return sorted(department for (department,) in _OPEN_AT.all(tx, {"people": each(people)}))


def _step_back(tx: Connection, department: str, people: Collection[str], at: datetime) -> None:
    _STEP_BACK.run(tx, {"department": department, "people": each(people), "now": instant(at)})
