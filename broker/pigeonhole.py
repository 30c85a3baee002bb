"""The pigeonhole: a department that collects finds its deliveries here, and each stays until it is acknowledged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, select

from broker import acknowledging
from broker.adapter import HandOver
from broker.crash_points import crash_point
from broker.hearing import write_usual
from broker.notifications import note_audit
from broker.outcome import Deferred, facts_of, outcome_of
from broker.ports import Broker
from broker.settling import Unusual
from broker.standing import AT_REST, Standing
from broker.statements import Statement
from broker.store import StoreUnavailable
from broker.tables import COLLECTED, delivery
from schemas.outcome import OutcomeFacts

_STANDS = Statement(
    "SELECT department, hand_over, standing, outcome, receipt, reason, by_day, question FROM delivery WHERE id = :id"
)


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
        .where(delivery.c.department == department, COLLECTED)
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


async def acknowledge_all(said: Sequence[OutcomeFacts], broker: Broker) -> list[Acknowledged]:
    """Take a department's answers to what it collected. Sent twice, one is acted on once. Raises StoreUnavailable."""
    try:
        taken = await broker.store.write(lambda tx: _take_all(tx, said, broker))
    except (Unusual, StoreUnavailable):  # perhaps for one of them: then the others are written without it
        taken = await broker.store.write_all([partial(_take, facts=one, broker=broker) for one in said])
    if Acknowledged.TAKEN in taken:
        crash_point("pigeonhole.after-acknowledge")
    return taken


def _take_all(tx: Connection, said: Sequence[OutcomeFacts], broker: Broker) -> list[Acknowledged]:
    usual = write_usual(tx, said, broker, published=False, only=HandOver.COLLECTS)
    return [Acknowledged.TAKEN if done else _take(tx, one, broker) for one, done in zip(said, usual, strict=True)]


def _take(tx: Connection, facts: OutcomeFacts, broker: Broker) -> Acknowledged:
    before = _stands(tx, facts.delivery)
    if before is None or before.department != facts.department or before.hand_over != HandOver.COLLECTS:
        return Acknowledged.UNKNOWN
    if not _says(before, facts, broker):
        acknowledging.hearing(facts, broker, published=False)(tx)
        stands = _stands(tx, facts.delivery)
        if stands is None or not _says(stands, facts, broker):
            return Acknowledged.ANSWERED_OTHERWISE
    return Acknowledged.TAKEN


class _Stands(NamedTuple):
    """What the ledger says of one delivery's answer."""

    department: str
    hand_over: str
    standing: str
    outcome: str | None
    receipt: str | None
    reason: str | None
    by_day: str | None
    question: str | None


def _stands(tx: Connection, delivery_id: str) -> _Stands | None:
    row = _STANDS.one(tx, {"id": delivery_id})
    return None if row is None else _Stands._make(row)


def _says(row: _Stands, facts: OutcomeFacts, broker: Broker) -> bool:
    """Whether the ledger says what the department says: compared as the ledger would write it."""
    outcome = outcome_of(facts, broker.now())
    if isinstance(outcome, Deferred):
        # An answer that was put off leaves no outcome, only a delivery that is not offered at this moment.
        return row.standing in (Standing.RETRYING, Standing.DEAD)
    if row.standing not in AT_REST and row.standing != Standing.AWAITED:
        return False
    said = facts_of(outcome, delivery=facts.delivery, department=row.department, now=broker.now())
    return (
        row.outcome == said.outcome
        and said.receipt in (None, row.receipt)
        and said.reason == row.reason
        and row.by_day == (said.by.isoformat() if said.by else None)
        and row.question == (said.question.model_dump_json() if said.question else None)
    )
