"""Searching the audit: who did what about which notification, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from broker.tables import audit, delivery, event
from schemas.today import LONDON

#: what the named team does about protected people: only the team itself may read it
TEAM_ONLY: Final = "protected."
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What an auditor looks for; what is left empty is not asked."""

    #: a notification's reference, or an id as the audit has it
    about: str = ""
    actor: str = ""
    #: a code such as review.same, or how it begins
    what: str = ""
    first: date | None = None
    last: date | None = None
    #: whether what the protection team did may be told of
    of_the_team: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the audit."""

    number: int
    at: datetime
    actor: str
    what: str
    about: str
    #: the notification that it was about, if it was about one
    reference: str | None
    said: str


def entries(sought: Sought, most: int, before: int | None = None) -> Callable[[Connection], list[Entry]]:
    """The newest lines that fit, older than the line ``before``."""

    def query(tx: Connection) -> list[Entry]:
        wanted = select(audit).where(*_conditions(tx, sought)).order_by(audit.c.id.desc()).limit(most)
        rows = tx.execute(wanted if before is None else wanted.where(audit.c.id < before)).all()
        references = _references(tx, [row.about for row in rows])
        return [
            Entry(
                number=row.id,
                at=row.at,
                actor=row.actor,
                what=row.what,
                about=row.about,
                reference=references.get(row.about),
                said=row.said or "",
            )
            for row in rows
        ]

    return query


def _conditions(tx: Connection, sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.about:
        found.append(audit.c.about.in_(_about(tx, sought.about)))
    if sought.actor:
        found.append(audit.c.actor == sought.actor)
    if sought.what:
        found.append(audit.c.what.startswith(sought.what, autoescape=True))
    if sought.first is not None:
        found.append(audit.c.at >= _midnight(sought.first))
    if sought.last is not None:
        found.append(audit.c.at < _midnight(sought.last + _DAY))
    if not sought.of_the_team:
        found.append(~audit.c.what.startswith(TEAM_ONLY))
    return found


def _about(tx: Connection, said: str) -> list[str]:
    """The ids that a reference stands for: its notification's, and those of its deliveries."""
    event_id = tx.execute(select(event.c.id).where(event.c.reference == said.upper())).scalar()
    if event_id is None:
        return [said]
    return [event_id, *tx.execute(select(delivery.c.id).where(delivery.c.event_id == event_id)).scalars()]


def _references(tx: Connection, abouts: Sequence[str]) -> dict[str, str]:
    ids = sorted(set(abouts))
    if not ids:
        return {}
    found: dict[str, str] = {}
    for batch in (ids[at : at + 500] for at in range(0, len(ids), 500)):
        events = select(event.c.id, event.c.reference).where(event.c.id.in_(batch))
        joined = select(delivery.c.id, event.c.reference).join(event, event.c.id == delivery.c.event_id)
        found |= {row.id: row.reference for row in tx.execute(events)}
        found |= {row.id: row.reference for row in tx.execute(joined.where(delivery.c.id.in_(batch)))}
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)
