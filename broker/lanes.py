"""Lanes: one person's deliveries to one department, handed over one after the other. Order rests here, never on Kafka.

A delivery is offered only when it heads its lane and its department may be told. What has been taken back of a death
(it did not happen) goes before everything but a request that is on its way.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection

from broker.adapter import Behind, HandOver
from broker.claims import begin_attempt
from broker.delivered import Delivered, columns, read
from broker.notifications import note_audit, note_delivery_step
from broker.standing import BY_TOPIC, STRAIGHT, STUCK, URGENT, Standing
from broker.statements import Statement, each, instant
from broker.timing import Timing

#: what was offered straight to an engine, by department and person
AtHand: TypeAlias = dict[tuple[str, str], str]
#: why a delivery was called off: a later one of its kind has taken its place
SUPERSEDED = "superseded"
#: why one that lay with a back office was not offered again: it was taken back
WITHDRAWN = "withdrawn"
#: until the commit no other process looks at this lane: each would miss what the other is about to write
_HOLD = Statement("SELECT pg_advisory_xact_lock(hashtextextended(:department || '/' || :person, 0))")
#: the same for several, in one order, or two processes could wait for each other
_HOLD_ALL = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended(:department || '/' || person, 0))"
    " FROM (EACH :people AS person ORDER BY 1) lane"
)
#: who of these has anything open there
_BEHIND = Statement(
    "SELECT DISTINCT person FROM delivery WHERE department = :department AND person IN (EACH :people)"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
)
_LANE = Statement(
    f"SELECT {columns('d')}, s.held_until FROM delivery d"  # noqa: S608 - our own column names
    " LEFT JOIN department_state s ON s.department = d.department"
    " WHERE d.department = :department AND d.person = :person AND d.standing NOT IN ('settled', 'cancelled', 'awaited')"
    # What waits for its day, and a stuck fact that stands by itself, hold nobody back.
    " AND (d.waits_for IS NULL OR d.waits_for <> 'day' OR d.not_before <= :now)"
    " AND (d.behind <> 'skip' OR d.standing NOT IN ('parked', 'unknown', 'dead'))"
    " ORDER BY d.jump / 2 DESC, d.seq, d.revision LIMIT 2"
)
#: a later delivery may be on its way when an earlier one is opened: one that an operator puts back, say
_ON_ITS_WAY = Statement(
    "SELECT 1 FROM delivery WHERE department = :department AND person = :person"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
    " AND (standing IN ('sending', 'handed_over') OR (standing = 'waiting' AND released)) LIMIT 1"
)
_BEING_SENT = Statement(
    "SELECT 1 FROM delivery WHERE department = :department AND person = :person"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
    " AND standing = 'sending' LIMIT 1"
)
_STEP_BACK = Statement(
    "UPDATE delivery SET released = false, due_at = NULL"
    " WHERE department = :department AND person = :person AND standing NOT IN ('settled', 'cancelled', 'awaited')"
    " AND standing = 'waiting' AND released AND jump < 2"
)
_OFFERED = Statement(
    "UPDATE delivery SET released = true, standing = :standing, due_at = :due, attempts = :attempts,"
    " first_tried_at = :first, jump = :jump WHERE id = :id"
)
_PUBLISH = Statement(
    "INSERT INTO outbox (topic, key, value) SELECT :topic, person, letter FROM delivery WHERE id = :id"
)
_LATER = Statement("UPDATE delivery SET due_at = :due WHERE id = :id")
_STAND_IN_LINE = Statement(
    "UPDATE delivery SET standing = 'waiting', released = false, due_at = NULL, jump = :jump WHERE id = :id"
)
_SUCCESSOR = Statement(
    "SELECT 1 FROM delivery WHERE department = :department AND person = :person"
    " AND standing NOT IN ('settled', 'cancelled', 'awaited')"
    " AND kind = :kind AND seq > :seq LIMIT 1"
)
_CALL_OFF = Statement(
    "UPDATE delivery SET standing = 'cancelled', reason = :reason, due_at = NULL, claimed_by = NULL,"
    " claimed_until = NULL, settled_at = NULL WHERE id = :id AND standing NOT IN ('settled', 'cancelled', 'awaited')"
)
_WHAT_IS_DUE = (
    f"SELECT {columns('d')}, s.held_until, s.breaker, s.next_probe_at FROM delivery d"  # noqa: S608
    " LEFT JOIN department_state s ON s.department = d.department"
    " WHERE d.due_at IS NOT NULL AND d.due_at <= :now"
    " AND d.standing IN ('waiting', 'retrying', 'parked', 'handed_over') ORDER BY d.due_at LIMIT :most"
)
_DUE = Statement(_WHAT_IS_DUE)
#: and nobody changes it before our commit; what somebody changes just now is left to the next look
_STILL_DUE = Statement(_WHAT_IS_DUE + " FOR UPDATE OF d SKIP LOCKED")


def offer_next(
    tx: Connection, department: str, person: str, at: datetime, timing: Timing, at_hand: AtHand | None = None
) -> Standing | None:
    """Offer the head of a lane, unless it waits for its hour or one of the lane is on its way.

    Says where the head stands: None for an empty lane. Where the department's engine is ``at_hand``, what is offered
    goes straight to it, and is entered there; should the engine die before it, the next one finds it in the ledger.
    """
    lane, now = {"department": department, "person": person}, instant(at)
    if tx.dialect.name == "postgresql":
        _HOLD.run(tx, lane)
    rows = _LANE.all(tx, lane | {"now": now})
    if not rows:
        return None
    head = read(rows[0])
    if head.standing in STUCK and head.behind == Behind.SUPERSEDE and _supersede(tx, head, at):
        return offer_next(tx, department, person, at, timing, at_hand)
    if head.standing == Standing.WAITING and not head.released and not _waits(tx, head, rows[0][-1], now):
        straight = at_hand is not None and head.hand_over == HandOver.CALLED
        offered = head._replace(jump=max(head.jump, STRAIGHT)) if straight else head
        if _offer_unless(tx, offered, at, timing, alone=len(rows) == 1) and at_hand is not None and straight:
            at_hand[department, person] = head.id
    return Standing(head.standing)


def offer_behind(
    tx: Connection,
    department: str,
    people: Collection[str],
    at: datetime,
    timing: Timing,
    at_hand: AtHand | None = None,
) -> None:
    """Offer the head of each of these lanes; most have none."""
    for person in taken(tx, department, people):
        offer_next(tx, department, person, at, timing, at_hand)


def taken(tx: Connection, department: str, people: Collection[str]) -> Collection[str]:
    """Keep these lanes to ourselves until the commit, and say whose have anything open."""
    lanes = {"department": department, "people": each(people)}
    if tx.dialect.name == "postgresql":
        _HOLD_ALL.run(tx, lanes)
    return {person for (person,) in _BEHIND.all(tx, lanes)}


def _offer_unless(tx: Connection, head: Delivered, at: datetime, timing: Timing, *, alone: bool) -> bool:
    """Offer it, unless one of the lane is on its way; says whether it was."""
    lane = {"department": head.department, "person": head.person}
    if head.jump == URGENT:
        if _BEING_SENT.one(tx, lane) is not None:
            return False
        _STEP_BACK.run(tx, lane)
    elif not alone and _ON_ITS_WAY.one(tx, lane) is not None:
        return False
    _offer(tx, head, at, timing)
    return True


def _waits(tx: Connection, head: Delivered, held_until: int | None, now: int | None) -> bool:
    """Whether it waits for a later moment: its own, or its department's; the sweeper comes back then."""
    own = instant(head.not_before) or 0
    until = max(own, held_until or 0) if head.jump < URGENT else own
    if now is None or until <= now:
        return False
    _LATER.run(tx, {"id": head.id, "due": until})
    return True


def _offer(tx: Connection, row: Delivered, at: datetime, timing: Timing) -> None:
    # The older, the rarer: a department that is closed for a week is not sent a copy a minute.
    since = max(row.opened_at, row.not_before) if row.not_before else row.opened_at
    again: datetime | None = at + max(timing.republish_after, at - since)
    standing, attempts = Standing.WAITING, row.attempts
    hand_over = HandOver(row.hand_over)
    if hand_over is not HandOver.CALLED:
        standing, attempts = Standing.HANDED_OVER, row.attempts + 1
        begin_attempt(tx, row.number, attempts, at)
    if hand_over is HandOver.COLLECTS:
        again = None
    elif hand_over is HandOver.SUBSCRIBES or row.jump == BY_TOPIC:
        _PUBLISH.run(tx, {"topic": timing.department_topic(row.department), "id": row.id})
    first = row.first_tried_at or (at if standing is Standing.HANDED_OVER else None)
    said = {"id": row.id, "standing": standing.value, "due": instant(again)}
    _OFFERED.run(tx, said | {"attempts": attempts, "first": instant(first), "jump": row.jump})


def offer_due(tx: Connection, at: datetime, timing: Timing, most: int = 500) -> int:
    """Offer again what is due: what waited for its hour, and what Kafka or a back office seems to have lost."""
    seen: set[tuple[str, str]] = set()
    for found in _due(tx, instant(at), most):
        row, (held_until, breaker, next_probe) = read(found), found[-3:]
        if (row.department, row.person) in seen:
            continue  # what was done for the other one of its lane may concern it: it is read anew at the next look
        seen.add((row.department, row.person))
        if row.called_off_at is not None and row.standing == Standing.HANDED_OVER:
            # Taken back since: published again, it could come after its own withdrawal.
            call_off(tx, row, WITHDRAWN, "Called off: it was taken back. What may have arrived is undone.", at)
            offer_next(tx, row.department, row.person, at, timing)
        elif row.standing in (Standing.RETRYING, Standing.PARKED):
            _retry(tx, row, at, timing, is_open=breaker == "open", next_probe=next_probe)
        elif row.standing == Standing.WAITING and not row.released:
            _LATER.run(tx, {"id": row.id, "due": None})
            offer_next(tx, row.department, row.person, at, timing)
        elif row.jump < URGENT and _keeps(breaker, next_probe, held_until, instant(at) or 0):
            # What lies on its topic lies there still: its partitions are paused.
            _LATER.run(tx, {"id": row.id, "due": instant(at + max(timing.republish_after, at - row.opened_at))})
        else:
            _offer(tx, row, at, timing)
    return len(seen)


def _due(tx: Connection, now: int | None, most: int) -> Sequence[tuple[Any, ...]]:
    """What is due. Where others write too its lanes are ours until the commit, and it is read anew in them."""
    said = {"now": now, "most": most}
    rows = _DUE.all(tx, said)
    if not rows or tx.dialect.name != "postgresql":
        return rows
    lanes: dict[str, set[str]] = {}
    for row in map(read, rows):
        lanes.setdefault(row.department, set()).add(row.person)
    for department, people in sorted(lanes.items()):
        _HOLD_ALL.run(tx, {"department": department, "people": each(people)})
    anew = ((found, read(found)) for found in _STILL_DUE.all(tx, said))
    return [found for found, row in anew if row.person in lanes.get(row.department, ())]


def _keeps(breaker: str | None, next_probe: int | None, held_until: int | None, now: int) -> bool:
    """Whether a department's topic is not read now. A probe that is due and not sent has nothing there to ask with."""
    return (breaker == "open" and (next_probe or 0) > now) or (held_until or 0) > now


def _retry(
    tx: Connection, row: Delivered, at: datetime, timing: Timing, *, is_open: bool, next_probe: int | None
) -> None:
    """A retry stands in line again; while its department is known to be ill it would only be put aside once more."""
    now = instant(at) or 0
    waits = is_open and row.hand_over == HandOver.CALLED and row.jump < URGENT
    # When a probe is due it needs something to ask with: what is on the topic, or else this.
    if waits and next_probe is not None and next_probe > now:
        _LATER.run(tx, {"id": row.id, "due": next_probe})
        return
    jump = row.jump if row.standing == Standing.RETRYING else max(row.jump, STRAIGHT)
    _STAND_IN_LINE.run(tx, {"id": row.id, "jump": jump})
    offer_next(tx, row.department, row.person, at, timing)


def _supersede(tx: Connection, stuck: Delivered, at: datetime) -> bool:
    """Call a stuck delivery off where a later one of its kind waits behind it: the later says all that it said."""
    said = {"department": stuck.department, "person": stuck.person, "kind": stuck.kind, "seq": stuck.seq}
    if _SUCCESSOR.one(tx, said) is None:
        return False
    call_off(tx, stuck, SUPERSEDED, "Called off: a later one of its kind takes its place.", at)
    return True


def call_off(tx: Connection, row: Delivered, reason: str, said: str, at: datetime, actor: str = "broker") -> bool:
    """Call one delivery off on the record; False where it is no longer open. Offer its lane afterwards."""
    if _CALL_OFF.count(tx, {"id": row.id, "reason": reason}) != 1:
        return False
    note_delivery_step(tx, row, at, "deliver", said)
    note_audit(tx, at, actor, "delivery.cancelled", row.id, reason)
    return True


_STRAIGHT = Statement(
    "SELECT id, jump FROM delivery WHERE department = :department AND jump > 0 AND standing = 'waiting'"
    " AND released ORDER BY jump DESC, seq LIMIT :most"
)


def straight_to(tx: Connection, department: str, most: int) -> Sequence[tuple[str, int]]:
    """What goes to this department's engine without its topic: ids and their jump, the urgent first."""
    rows: Sequence[Any] = _STRAIGHT.all(tx, {"department": department, "most": most})
    return rows
