"""Examples of a cause: a page's worth of its failures, the longest-standing first, without reading all of them."""

from sqlalchemy import ColumnElement, Connection, TextClause, or_, select

from broker.failures.causes import Cause, group_id
from broker.failures.failures import FAILING, IS_PARKED, Failure, Wanted, find, listing
from broker.failures.groups import Group
from broker.standing import Standing
from broker.tables import delivery

_A_PERSON_DECIDES = (Standing.DEAD, Standing.UNKNOWN, Standing.PARKED)


def examples(tx: Connection, group: Group, most: int) -> list[Failure]:
    """The first failures of a cause."""
    if group.department is None:
        return listing(tx, Wanted(group=group.id), most)
    which = IS_PARKED if group.cause is Cause.PARKED else FAILING
    wanted = (
        select(delivery.c.id)
        .where(which, delivery.c.department == group.department, _standing(group.cause), _worded(tx, group, which))
        .order_by(delivery.c.opened_at, delivery.c.id)
        .limit(most)
    )
    found = [find(tx, failure_id) for failure_id in tx.execute(wanted).scalars().all()]
    return [failure for failure in found if failure is not None]


def _standing(cause: Cause) -> ColumnElement[bool]:
    if cause is Cause.REFUSED:
        return delivery.c.standing.not_in(_A_PERSON_DECIDES)
    return delivery.c.standing == str(cause)


def _worded(tx: Connection, group: Group, which: TextClause) -> ColumnElement[bool]:
    """The reasons of this cause, each as the back office gave it."""
    every = select(delivery.c.reason).where(which, delivery.c.department == group.department).distinct()
    said = [
        reason
        for reason in tx.execute(every).scalars().all()
        if group_id(group.cause, group.department, reason) == group.id
    ]
    given = delivery.c.reason.in_([reason for reason in said if reason is not None])
    return or_(given, delivery.c.reason.is_(None)) if None in said else given
