"""Claims on review cases: which reviewer has which case for now, and why they opened it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, or_, select, update

from broker.notifications import note_audit
from broker.reviews import reviews
from broker.reviews.reviews import ReviewRefused
from broker.tables import audit, review

#: how far back the audit is read for the reason of a claim: a claim that still holds is among the latest
_LATEST: Final = 100_000


def claims(at: datetime) -> Callable[[Connection], dict[str, str]]:
    """Who has which case now, by the notification's id."""
    wanted = select(review.c.event_id, review.c.claimed_by).where(
        review.c.settled_at.is_(None), review.c.claimed_until > at
    )
    return lambda tx: {row.event_id: row.claimed_by for row in tx.execute(wanted)}


def claim(reference: str, actor: str, reason: str, at: datetime, lasts: timedelta) -> Callable[[Connection], bool]:
    """Give a reviewer this very case for a while; the audit has the reason. False where it does not wait.

    Raises ReviewRefused where a colleague has it, or where they were its first reader themselves.
    """

    def unit(tx: Connection) -> bool:
        waiting = reviews.find(tx, reference)
        if waiting is None:
            return False
        if waiting.first_by == actor:
            raise ReviewRefused("You have read this case. A second reader must be somebody else.")
        free = or_(review.c.claimed_until.is_(None), review.c.claimed_until <= at, review.c.claimed_by == actor)
        mine = update(review).where(review.c.event_id == waiting.event_id, free)
        if tx.execute(mine.values(claimed_by=actor, claimed_until=at + lasts)).rowcount == 0:
            raise ReviewRefused("A colleague has this case now. Take the next one.")
        note_audit(tx, at, actor, "review.claimed", waiting.event_id, reason[:200])
        return True

    return unit


def reason_of(event_id: str, actor: str, at: datetime) -> Callable[[Connection], str | None]:
    """Why this reviewer opened the case that is theirs now; none where it is not theirs."""

    def query(tx: Connection) -> str | None:
        if claims(at)(tx).get(event_id) != actor:
            return None
        newest = tx.execute(select(func.max(audit.c.id))).scalar() or 0
        said = select(audit.c.said).where(
            audit.c.id > newest - _LATEST,
            audit.c.about == event_id,
            audit.c.actor == actor,
            audit.c.what == "review.claimed",
        )
        return tx.execute(said.order_by(audit.c.id.desc()).limit(1)).scalar() or "The case was claimed."

    return query
