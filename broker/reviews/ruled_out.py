"""Ruled out: people whom a colleague has said a notification is not about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from broker.reviews.tables import not_person
from broker.rows import insert_if_new


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingOut:
    """Who says so, and why, in words without personal details."""

    by: str
    because: str
    at: datetime


def rule_out(tx: Connection, event_id: str, people: Iterable[str], saying: RulingOut) -> None:
    """This notification is not about these people, whatever their records say."""
    for person in people:
        row = {"event_id": event_id, "person": person, "by": saying.by, "because": saying.because, "at": saying.at}
        insert_if_new(tx, not_person, row)


def not_about(tx: Connection, event_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Notification to the people whom it is not about; without an entry for most."""
    ruled: dict[str, frozenset[str]] = {}
    if event_ids:
        wanted = select(not_person.c.event_id, not_person.c.person).where(not_person.c.event_id.in_(event_ids))
        for row in tx.execute(wanted):
            ruled[row.event_id] = ruled.get(row.event_id, frozenset()) | {row.person}
    return ruled
