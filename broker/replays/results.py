"""What became of what a run put back: read from where the delivery or the notification stands now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from broker.failures.failures import dead_letter_number
from broker.replays.runs import ItemState
from broker.replays.tables import replay_item
from broker.standing import Progress, Standing
from broker.tables import dead_letter, delivery, event
from schemas.outcome import OutcomeKind

#: a next try that is further away than the tries of one lane counts as a failure
SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An item that has come to its end."""

    n: int
    state: ItemState
    because: str | None


def ended(tx: Connection, plan_id: str, at: datetime) -> Iterator[Ended]:
    """Every item of a plan that was away and has come to its end."""
    away = (replay_item.c.plan_id == plan_id) & (replay_item.c.state == ItemState.AWAY)
    sent = func.coalesce(replay_item.c.new_id, replay_item.c.failure_id)
    columns: list[Any] = [replay_item.c.n, replay_item.c.failure_id, delivery.c.id, delivery.c.standing]
    columns += [delivery.c.outcome, delivery.c.reason, delivery.c.due_at]
    told: Select[Any] = select(*columns)
    joined = told.select_from(replay_item.outerjoin(delivery, delivery.c.id == sent))
    for row in tx.execute(joined.where(away)).all():
        found = _of_delivery(row, at) if row.id is not None else _of_another(tx, row)
        if found is not None:
            yield Ended(n=row.n, state=found[0], because=found[1])


def _of_delivery(row: Row[Any], at: datetime) -> tuple[ItemState, str | None] | None:
    match Standing(row.standing):
        case Standing.SETTLED if row.outcome == OutcomeKind.REFUSED:
            return ItemState.FAILED, row.reason
        case Standing.SETTLED:
            return ItemState.DELIVERED, row.outcome
        case Standing.AWAITED:
            return ItemState.DELIVERED, "taken; the answer comes later"
        case Standing.DEAD | Standing.UNKNOWN:
            return ItemState.FAILED, row.reason
        case Standing.PARKED:
            return ItemState.FAILED, f"{row.reason}; it is tried again by itself"
        case Standing.RETRYING if row.due_at is not None and row.due_at - at > SOON:
            return ItemState.FAILED, f"{row.reason}; it is tried again by itself"
        case Standing.CANCELLED:
            return ItemState.SKIPPED, "called off before it was sent"
        case _:
            return None


def _of_another(tx: Connection, row: Row[Any]) -> tuple[ItemState, str | None] | None:
    if (number := dead_letter_number(row.failure_id)) is not None:
        taken = tx.execute(select(dead_letter.c.replayed_at).where(dead_letter.c.id == number)).scalar()
        return (ItemState.DELIVERED, "taken in") if taken is not None else (ItemState.PLANNED, None)
    named = or_(event.c.id == row.failure_id, event.c.reference == row.failure_id.upper())
    progress = tx.execute(select(event.c.progress).where(named)).scalar()
    match progress:
        case None | Progress.RECEIVED:
            return None
        case Progress.STUCK:
            return ItemState.FAILED, "it is stuck again"
        case _:
            return ItemState.DELIVERED, str(progress)
