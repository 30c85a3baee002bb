"""Stoppable: whether something that was told still waits the while in which it can be stopped."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from broker.ledger import COOL_OFF
from broker.standing import Standing
from broker.tables import delivery, event


def can_be_stopped(reference: str, now: datetime) -> Callable[[Connection], bool]:
    """Whether a notification still waits the while in which it can be stopped. Run it with ``store.read``."""
    waits = (delivery.c.waits_for == COOL_OFF) & (delivery.c.not_before > now)
    cooling = (
        select(delivery.c.id)
        .join_from(delivery, event, event.c.id == delivery.c.event_id)
        .where(event.c.reference == reference, delivery.c.standing == Standing.WAITING, waits)
        .limit(1)
    )
    return lambda tx: tx.execute(cooling).scalar() is not None
