"""Revising: a delivery that failed is sent in another wording, as a new revision; the old one is never sent again.

The new revision has a delivery id of its own. So it is only made where no back office can have acted on the old one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import Connection, Row, select, update

from broker import ids, joining, ledger
from broker.adapter import Adapter, Behind, HandOver
from broker.decision import Delivery
from broker.lanes import SUPERSEDED
from broker.notifications import note_audit, note_delivery_step
from broker.ports import Broker
from broker.replays.rewording import as_revision, disclosed_in
from broker.standing import Standing
from broker.tables import attempt, delivery
from schemas.problems import Invalid, Problem, problems_of

#: what ties a letter to its person, its place and its revision: nobody's to change
BINDING = frozenset({"person", "revision", "sequence"})
_NOBODY_KNOWS = "nobody knows whether it was acted on, so only the same letter may be sent again"


def edited(row: Row[Any], changes: Mapping[str, Any], adapter: Adapter) -> bytes:
    """The letter with some fields of its disclosure changed; None takes one away. Raises Invalid, without values."""
    telling = adapter.telling_of(row.kind)
    if telling is None:
        raise Invalid((Problem(field="", code="not_told", message="The department is not told of such events."),))
    if not row.letter:
        raise Invalid((Problem(field="", code="never_written", message="Nothing was written that could be edited."),))
    if unknown := sorted(set(changes) - (set(telling.sees.model_fields) - BINDING)):
        known = ", ".join(name for name in telling.sees.model_fields if name not in BINDING)
        message = f"Of this letter you can change: {known}."
        raise Invalid(tuple(Problem(field=_plain(name), code="not_disclosed", message=message) for name in unknown))
    wanted = {**disclosed_in(row.letter), **changes}
    try:
        said = telling.sees.model_validate_json(
            orjson.dumps({name: value for name, value in wanted.items() if value is not None})
        )
    except ValidationError as error:
        raise Invalid(problems_of(error)) from None
    return revision_of(row, row.letter, said.model_dump(mode="json", exclude_none=True))


def _plain(name: str) -> str:
    # A field that is not known could be anything, also somebody's name.
    return name if name.replace("_", "").isalpha() and name.islower() and len(name) <= 40 else "(a field)"


def revision_of(row: Row[Any], letter: bytes, said: Mapping[str, Any] | None = None) -> bytes:
    """A letter as the next revision of this delivery."""
    return as_revision(letter, id=next_id(row), revision=row.revision + 1, said=said)


def next_id(row: Row[Any]) -> str:
    """The delivery id of the next revision."""
    return str(ids.delivery_id(UUID(row.event_id), row.department, row.revision + 1))


def may_be_revised(tx: Connection, row: Row[Any]) -> str | None:
    """None where another wording may be sent; else why not."""
    if row.standing in (Standing.SENDING, Standing.HANDED_OVER):
        return "it is with the back office just now"
    if row.standing == Standing.UNKNOWN or _unheard(tx, row.number):
        return _NOBODY_KNOWS
    return None


def _unheard(tx: Connection, number: int) -> bool:
    """Whether a try went unanswered after the last time that the back office said no."""
    tried: Sequence[Row[Any]] = tx.execute(
        select(attempt.c.heard).where(attempt.c.delivery_number == number).order_by(attempt.c.n.desc())
    ).all()
    for each in tried:
        if each.heard == "refused":
            return False
        if each.heard in ("unheard", None):
            return True
    return False


def supersede(tx: Connection, row: Row[Any], letter: bytes, because: str, at: datetime, broker: Broker) -> str:
    """Put the new revision in the old one's place, in one commit. Returns its delivery id.

    ``because`` is for the audit: who asked for it is written by whoever replays.
    """
    made = next_id(row)
    tx.execute(
        update(delivery)
        .where(delivery.c.id == row.id)
        .values(
            standing=Standing.CANCELLED,
            outcome=None,
            reason=SUPERSEDED,
            question=None,
            due_at=None,
            settled_at=at,
            claimed_by=None,
            claimed_until=None,
        )
    )
    note_audit(tx, at, "broker", "delivery.superseded", row.id, f"by {made}: {because}"[:255])
    note_delivery_step(tx, row, at, "deliver", "Called off: a new revision takes its place.")
    revised = Delivery(
        id=made,
        event_id=row.event_id,
        department=row.department,
        revision=row.revision + 1,
        person=row.person,
        seq=row.seq,
        kind=row.kind,
        hand_over=HandOver(row.hand_over),
        letter=letter,
        behind=Behind(row.behind),
        jump=row.jump,
    )
    ledger.open_deliveries(tx, joining.in_their_lanes(tx, [revised]), at, broker.timing)
    return made
