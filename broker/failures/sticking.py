"""Sticking: a notification that our own fault stopped is put aside for an operator, and the others go on."""

from sqlalchemy import Connection

from broker.notification import Notification
from broker.notifications import move_on, note_audit, note_step
from broker.ports import Broker
from broker.standing import Progress
from broker.telemetry import ROUTED, log


async def stick(notification: Notification, fault: str, broker: Broker) -> None:
    """Put a notification aside with the kind of fault; ``fault`` is a class name, never a text."""
    await stick_by_id(notification.id, fault, broker)


async def stick_by_id(notification_id: str, fault: str, broker: Broker) -> None:
    """The same for one that cannot even be read."""
    at = broker.now()

    def unit(tx: Connection) -> None:
        move_on(tx, notification_id, Progress.STUCK, why="internal-error")
        note_step(tx, notification_id, at, "route", f"Stopped by a fault of ours ({fault}).")
        note_audit(tx, at, "router", "notification.stuck", notification_id, fault)

    await broker.store.write(unit)
    ROUTED.labels("stuck").inc()
    log.error("notification.stuck", notification=notification_id, fault=fault)
