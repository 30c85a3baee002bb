"""Settling: answers that came at about the same moment are written down in one unit, statement by statement.

Nearly every answer is the first to a request of ours, and final: those are written together. Whatever else there is,
such as a late answer, a failure, or one to what was called off meanwhile, is written by itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from broker import acknowledging, claims, lanes, ledger
from broker.claims import Claim
from broker.crash_points import crash_point
from broker.delivered import Delivered
from broker.delivering import Attempted
from broker.lanes import AtHand
from broker.notifications import OUTCOMES, note_audits, note_steps
from broker.outcome import FINAL, facts_of
from broker.ports import Broker
from broker.standing import Standing
from broker.telemetry import TOLD_SECONDS
from schemas.outcome import OutcomeFacts


class Unusual(Exception):
    """Among them is one that somebody else has answered, or called off."""


class Settled(NamedTuple):
    """Where a delivery stands after its answer was written down."""

    standing: Standing
    #: the person's next one there, which was offered straight to the engine that asked
    behind: str | None = None


async def settle_all(attempts: Sequence[Attempted], broker: Broker, *, at_hand: bool = False) -> list[Settled]:
    """Write down what was heard in conversations; ``at_hand`` says that who asks sends what is offered next itself."""
    try:
        settled = await broker.store.write(lambda tx: _write(tx, attempts, broker, {} if at_hand else None))
    except Unusual:
        standings = await broker.store.write_all([acknowledging.answering(one, broker) for one in attempts])
        settled = [Settled(standing) for standing in standings]
    crash_point("delivery.after-settle")
    return settled


def _write(
    tx: Connection, attempts: Sequence[Attempted], broker: Broker, at_hand: AtHand | None = None
) -> list[Settled]:
    at = broker.now()
    said = [_said(one, at) for one in attempts]
    usual = [(one.claim, facts) for one, facts in zip(attempts, said, strict=True) if facts is not None]
    if usual:
        _write_down(tx, usual, at, broker)
        offer_behind(tx, [claim for claim, _ in usual], at, broker, at_hand)
    behind = at_hand or {}
    return [
        Settled(acknowledging.answering(one, broker)(tx))
        if facts is None
        else Settled(Standing.SETTLED, behind.pop((one.claim.department, one.claim.person), None))
        for one, facts in zip(attempts, said, strict=True)
    ]


def _said(attempted: Attempted, at: datetime) -> OutcomeFacts | None:
    claim, heard = attempted.claim, attempted.heard
    if not attempted.counts or not isinstance(heard, FINAL):
        return None
    return facts_of(heard, delivery=claim.delivery_id, department=claim.department, now=at)


def _write_down(tx: Connection, answers: Sequence[tuple[Claim, OutcomeFacts]], at: datetime, broker: Broker) -> None:
    """Write down final answers. Raises Unusual where the ledger does not wait for one of them."""
    if not ledger.settle_all(tx, answers, at):
        raise Unusual
    pass_on(tx, answers, at, broker)


def pass_on(
    tx: Connection,
    answers: Sequence[tuple[Claim | Delivered, OutcomeFacts]],
    at: datetime,
    broker: Broker,
    *,
    published: bool = False,
) -> None:
    """Tell everybody of final answers that have just been written down."""
    claims.end_attempts(tx, ((claim, said.outcome.value) for claim, said in answers), at)
    if not published:
        ledger.publish_outcomes(tx, answers, at, broker.topic(OUTCOMES))
    note_steps(tx, (_step(claim, said, at) for claim, said in answers))
    note_audits(tx, at, (_audited(claim, said) for claim, said in answers))


def offer_behind(
    tx: Connection, answered: Sequence[Claim | Delivered], at: datetime, broker: Broker, at_hand: AtHand | None = None
) -> None:
    """Offer what is next for the people who have been told."""
    by_department: dict[str, list[Claim | Delivered]] = {}
    for each in answered:
        by_department.setdefault(each.department, []).append(each)
    for department, of in by_department.items():
        broker.answered[department] = at
        took = TOLD_SECONDS.labels(department)
        for each in of:
            took.observe((at - each.opened_at).total_seconds())
        lanes.offer_behind(tx, department, [each.person for each in of], at, broker.timing, at_hand)


def _step(claim: Claim | Delivered, said: OutcomeFacts, at: datetime) -> dict[str, Any]:
    words = acknowledging.ANSWERED.format(word=said.outcome.value.replace("_", " "))
    row = {"event_seq": claim.seq, "at": at, "step": "acknowledge"}
    return row | {"department": claim.department, "said": words}


def _audited(claim: Claim | Delivered, said: OutcomeFacts) -> dict[str, Any]:
    row = {"actor": claim.department, "what": "delivery.answered", "about": claim.delivery_id}
    return row | {"said": said.outcome.value}
