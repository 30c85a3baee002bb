"""Failures by cause: how many, how many people, since when, whether it grows, since which release, and whose it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, TextClause, and_, case, distinct, func, literal, select

from broker.failures.causes import Cause, group_id, normalised
from broker.failures.failures import FAILED_AT, FAILING, IS_PARKED, Wanted, cause_of, counted_deliveries
from broker.failures.notes import Note, notes
from broker.ports import utc_now
from broker.replays.releases import Release, releases, speaking_at
from broker.standing import Progress, Standing
from broker.tables import Instant, dead_letter, delivery, event

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Failures of one cause: one department, one kind of failure, one normalised reason."""

    #: its name, as in G-1A2B3C4D
    id: str
    cause: Cause
    department: str | None
    reason: str
    count: int
    persons: int
    #: when the first and the last of them failed
    first: datetime
    last: datetime
    #: since when the longest-standing has waited
    oldest: datetime
    #: how many failed in the last hour, and in the hour before
    last_hour: int
    hour_before: int
    #: the version of the department's adapter when the first failed
    release: str | None
    owner: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """The failures of one reason as the back office gave it."""

    cause: Cause
    department: str | None
    reason: str | None
    row: Any


def groups(tx: Connection, wanted: Wanted | None = None, now: datetime | None = None) -> list[Group]:
    """Every cause, or those that are wanted: the longest-standing first."""
    wanted, at = wanted or Wanted(), now or utc_now()
    by_group: dict[str, list[_Counted]] = {}
    for counted in _every(tx, wanted, at):
        by_group.setdefault(group_id(counted.cause, counted.department, counted.reason), []).append(counted)
    known, noted = releases(tx), notes(tx)
    found = [
        _group(tx, name, each, known, noted.get(name), wanted)
        for name, each in by_group.items()
        if wanted.group in (None, name)
    ]
    return sorted(found, key=lambda group: (group.oldest, group.id))


def _every(tx: Connection, wanted: Wanted, at: datetime) -> Iterator[_Counted]:
    if wanted.cause in (None, Cause.PARKED):
        yield from _deliveries(tx, wanted, at, IS_PARKED)
    if wanted.cause in (None, Cause.DEAD, Cause.UNKNOWN, Cause.REFUSED):
        yield from _deliveries(tx, wanted, at, FAILING)
    if wanted.cause in (None, Cause.STUCK) and wanted.department is None:
        yield from _stuck(tx, wanted, at)
    if wanted.cause in (None, Cause.UNREADABLE) and wanted.department is None and wanted.kind is None:
        yield from _unreadable(tx, wanted, at)


def _deliveries(tx: Connection, wanted: Wanted, at: datetime, which: TextClause) -> Iterator[_Counted]:
    of = (delivery.c.department, delivery.c.standing, delivery.c.reason)
    query = _count(counted_deliveries(*of, which=which), FAILED_AT, delivery.c.opened_at, delivery.c.person, at)
    for row in tx.execute(query.where(_among(wanted)).group_by(*of)):
        cause = cause_of(row.standing)
        if wanted.cause in (None, cause):
            yield _Counted(cause=cause, department=row.department, reason=row.reason, row=row)


def _among(wanted: Wanted) -> ColumnElement[bool]:
    said: list[ColumnElement[bool]] = []
    if wanted.department is not None:
        said.append(delivery.c.department == wanted.department)
    if wanted.kind is not None:
        said.append(delivery.c.kind == wanted.kind)
    return and_(literal(True), *said, *_said(wanted, delivery.c.reason, FAILED_AT))


def _said(wanted: Wanted, reason: Any, failed_at: Any) -> Iterable[ColumnElement[bool]]:  # noqa: ANN401 - columns
    if wanted.reason is not None:
        yield func.coalesce(reason, "not-said") == wanted.reason
    if wanted.since is not None:
        yield failed_at >= wanted.since
    if wanted.until is not None:
        yield failed_at < wanted.until


def _stuck(tx: Connection, wanted: Wanted, at: datetime) -> Iterator[_Counted]:
    query = _count(select(event.c.reason), event.c.recorded_at, event.c.recorded_at, event.c.id, at)
    query = query.where(event.c.progress == Progress.STUCK, *_said(wanted, event.c.reason, event.c.recorded_at))
    if wanted.kind is not None:
        query = query.where(event.c.kind == wanted.kind)
    for row in tx.execute(query.group_by(event.c.reason)):
        yield _Counted(cause=Cause.STUCK, department=None, reason=row.reason, row=row)


def _unreadable(tx: Connection, wanted: Wanted, at: datetime) -> Iterator[_Counted]:
    query = _count(select(dead_letter.c.reason), dead_letter.c.buried_at, dead_letter.c.buried_at, dead_letter.c.id, at)
    still = dead_letter.c.replayed_at.is_(None)
    query = query.where(still, *_said(wanted, dead_letter.c.reason, dead_letter.c.buried_at))
    for row in tx.execute(query.group_by(dead_letter.c.reason)):
        yield _Counted(cause=Cause.UNREADABLE, department=None, reason=row.reason, row=row)


def _count(query: Select[Any], failed_at: Any, since: Any, person: Any, at: datetime) -> Select[Any]:  # noqa: ANN401
    last, before = failed_at >= at - HOUR, and_(failed_at >= at - 2 * HOUR, failed_at < at - HOUR)
    return query.add_columns(
        func.count().label("how_many"),
        func.count(distinct(person)).label("persons"),
        func.min(failed_at, type_=Instant()).label("first"),
        func.max(failed_at, type_=Instant()).label("last"),
        func.min(since, type_=Instant()).label("oldest"),
        func.sum(case((last, 1), else_=0)).label("last_hour"),
        func.sum(case((before, 1), else_=0)).label("hour_before"),
    )


def _group(
    tx: Connection, name: str, each: list[_Counted], known: tuple[Release, ...], noted: Note | None, wanted: Wanted
) -> Group:
    one, first = each[0], min(counted.row.first for counted in each)
    return Group(
        id=name,
        cause=one.cause,
        department=one.department,
        reason=normalised(one.reason),
        count=sum(counted.row.how_many for counted in each),
        persons=one.row.persons if len(each) == 1 else _persons(tx, each, wanted),
        first=first,
        last=max(counted.row.last for counted in each),
        oldest=min(counted.row.oldest for counted in each),
        last_hour=sum(int(counted.row.last_hour) for counted in each),
        hour_before=sum(int(counted.row.hour_before) for counted in each),
        release=speaking_at(known, one.department, first),
        owner=noted.owner if noted else None,
        note=noted.note if noted else None,
    )


def _persons(tx: Connection, each: list[_Counted], wanted: Wanted) -> int:
    """People are counted once, though they have failures of the same cause in several wordings."""
    if each[0].department is None:
        return sum(counted.row.persons for counted in each)
    asked = counted_deliveries(func.count(distinct(delivery.c.person)), which=_which(each[0].cause)).where(
        _among(wanted),
        delivery.c.department == each[0].department,
        _standing(each[0].cause),
        func.coalesce(delivery.c.reason, "not-said").in_([counted.reason or "not-said" for counted in each]),
    )
    return int(tx.execute(asked).scalar_one())


def _which(cause: Cause) -> TextClause:
    return IS_PARKED if cause is Cause.PARKED else FAILING


def _standing(cause: Cause) -> ColumnElement[bool]:
    if cause is Cause.REFUSED:
        return delivery.c.standing.not_in((Standing.DEAD, Standing.UNKNOWN, Standing.PARKED))
    return delivery.c.standing == str(cause)  # their words are the standing's
