"""The pigeonhole: a department that collects finds its deliveries here, and each stays until it is acknowledged."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, Row, select

from broker import acknowledging, ledger
from broker.adapter import HandOver
from broker.crash_points import crash_point
from broker.notifications import note_audit
from broker.outcome import Deferred, facts_of, outcome_of
from broker.ports import Broker
from broker.standing import AT_REST, Standing
from broker.tables import HOLDS_THE_LANE, delivery
from schemas.outcome import OutcomeFacts


class Acknowledged(Enum):
    """What became of an acknowledgement."""

    #: written down, now or when it was sent before
    TAKEN = auto()
    #: no such delivery of this department
    UNKNOWN = auto()
    #: another answer stands
    ANSWERED_OTHERWISE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery letter as it lies here."""

    delivery: str
    letter: bytes


def waiting(department: str, most: int) -> Callable[[Connection], tuple[Letter, ...]]:
    """What a department may collect now, in the order of acceptance. Looking consumes nothing.

    Only the head of a person's lane is ever handed over, so a later letter of that person is not here yet. What was
    taken back is here no more: it could be read after its own withdrawal.
    """
    here = (
        select(delivery.c.id, delivery.c.letter)
        .where(delivery.c.department == department, HOLDS_THE_LANE)
        .where(delivery.c.standing == Standing.HANDED_OVER, delivery.c.hand_over == HandOver.COLLECTS)
        .where(delivery.c.called_off_at.is_(None))
        .order_by(delivery.c.seq, delivery.c.revision)
        .limit(most)
    )
    return lambda tx: tuple(Letter(delivery=row.id, letter=row.letter) for row in tx.execute(here))


async def collect(department: str, most: int, actor: str, broker: Broker) -> tuple[Letter, ...]:
    """What a department may collect now; that somebody looked is in the audit before they see it."""
    letters = await broker.store.read(waiting(department, most))
    if letters:
        said = f"{len(letters)} deliveries"
        await broker.store.write(
            lambda tx: note_audit(tx, broker.now(), actor, "deliveries.collected", department, said)
        )
        crash_point("pigeonhole.after-collect")
    return letters


async def acknowledge(facts: OutcomeFacts, broker: Broker) -> Acknowledged:
    """Take a department's answer to a delivery that it collected. Sent twice, it is acted on once."""
    before = await _row(facts.delivery, broker)
    if before is None or before.department != facts.department or before.hand_over != HandOver.COLLECTS:
        return Acknowledged.UNKNOWN
    if _says(before, facts, broker):
        return Acknowledged.TAKEN
    await acknowledging.hear(facts, broker, published=False)
    crash_point("pigeonhole.after-acknowledge")
    stands = await _row(facts.delivery, broker)
    return Acknowledged.TAKEN if stands and _says(stands, facts, broker) else Acknowledged.ANSWERED_OTHERWISE


async def _row(delivery_id: str, broker: Broker) -> Row[tuple[Any, ...]] | None:
    return await broker.store.read(lambda tx: ledger.find(tx, delivery_id))


def _says(row: Row[tuple[Any, ...]], facts: OutcomeFacts, broker: Broker) -> bool:
    """Whether the ledger says what the department says: compared as the ledger would write it."""
    outcome = outcome_of(facts, broker.now())
    if isinstance(outcome, Deferred):
        # An answer that was put off leaves no outcome, only a delivery that is not offered at this moment.
        return row.standing in (Standing.RETRYING, Standing.DEAD)
    said = facts_of(outcome, delivery=row.id, department=row.department, now=broker.now())
    return (
        (row.standing in AT_REST or row.standing == Standing.AWAITED)
        and row.outcome == said.outcome
        and said.receipt in (None, row.receipt)
        and said.reason == row.reason
        and row.by_day == (said.by.isoformat() if said.by else None)
        and row.question == (said.question.model_dump_json() if said.question else None)
    )
