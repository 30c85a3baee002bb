"""First in line: deliveries whose lanes are empty are written down as offered, many at once.

Nearly every delivery finds nobody before it. What does not, waits for its hour or jumps the queue is opened by itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broker import claims, lanes, ledger
from broker.adapter import HandOver
from broker.decision import Delivery
from broker.notifications import publish_all
from broker.standing import BY_TOPIC, Standing
from broker.statements import Statement, instant
from broker.timing import Timing

_HELD = Statement("SELECT held_until FROM department_state WHERE department = :department AND held_until > :now")


def open_all(tx: Connection, deliveries: Sequence[Delivery], at: datetime, timing: Timing) -> bool:
    """Write deliveries down, no two of them of one lane, and offer each that heads its lane.

    False where one of them was there before.
    """
    by_department: dict[str, list[Delivery]] = {}
    for told in deliveries:
        by_department.setdefault(told.department, []).append(told)
    new = [_open_at(tx, department, of, at, timing) for department, of in by_department.items()]
    return all(new)


def _open_at(tx: Connection, department: str, told: Sequence[Delivery], at: datetime, timing: Timing) -> bool:
    first = _first_in_line(tx, department, told, at, timing)
    others = [one for one in told if one.id not in first]
    new = ledger.write_down(tx, first.values()) == len(first)
    if new and first:
        offered = [one for one in told if one.id in first]
        _hand_on(tx, offered, at, timing)
    ledger.open_deliveries(tx, others, at, timing)
    return new


def _first_in_line(
    tx: Connection, department: str, told: Sequence[Delivery], at: datetime, timing: Timing
) -> dict[str, dict[str, Any]]:
    """The rows of those that are offered at once, by their ids."""
    taken = lanes.taken(tx, department, [one.person for one in told])
    if _HELD.one(tx, {"department": department, "now": instant(at)}) is not None:
        return {}
    free = [one for one in told if one.person not in taken and not one.missing and one.jump == BY_TOPIC]
    rows = ((one, ledger.row_of(one, at, timing)) for one in free)
    return {one.id: row | _offered(one, at, timing) for one, row in rows if row["not_before"] is None}


def _offered(told: Delivery, at: datetime, timing: Timing) -> dict[str, Any]:
    again = None if told.hand_over is HandOver.COLLECTS else instant(at + timing.republish_after)
    if told.hand_over is HandOver.CALLED:
        return {"released": True, "due_at": again}
    lies_there = {"standing": Standing.HANDED_OVER.value, "attempts": 1, "first_tried_at": instant(at)}
    return {"released": True, "due_at": again} | lies_there


def _hand_on(tx: Connection, offered: Sequence[Delivery], at: datetime, timing: Timing) -> None:
    claims.begin_attempts(tx, [one.id for one in offered if one.hand_over is not HandOver.CALLED], at)
    topic = timing.department_topic(offered[0].department)
    publish_all(tx, topic, [(one.person, one.letter) for one in offered if one.hand_over is not HandOver.COLLECTS])
