"""Had: who has what a notification corrects or withdraws, by that one itself or by an earlier correction of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from broker.case import NEVER_HAD
from broker.notification import Notification
from broker.standing import Progress
from broker.tables import delivery, event

#: department to the delivery that it had; None where a fact was missing and nothing was sent
Had = Mapping[str, str | None]


def had_by(tx: Connection, told: Sequence[Notification]) -> dict[str, Had]:
    """By the id of what corrects or withdraws: who had the earlier one."""
    earlier = {one.earlier for one in told if one.earlier}
    rows = _deliveries(tx, earlier) if earlier else []
    return {one.id: _had(rows, one.earlier, before=one.seq) for one in told if one.earlier}


def _deliveries(tx: Connection, earlier: set[str]) -> Sequence[Any]:
    of_event = (event.c.id.label("event"), event.c.corrects, event.c.seq)
    wanted = (*of_event, delivery.c.department, delivery.c.id, delivery.c.reason)
    family = event.c.id.in_(earlier) | event.c.corrects.in_(earlier)
    found = select(*wanted).join_from(delivery, event, delivery.c.event_id == event.c.id).where(family)
    return tx.execute(found.order_by(event.c.seq, delivery.c.revision)).all()


def _had(rows: Sequence[Any], earlier: str, *, before: int) -> Had:
    own: dict[str, str | None] = {}
    corrected: dict[str, str | None] = {}
    for row in rows:
        had = None if row.reason in NEVER_HAD else row.id
        if row.event == earlier:
            own[row.department] = had
        elif row.corrects == earlier and row.seq < before and had is not None:
            corrected[row.department] = had
    return {**own, **{name: made for name, made in corrected.items() if own.get(name) is None}}


def on_their_word(tx: Connection, reference: str) -> frozenset[str]:
    """Departments that have had the notification of this reference, or will, if they needed a yes for it."""
    original = select(event.c.id).where(event.c.reference == reference).scalar_subquery()
    rows = tx.execute(select(event).where((event.c.id == original) | (event.c.corrects == original)))
    return frozenset(department for row in rows for department in _told_or_to_be(tx, row))


def _told_or_to_be(tx: Connection, row: Row[Any]) -> set[str]:
    match Progress(row.progress):
        case Progress.RECEIVED | Progress.STUCK:
            answers = orjson.loads(row.body).get("permissions") or {}
            return {department for department, answer in answers.items() if answer is True}
        case Progress.ROUTED:
            wanted = select(delivery.c.department, delivery.c.reason).where(delivery.c.event_id == row.id)
            return {each.department for each in tx.execute(wanted) if each.reason not in NEVER_HAD}
        case Progress.HELD | Progress.REJECTED:
            return set()
