"""Sequences that are stuck: the delivery at their head, and what waits behind it. Reading only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from broker.failures.causes import Cause
from broker.failures.failures import FAILING, IS_PARKED, cause_of
from broker.standing import Standing
from broker.tables import HOLDS_THE_LANE, delivery, event

#: sequences on one page; the filter by department finds the others
MOST: Final = 100
#: each has an index of its own
_HOLDING: Final = delivery.c.standing.in_([Standing.DEAD, Standing.UNKNOWN])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """One person's deliveries to one department, of which the first is stuck. It names nobody."""

    id: str
    department: str
    cause: Cause
    reason: str
    reference: str | None
    attempts: int
    since: datetime
    #: when it is tried again by itself
    due_at: datetime | None
    #: later ones that wait behind it
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A delivery that waits behind a stuck one."""

    id: str
    reference: str | None
    kind: str
    standing: Standing
    opened_at: datetime


def sequences(tx: Connection, department: str | None = None, most: int = MOST) -> list[Sequence]:
    """The sequences that are stuck, the longest-standing first; parked ones and those that wait for a person."""
    found: list[Sequence] = []
    for where in (IS_PARKED, and_(FAILING, _HOLDING)):
        first = select(delivery.c.id).where(where).order_by(delivery.c.opened_at).limit(most)
        if department is not None:
            first = first.where(delivery.c.department == department)
        # Chosen first: what waits behind is counted for those that are shown, not for all.
        ids = list(tx.execute(first).scalars().all())
        found += [_sequence(row) for row in tx.execute(_heads().where(delivery.c.id.in_(ids)))]
    return sorted(found, key=lambda one: (one.since, one.id))[:most]


def sequence(tx: Connection, delivery_id: str) -> tuple[Sequence, list[Behind]] | None:
    """One sequence by the delivery at its head, with what waits behind it; None where it is not stuck."""
    row = tx.execute(_heads().where(delivery.c.id == delivery_id)).one_or_none()
    if row is None or row.standing not in (Standing.PARKED, Standing.DEAD, Standing.UNKNOWN):
        return None
    later = (
        select(delivery.c.id, delivery.c.kind, delivery.c.standing, delivery.c.opened_at, event.c.reference)
        .outerjoin(event, event.c.id == delivery.c.event_id)
        .where(HOLDS_THE_LANE, _later(delivery.c, row))
        .order_by(delivery.c.seq, delivery.c.revision)
        .limit(MOST)
    )
    return _sequence(row), [
        Behind(
            id=one.id,
            reference=one.reference,
            kind=one.kind,
            standing=Standing(one.standing),
            opened_at=one.opened_at,
        )
        for one in tx.execute(later)
    ]


def _heads() -> Select[Any]:
    later = delivery.alias("later")
    # The condition is written without a table's name: inside, it speaks of the later one, as its index does.
    waiting = select(func.count()).select_from(later).where(HOLDS_THE_LANE, _later(later.c, delivery.c))
    return select(
        delivery.c.id,
        delivery.c.department,
        delivery.c.standing,
        delivery.c.reason,
        delivery.c.attempts,
        delivery.c.opened_at,
        delivery.c.due_at,
        delivery.c.person,
        delivery.c.seq,
        delivery.c.revision,
        event.c.reference,
        waiting.scalar_subquery().label("behind"),
    ).outerjoin(event, event.c.id == delivery.c.event_id)


def _later(one: Any, head: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns, or a row
    same_lane = and_(one.department == head.department, one.person == head.person)
    after = or_(one.seq > head.seq, and_(one.seq == head.seq, one.revision > head.revision))
    return and_(same_lane, after)


def _sequence(row: Row[Any]) -> Sequence:
    return Sequence(
        id=row.id,
        department=row.department,
        cause=cause_of(row.standing),
        reason=row.reason or "not-said",
        reference=row.reference,
        attempts=row.attempts,
        since=row.opened_at,
        due_at=row.due_at,
        behind=int(row.behind),
    )
