"""Acknowledging: an answer is written down, told to whoever waits for it, and the person's next delivery is offered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Connection, Row

from broker import ledger, retry
from broker.adapter import CrashMode
from broker.delivering import Attempted
from broker.notifications import OUTCOMES, note_audit, note_step
from broker.outcome import Heard, Outcome, Unheard, kind_of, outcome_of
from broker.ports import Broker
from broker.retry import AskAPerson, Await, GiveUp, Next, Settle, TryAgain
from broker.standing import AT_REST, STANDING_CAPTIONS, Standing
from broker.telemetry import TOLD_SECONDS
from schemas.outcome import OutcomeFacts

Delivered = Row[tuple[Any, ...]]


async def settle(attempted: Attempted, broker: Broker) -> Standing:
    """Write down what was heard in a conversation. Returns where the delivery stands then."""
    claim = attempted.claim
    return await broker.store.write(_unit(claim.delivery_id, attempted.heard, (claim.worker, claim.attempts), broker))


async def hear(facts: OutcomeFacts, broker: Broker, *, published: bool) -> Standing | None:
    """Write down an answer that a back office sent by itself. None where no such delivery of this department is known.

    ``published`` says that the answer came on ``outcomes``, where everybody has heard it already.
    """
    heard = outcome_of(facts, broker.now())
    return await broker.store.write(_answer(facts, heard, broker, published))


async def lease_ended(row: Delivered, broker: Broker) -> Standing:
    """Take over from a process that died while its request was on its way: what became of it is unknown."""
    claimed = (row.claimed_by, row.attempts)
    return await broker.store.write(_unit(row.id, Unheard(reason="process-ended"), claimed, broker))


def _answer(
    facts: OutcomeFacts, heard: Outcome, broker: Broker, published: bool
) -> Callable[[Connection], Standing | None]:
    def unit(tx: Connection) -> Standing | None:
        row = ledger.find(tx, facts.delivery)
        if row is None or row.department != facts.department:
            return None
        return _heard(tx, row, heard, broker, published=published)

    return unit


def _unit(
    delivery_id: str, heard: Heard, claimed: tuple[str | None, int], broker: Broker
) -> Callable[[Connection], Standing]:
    def unit(tx: Connection) -> Standing:
        row = ledger.find(tx, delivery_id)
        if row is None:
            raise LookupError("a claimed delivery is not in the ledger")
        # The attempt too: the same process may have claimed it again since.
        ours = (row.claimed_by, row.attempts) == claimed
        # A late answer that says "done" is true whoever asked; a late failure is not ours to act on.
        if ours or _is_final(_next(tx, row, heard, broker), heard):
            return _heard(tx, row, heard, broker)
        return Standing(row.standing)

    return unit


def _is_final(what_next: Next, heard: Heard) -> bool:
    return not isinstance(heard, Unheard) and isinstance(what_next, Settle | Await)


def _next(tx: Connection, row: Delivered, heard: Heard, broker: Broker) -> Next:
    adapter = broker.adapter(row.department)
    mode = adapter.crash_mode if adapter else CrashMode.HOLD
    return retry.after(heard, ledger.tries(tx, row), mode, broker.retry_waits, broker.rng)


def _heard(tx: Connection, row: Delivered, heard: Heard, broker: Broker, *, published: bool = False) -> Standing:
    at = broker.now()
    match _next(tx, row, heard, broker):
        case Settle(outcome=outcome):
            return _settled(tx, row, outcome, Standing.SETTLED, at, broker, published)
        case Await(outcome=outcome):
            return _settled(tx, row, outcome, Standing.AWAITED, at, broker, published)
        case TryAgain(after=wait, reason=reason):
            return _aside(tx, row, heard, Standing.RETRYING, reason, at + wait, broker)
        case AskAPerson(reason=reason):
            return _aside(tx, row, heard, Standing.UNKNOWN, reason, None, broker)
        case GiveUp(reason=reason):
            return _aside(tx, row, heard, Standing.DEAD, reason, None, broker)
        case never:
            assert_never(never)


def _settled(
    tx: Connection, row: Delivered, outcome: Outcome, to: Standing, at: datetime, broker: Broker, published: bool
) -> Standing:
    word = kind_of(outcome)
    if not ledger.settle(tx, row, outcome, to, at):
        return Standing(row.standing)
    ledger.end_attempt(tx, row.id, row.attempts, word, None, at)
    if not published:
        ledger.publish_outcome(tx, row, outcome, at, broker.topic(OUTCOMES))
    note_step(tx, row.event_id, at, "acknowledge", f"Answered: {word.replace('_', ' ')}.", row.department)
    note_audit(tx, at, row.department, "delivery.answered", row.id, word)
    TOLD_SECONDS.labels(row.department).observe((at - row.opened_at).total_seconds())
    ledger.offer_next(tx, row.department, row.person, at, broker.timing)
    return to


def _aside(
    tx: Connection, row: Delivered, heard: Heard, to: Standing, reason: str, due_at: datetime | None, broker: Broker
) -> Standing:
    at = broker.now()
    word = "unheard" if isinstance(heard, Unheard) else "deferred"
    if Standing(row.standing) in AT_REST:
        return Standing(row.standing)
    ledger.end_attempt(tx, row.id, row.attempts, word, reason, at)
    ledger.wait_until(tx, row.id, to, reason, due_at)
    note_step(tx, row.event_id, at, "deliver", f"{STANDING_CAPTIONS[to]} ({reason}).", row.department)
    note_audit(tx, at, "broker", f"delivery.{to}", row.id, reason)
    ledger.offer_next(tx, row.department, row.person, at, broker.timing)
    return to
