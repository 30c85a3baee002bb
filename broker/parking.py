"""Parking: a person's deliveries that wait behind a stuck one, and how many may. Full means a pause, never a drop."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from broker.delivered import Delivered
from broker.retry import LONGEST_WAIT
from broker.standing import STRAIGHT
from broker.statements import Statement, instant
from broker.telemetry import log
from broker.timing import Timing

#: reasons for which a department is full
TOO_MANY_PERSONS, TOO_MANY_BEHIND = "too-many-persons", "too-many-behind-one"
#: how soon one is tried again that many others fail with
AT_LEAST = timedelta(minutes=1)
#: full ends when a tenth is free again
_FREE_AGAIN = 0.9
_PERSONS = Statement(
    "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE department = :department AND standing = 'parked' LIMIT :most)"
    " AS parked"
)
_BEHIND = Statement(
    "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE department = :department AND person = :person"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited') LIMIT :most) AS behind"
)
_LONGEST = Statement(
    "SELECT COUNT(*) FROM delivery WHERE department = :department"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited') GROUP BY person ORDER BY COUNT(*) DESC LIMIT 1"
)
_FULL = Statement(
    "INSERT INTO department_state (department, breaker, full_since, full_reason)"
    " VALUES (:department, 'closed', :now, :reason)"
    " ON CONFLICT (department) DO UPDATE SET full_since = excluded.full_since, full_reason = excluded.full_reason"
    " WHERE department_state.full_since IS NULL"
)
_FREE = Statement(
    "UPDATE department_state SET full_since = NULL, full_reason = NULL"
    " WHERE department = :department AND full_since IS NOT NULL"
)
#: it goes straight to the engine then: what is new on the topic need not wait for it, nor it for a full department
_HOLD_BACK = Statement(
    "UPDATE delivery SET standing = 'retrying', reason = :reason, due_at = :due_at, jump = :jump, claimed_by = NULL,"
    " claimed_until = NULL WHERE id = :id"
)
_ARE_FULL = Statement("SELECT department, full_reason FROM department_state WHERE full_since IS NOT NULL")


def has_room(tx: Connection, department: str, at: datetime, timing: Timing) -> bool:
    """Whether one more person may be parked; where not, the department is full from now on."""
    if _counted(_PERSONS, tx, department=department, most=timing.most_parked) < timing.most_parked:
        return True
    _is_full(tx, department, TOO_MANY_PERSONS, at)
    return False


def hold_back(tx: Connection, row: Delivered, reason: str, at: datetime) -> None:
    """Try it again after as long as it has been tried already: a minute at least, an hour at most."""
    tried = at - (row.first_tried_at or at)
    due = instant(at + min(max(tried, AT_LEAST), LONGEST_WAIT))
    _HOLD_BACK.run(tx, {"id": row.id, "reason": reason, "due_at": due, "jump": max(row.jump, STRAIGHT)})


def mind_the_queue(tx: Connection, department: str, person: str, at: datetime, timing: Timing) -> None:
    """Where too many wait behind one stuck delivery, the department is full from now on."""
    most = timing.most_behind + 1
    if _counted(_BEHIND, tx, department=department, person=person, most=most) >= most:
        _is_full(tx, department, TOO_MANY_BEHIND, at)


def free_again(tx: Connection, timing: Timing) -> list[str]:
    """End it for every department that has room again."""
    freed = []
    for department, reason in _ARE_FULL.all(tx, {}):
        if reason == TOO_MANY_PERSONS:
            room = _counted(_PERSONS, tx, department=department, most=timing.most_parked)
            is_free = room <= timing.most_parked * _FREE_AGAIN
        else:
            is_free = _counted(_LONGEST, tx, department=department) <= timing.most_behind * _FREE_AGAIN
        if is_free:
            _FREE.run(tx, {"department": department})
            freed.append(department)
    return freed


def any_full(tx: Connection) -> bool:
    """Whether a department is full."""
    return bool(_ARE_FULL.all(tx, {}))


def _is_full(tx: Connection, department: str, reason: str, at: datetime) -> None:
    if _FULL.count(tx, {"department": department, "now": instant(at), "reason": reason}) == 1:
        log.error("department.full", department=department, reason=reason)


def _counted(counting: Statement, tx: Connection, **values: object) -> int:
    row = counting.one(tx, values)
    return int(row[0]) if row else 0
