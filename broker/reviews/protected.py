"""What the protection team sees: notifications about people who are known to it alone. Everybody else sees nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from broker.notifications import note_audit, notification_of
from broker.person import Match, Matched, Unsure
from broker.ports import Broker
from broker.reviews.reviewing import Case, beside
from broker.reviews.tables import protected_match
from broker.tables import event


@dataclass(frozen=True, slots=True, kw_only=True)
class ForTheTeam:
    """One notification that is, or could be, about somebody protected. No personal data."""

    event_id: str
    reference: str
    kind: str
    #: matched or unsure
    sure: str
    because: str
    opened_at: datetime
    candidates: tuple[str, ...]
    taken_by: str | None


def open_for_the_team(tx: Connection, event_id: str, match: Match, at: datetime) -> None:
    """Tell the team, and nobody else; what one of them has taken stays theirs when it is judged again."""
    mine = protected_match.c.event_id == event_id
    before = tx.execute(select(protected_match).where(mine)).one_or_none()
    people = [match.person] if isinstance(match, Matched) else match.candidates if isinstance(match, Unsure) else []
    tx.execute(delete(protected_match).where(mine))
    row = {
        "event_id": event_id,
        "candidates": orjson.dumps([person.id for person in people]).decode(),
        "sure": "matched" if isinstance(match, Matched) else "unsure",
        "because": match.because,
        "opened_at": before.opened_at if before else at,
        "taken_by": before.taken_by if before else None,
        "taken_at": before.taken_at if before else None,
    }
    tx.execute(insert(protected_match), row)


_LIST = (
    select(protected_match, event.c.reference, event.c.kind)
    .join(event, event.c.id == protected_match.c.event_id)
    .order_by(protected_match.c.opened_at, protected_match.c.event_id)
)


def listed(most: int = 200) -> Callable[[Connection], list[ForTheTeam]]:
    """What nobody of the team has taken yet, the longest-standing first."""
    wanted = _LIST.where(protected_match.c.taken_at.is_(None)).limit(most)
    return lambda tx: [_for_the_team(row) for row in tx.execute(wanted)]


async def look(reference: str, actor: str, reason: str, broker: Broker) -> Case | None:
    """Show the team one notification beside its records; the audit has who looked, and why, first."""

    def noted(tx: Connection) -> ForTheTeam | None:
        return _noted(tx, reference, actor, reason, "protected.shown", broker.now())

    found = await broker.store.write(noted)
    if found is None:
        return None
    query = select(event).where(event.c.id == found.event_id)
    told = await broker.store.read(lambda tx: notification_of(tx.execute(query).one()))
    [people] = await broker.directory.candidates_of([told.event.subject])
    return Case(
        reference=found.reference,
        kind=found.kind,
        because=found.because,
        waits_for=broker.choices.protection_team,
        records=beside(told.event.subject, [one for one in people if one.id in found.candidates]),
    )


def take(reference: str, actor: str, reason: str, at: datetime) -> Callable[[Connection], bool]:
    """One of the team takes care of it; False where there is no such notification, or somebody has it already."""

    def unit(tx: Connection) -> bool:
        found = _noted(tx, reference, actor, reason, "protected.taken", at)
        if found is None:
            return False
        mine = protected_match.c.event_id == found.event_id
        free = update(protected_match).where(mine, protected_match.c.taken_at.is_(None))
        return tx.execute(free.values(taken_by=actor, taken_at=at)).rowcount == 1

    return unit


def _noted(tx: Connection, reference: str, actor: str, reason: str, what: str, at: datetime) -> ForTheTeam | None:
    row = tx.execute(_LIST.where(event.c.reference == reference)).one_or_none()
    if row is None:
        return None
    note_audit(tx, at, actor, what, row.event_id, reason[:200])
    return _for_the_team(row)


def _for_the_team(row: Row[Any]) -> ForTheTeam:
    return ForTheTeam(
        event_id=row.event_id,
        reference=row.reference,
        kind=row.kind,
        sure=row.sure,
        because=row.because,
        opened_at=row.opened_at,
        candidates=tuple(orjson.loads(row.candidates)),
        taken_by=row.taken_by,
    )
