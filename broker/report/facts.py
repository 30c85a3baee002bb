"""What a report is made from: one line for each notification and each delivery, with no personal data in either."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, select

from broker.report.wards import Wards
from broker.tables import delivery, event

#: a telling within this time of another about the same change is a repeat contact
REPEATED_WITHIN = timedelta(days=10)
NOT_SAID = "not said"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFact:
    """One notification, as a report knows it."""

    id: str
    kind: str
    channel: str
    ward: str
    #: a person of the directory by their random id, or None where nobody was matched
    person: str | None
    recorded_at: datetime
    #: it corrects or withdraws an earlier one: part of that contact, not a new one
    amends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFact:
    """One department told of one notification."""

    event_id: str
    department: str
    standing: str
    outcome: str | None
    opened_at: datetime
    settled_at: datetime | None


def told_between(tx: Connection, began: datetime, ended: datetime, wards: Wards) -> Iterator[ToldFact]:
    """Every notification written down in this time, oldest first."""
    columns = (event.c.id, event.c.kind, event.c.body, event.c.person, event.c.recorded_at)
    amends = (event.c.corrects, event.c.withdraws)
    wanted = select(*columns, *amends).where(event.c.recorded_at >= began, event.c.recorded_at < ended)
    for row in tx.execution_options(yield_per=500).execute(wanted.order_by(event.c.recorded_at)):
        said = orjson.loads(row.body)
        address = (said.get("subject") or {}).get("address") or said.get("new_address") or {}
        yield ToldFact(
            id=row.id,
            kind=row.kind,
            channel=said.get("channel") or NOT_SAID,
            ward=wards.of(address.get("postcode")),
            person=row.person,
            recorded_at=row.recorded_at,
            amends=bool(row.corrects or row.withdraws),
        )


def deliveries_between(tx: Connection, began: datetime, ended: datetime) -> Iterator[DeliveryFact]:
    """Every delivery of the notifications written down in this time; of several revisions, the last."""
    columns = (
        delivery.c.event_id,
        delivery.c.department,
        delivery.c.revision,
        delivery.c.standing,
        delivery.c.outcome,
        delivery.c.opened_at,
        delivery.c.settled_at,
    )
    wanted = (
        select(*columns)
        .join(event, event.c.id == delivery.c.event_id)
        .where(event.c.recorded_at >= began, event.c.recorded_at < ended)
        .order_by(delivery.c.event_id, delivery.c.department, delivery.c.revision)
    )
    last: DeliveryFact | None = None
    for row in tx.execution_options(yield_per=500).execute(wanted):
        fact = DeliveryFact(
            event_id=row.event_id,
            department=row.department,
            standing=row.standing,
            outcome=row.outcome,
            opened_at=row.opened_at,
            settled_at=row.settled_at,
        )
        if last is not None and (last.event_id, last.department) != (fact.event_id, fact.department):
            yield last
        last = fact
    if last is not None:
        yield last
