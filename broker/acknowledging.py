"""Acknowledging: an answer is written down, told to whoever waits for it, and the person's next delivery is offered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Connection, Row

from broker import claims, lanes, ledger, parking, retry
from broker.adapter import CrashMode
from broker.claims import Claim
from broker.delivered import Delivered
from broker.delivering import Attempted
from broker.notifications import OUTCOMES, note_audit, note_delivery_step
from broker.outcome import Deferred, Heard, NotHeld, Outcome, Refused, Unheard, facts_of, kind_of, outcome_of
from broker.ports import Broker
from broker.retry import AskAPerson, Await, GiveUp, Next, Park, Settle, TryAgain
from broker.standing import AT_REST, STANDING_CAPTIONS, Standing
from broker.telemetry import TOLD_SECONDS, TRIED_AGAIN
from schemas.bereavement import Bereavement
from schemas.outcome import OutcomeFacts

#: why a delivery is put aside when our own code fails on it
INTERNAL_ERROR = "internal-error"
#: what the journey says of an answer
ANSWERED = "Answered: {word}."
#: it has left, and its answer is still to come
_ON_ITS_WAY = (Standing.SENDING, Standing.HANDED_OVER)
#: seconds that something waits where no waits are set
_A_WHILE = 60.0


def answering(attempted: Attempted, broker: Broker) -> Callable[[Connection], Standing]:
    """What was heard in a conversation, as a unit that writes it down and says where the delivery stands then."""
    claim = attempted.claim
    if not attempted.counts:
        return _uncounted(claim, attempted.heard, broker)
    return _unit(claim.delivery_id, attempted.heard, (claim.worker, claim.attempts), broker)


async def put_back(claim: Claim, broker: Broker) -> bool:
    """Give a claim back whose request never left; False where it is no longer ours."""
    return await broker.store.write(lambda tx: claims.put_back(tx, claim, broker.now(), broker.timing))


async def park(delivery_id: str, reason: str, broker: Broker) -> Standing | None:
    """Put one delivery aside after a fault of ours: it is tried again later, or left to a person. None for no such."""
    return await broker.store.write(lambda tx: _parked(tx, delivery_id, reason, broker))


def _parked(tx: Connection, delivery_id: str, reason: str, broker: Broker) -> Standing | None:
    row = claims.look_up(tx, delivery_id)
    if row is None:
        return None
    heard: Heard = Unheard(reason=reason) if row.standing == Standing.SENDING else Deferred(reason=reason)
    what_next = _next(tx, row, heard, broker)
    if isinstance(what_next, TryAgain):
        wait = broker.park_waits[0] if broker.park_waits else _A_WHILE
        what_next = Park(after=timedelta(seconds=wait), reason=reason)
    return _go_on(tx, row, heard, what_next, broker)


def _uncounted(claim: Claim, heard: Heard, broker: Broker) -> Callable[[Connection], Standing]:
    settling = _unit(claim.delivery_id, heard, (claim.worker, claim.attempts), broker)

    def unit(tx: Connection) -> Standing:
        row = claims.look_up(tx, claim.delivery_id)
        tried_again = row is not None and isinstance(_next(tx, row, heard, broker), TryAgain | Park | GiveUp)
        if tried_again and claims.put_back(tx, claim, broker.now(), broker.timing, _not_counted(heard)):
            return Standing.WAITING
        return settling(tx)

    return unit


def _not_counted(heard: Heard) -> str:
    return claims.NOT_COUNTED if isinstance(heard, Unheard) else claims.PUT_BACK


async def lease_ended(row: Row[tuple[Any, ...]], broker: Broker) -> Standing:
    """Take over from a process that died while its request was on its way: what became of it is unknown."""
    claimed = (row.claimed_by, row.attempts)
    return await broker.store.write(_unit(row.id, Unheard(reason="process-ended"), claimed, broker))


def hearing(facts: OutcomeFacts, broker: Broker, *, published: bool) -> Callable[[Connection], Standing | None]:
    """An answer that a back office sent by itself, as a unit. None where its department has no such delivery.

    ``published`` says that the answer came on ``outcomes``, where everybody has heard it already.
    """
    heard = outcome_of(facts, broker.now())

    def unit(tx: Connection) -> Standing | None:
        row = claims.look_up(tx, facts.delivery)
        if row is None or row.department != facts.department:
            return None
        return _heard(tx, row, heard, broker, published=published)

    return unit


def _unit(
    delivery_id: str, heard: Heard, claimed: tuple[str | None, int], broker: Broker
) -> Callable[[Connection], Standing]:
    def unit(tx: Connection) -> Standing:
        row = claims.look_up(tx, delivery_id)
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
    tried = claims.tries(tx, row) if isinstance(heard, Deferred | Unheard) else 1
    mode = _crash_mode(row, broker)
    return retry.after(heard, tried, mode, broker.retry_waits, broker.rng, broker.park_waits)


def _crash_mode(row: Delivered, broker: Broker) -> CrashMode:
    """What an unknown fate means. A family must not be told of a death twice, unless that was shown to be impossible."""
    adapter = broker.adapter(row.department)
    if adapter is None or (row.kind == Bereavement.kind and not adapter.deduplicates_deaths):
        return CrashMode.HOLD
    return adapter.crash_mode


def _heard(tx: Connection, row: Delivered, heard: Heard, broker: Broker, *, published: bool = False) -> Standing:
    return _go_on(tx, row, heard, _next(tx, row, heard, broker), broker, published=published)


def _go_on(
    tx: Connection, row: Delivered, heard: Heard, what_next: Next, broker: Broker, *, published: bool = False
) -> Standing:
    at = broker.now()
    match what_next:
        case Settle(outcome=NotHeld() | Refused() as nothing) if row.called_off_at and row.standing in _ON_ITS_WAY:
            reason = nothing.reason if isinstance(nothing, Refused) else None
            claims.end_attempt(tx, row, kind_of(nothing), reason, at)
            return _called_off(tx, row, at, broker, "and they have nothing of it")
        case Settle(outcome=outcome):
            return _settled(tx, row, outcome, Standing.SETTLED, at, broker, published)
        case Await(outcome=outcome):
            return _settled(tx, row, outcome, Standing.AWAITED, at, broker, published)
        case TryAgain(after=wait, reason=reason):
            return _aside(tx, row, heard, Standing.RETRYING, reason, at + wait, broker)
        case Park(first=True, reason=reason) if not _may_be_parked(row, broker):
            return _held_back(tx, row, heard, reason, broker)
        case Park(after=wait, reason=reason):
            return _aside(tx, row, heard, Standing.PARKED, reason, at + wait, broker)
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
    said = facts_of(outcome, delivery=row.id, department=row.department, now=at)
    if not ledger.settle(tx, row, said, to, at):
        return Standing(row.standing)
    claims.end_attempt(tx, row, word, None, at)
    if not published:
        ledger.publish_outcome(tx, row, said, at, broker.topic(OUTCOMES))
    note_delivery_step(tx, row, at, "acknowledge", ANSWERED.format(word=word.replace("_", " ")))
    note_audit(tx, at, row.department, "delivery.answered", row.id, word)
    broker.answered[row.department] = at
    TOLD_SECONDS.labels(row.department).observe((at - row.opened_at).total_seconds())
    lanes.offer_next(tx, row.department, row.person, at, broker.timing)
    return to


def _aside(
    tx: Connection, row: Delivered, heard: Heard, to: Standing, reason: str, due_at: datetime | None, broker: Broker
) -> Standing:
    at = broker.now()
    word = "unheard" if isinstance(heard, Unheard) else "deferred"
    if (rests := _rests(tx, row, word, reason, at, broker)) is not None:
        return rests
    if to is Standing.PARKED and not parking.has_room(tx, row.department, at, broker.timing):
        to, due_at = Standing.RETRYING, at + timedelta(seconds=_A_WHILE)
    ledger.wait_until(tx, row.id, to, reason, due_at)
    return _set_aside(tx, row, to, reason, at, broker, again=due_at is not None)


def _held_back(tx: Connection, row: Delivered, heard: Heard, reason: str, broker: Broker) -> Standing:
    """Too many others fail with it: the fault is hardly its own, so this attempt is not counted and it is not parked."""
    at = broker.now()
    if (rests := _rests(tx, row, _not_counted(heard), reason, at, broker)) is not None:
        return rests
    parking.hold_back(tx, row, reason, at)
    return _set_aside(tx, row, Standing.RETRYING, reason, at, broker, again=True)


def _may_be_parked(row: Delivered, broker: Broker) -> bool:
    permits = broker.permits.get(row.department)
    return permits is None or permits.take(row.id)


def _rests(tx: Connection, row: Delivered, word: str, reason: str, at: datetime, broker: Broker) -> Standing | None:
    """End the attempt; where the delivery rests, or was taken back meanwhile, say where it stands."""
    if row.standing in AT_REST:
        return Standing(row.standing)
    if row.standing in _ON_ITS_WAY:  # else that attempt has ended, and what was heard in it stays
        claims.end_attempt(tx, row, word, reason, at)
    if row.called_off_at is not None:
        return _called_off(tx, row, at, broker, "and what may have arrived is undone")
    return None


def _set_aside(
    tx: Connection, row: Delivered, to: Standing, reason: str, at: datetime, broker: Broker, *, again: bool
) -> Standing:
    if again:
        TRIED_AGAIN.labels(row.department, reason).inc()
    note_delivery_step(tx, row, at, "deliver", f"{STANDING_CAPTIONS[to]} ({reason}).")
    note_audit(tx, at, "broker", f"delivery.{to}", row.id, reason)
    lanes.offer_next(tx, row.department, row.person, at, broker.timing)
    return to


def _called_off(tx: Connection, row: Delivered, at: datetime, broker: Broker, therefore: str) -> Standing:
    said = f"Called off: it was taken back while we were telling them, {therefore}."
    lanes.call_off(tx, row, lanes.WITHDRAWN, said, at)
    lanes.offer_next(tx, row.department, row.person, at, broker.timing)
    return Standing.CANCELLED
