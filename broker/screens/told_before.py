"""Told before: what an adviser must look at first, as the same event of the same person, or open ones of who has died."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from broker.ports import Broker
from broker.screens.drafts import Draft
from broker.standing import AT_REST, Progress
from broker.tables import delivery, event
from schemas.bereavement import Bereavement
from schemas.withdrawal import Withdrawal

_RECENT: Final = timedelta(days=30)
#: of a person who has died: more are not read out on the telephone
_MOST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBefore:
    """Something that was told of the same person: the same kind lately, or another kind that is still open."""

    reference: str
    kind: str
    told_at: datetime
    #: how the council was told, as in phone or registrar; "not_said" where the event does not say
    channel: str


async def told_before(draft: Draft, broker: Broker) -> tuple[ToldBefore, ...]:
    """What was told of the person of a draft and is neither stopped, withdrawn nor corrected since, the latest first.

    Nothing is told of a person who was described, nor of one whom only a named team may know: neither can be chosen.
    """
    if draft.said.person is None or draft.said.corrects is not None:
        return ()
    return await broker.store.read(_of(draft.said.person, draft.kind, broker.now()))


async def not_looked_at(draft: Draft, broker: Broker) -> tuple[ToldBefore, ...]:
    """What of it the adviser has not said yet that they have looked at."""
    found = await told_before(draft, broker)
    return tuple(one for one in found if one.reference not in draft.said.looked_at)


def _of(person: str, kind: str, now: datetime) -> Callable[[Connection], tuple[ToldBefore, ...]]:
    later = event.alias()
    undone = select(later.c.seq).where((later.c.withdraws == event.c.id) | (later.c.corrects == event.c.id))
    wanted = (
        select(event.c.reference, event.c.kind, event.c.recorded_at, event.c.body)
        .where(event.c.person == person, event.c.progress != Progress.REJECTED, ~undone.exists())
        .where(_matters(kind, now))
        .order_by(event.c.seq.desc())
        .limit(_MOST)
    )

    def query(tx: Connection) -> tuple[ToldBefore, ...]:
        rows: Sequence[Any] = tx.execute(wanted).all()
        return tuple(
            ToldBefore(
                reference=row.reference,
                kind=row.kind,
                told_at=row.recorded_at,
                channel=orjson.loads(row.body).get("channel", "not_said"),
            )
            for row in rows
        )

    return query


def _matters(kind: str, now: datetime) -> ColumnElement[bool]:
    same = and_(event.c.kind == kind, event.c.recorded_at > now - _RECENT)
    if kind != Bereavement.kind:
        return same
    going_on = select(delivery.c.id).where(delivery.c.event_id == event.c.id, delivery.c.standing.not_in(AT_REST))
    waits = event.c.progress.in_((Progress.RECEIVED, Progress.HELD, Progress.STUCK))
    return or_(same, and_(event.c.kind.not_in((kind, Withdrawal.kind)), or_(waits, going_on.exists())))
