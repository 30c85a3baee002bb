"""Planning a replay: what would be sent, what would be left and why, and what a letter made now would say otherwise.

Nothing is changed but that the plan is kept. The selection is frozen here: what fails later is not part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from broker import ledger
from broker.adapter import CrashMode, HandOver
from broker.department_tables import department_state
from broker.failures.failures import Failure, Wanted, find, listing
from broker.notifications import LIFE_EVENTS
from broker.ports import Broker
from broker.replays import revising
from broker.replays import runs as replay_runs
from broker.replays.differences import differences
from broker.replays.kept import keep_plan
from broker.replays.plan import (
    Plan,
    PlannedItem,
    differing,
    digest_of,
    left,
    needs_second,
    seconds_for,
    skipping,
    staged,
)
from broker.replays.replaying import Order, judge
from broker.replays.rewording import NotWorded, Now, Worded, disclosed_in, worded_now
from broker.tables import attempt, delivery
from schemas.problems import Invalid, Problem

#: failures in one plan at most; a second plan takes the rest
LARGEST = 20_000
_RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be replayed, and how."""

    #: named one by one; else whatever is wanted
    ids: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    #: letters are written anew by the adapters as they are now; what is different goes as a new revision
    now_sent: bool = False
    #: under a new delivery id though the letter may be the same: a back office may remember that it refused the old one
    new_revision: bool = False
    #: one delivery, with these fields of its disclosure changed; personal data
    edit: Mapping[str, Any] | None = None
    #: say what a letter made now would say otherwise
    compare: bool = True
    #: a client of one department reaches no other's
    only_department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What else goes on: failures that a run has, and departments that are paused."""

    taken: Mapping[str, str]
    paused: frozenset[str]


async def make_plan(selection: Selection, order: Order, broker: Broker, *, keep: bool = True) -> Plan:
    """Make a plan, and keep it unless it is a dry run.

    Raises Invalid for an edit that does not fit, StoreUnavailable or DirectoryUnavailable.
    """
    _check(selection, order)
    items = await broker.store.read(lambda tx: _looked_at(tx, selection, order, broker))
    if selection.edit is not None:
        items = await broker.store.read(lambda tx: [_edited(tx, items[0], selection.edit or {}, broker)])
    elif selection.compare:
        items = await _compared(items, selection, broker)
    plan = await broker.store.read(lambda tx: _plan(tx, staged(items), order, broker))
    return await broker.store.write(keep_plan(plan, staged(items))) if keep else plan


def _check(selection: Selection, order: Order) -> None:
    if not 0 < len(order.reason.strip()) <= 200 or any(ord(sign) < 32 for sign in order.reason):
        raise Invalid((Problem(field="reason", code="bad_reason", message="Say why, in at most 200 characters."),))
    if selection.edit is not None and len(selection.ids) != 1:
        raise Invalid((Problem(field="ids", code="one_id", message="Edit one delivery at a time."),))


def _looked_at(tx: Connection, selection: Selection, order: Order, broker: Broker) -> list[PlannedItem]:
    paused = paused_departments(tx, broker.now())
    if selection.ids:
        around = _Around(taken=replay_runs.taken_by(tx, selection.ids), paused=paused)
        return [_named(tx, each, selection, around, order, broker) for each in dict.fromkeys(selection.ids)]
    wanted = selection.wanted
    if selection.only_department is not None:
        wanted = replace(wanted, department=selection.only_department)
    found = listing(tx, wanted, LARGEST)
    around = _Around(taken=replay_runs.taken_by(tx, [failure.id for failure in found]), paused=paused)
    return [_item(tx, failure, around, order, broker) for failure in found]


def _named(
    tx: Connection, failure_id: str, selection: Selection, around: _Around, order: Order, broker: Broker
) -> PlannedItem:
    failure = find(tx, failure_id)
    if failure is not None and selection.only_department not in (None, failure.department):
        return left(failure_id, "not for this role: it is not a failure of its own department", broker.now())
    if failure is None:
        judged = judge(tx, failure_id, force=order.force, life_events=broker.topic(LIFE_EVENTS))
        return left(failure_id, judged.because if judged else "nothing fails under this id", broker.now())
    return _item(tx, failure, around, order, broker)


def _item(tx: Connection, failure: Failure, around: _Around, order: Order, broker: Broker) -> PlannedItem:
    row: Any = None if failure.department is None else ledger.find(tx, failure.id)
    return PlannedItem(
        failure_id=failure.id,
        cause=failure.cause,
        department=failure.department,
        sequence_of=row.person if row is not None else failure.id,
        seq=row.seq if row is not None else 0,
        failed_at=failure.failed_at,
        because=_because(tx, failure, around, order, broker),
    )


def _because(tx: Connection, failure: Failure, around: _Around, order: Order, broker: Broker) -> str | None:
    if failure.id in around.taken:
        return around.taken[failure.id]
    if failure.department is not None and broker.adapter(failure.department) is None:
        return "no adapter speaks to this department here"
    if failure.department in around.paused:
        return "this department is paused: resume it first"
    judged = judge(tx, failure.id, force=order.force, life_events=broker.topic(LIFE_EVENTS))
    return judged.because if judged else None


def paused_departments(tx: Connection, now: datetime) -> frozenset[str]:
    """Departments that an operator has paused."""
    until = department_state.c.paused_until
    still = department_state.c.paused_since.is_not(None) & (until.is_(None) | (until > now))
    return frozenset(tx.execute(select(department_state.c.department).where(still)).scalars())


def _edited(tx: Connection, item: PlannedItem, changes: Mapping[str, Any], broker: Broker) -> PlannedItem:
    row: Any = ledger.find(tx, item.failure_id)
    adapter = broker.adapter(row.department) if row is not None else None
    if row is None or adapter is None:
        return replace(item, because=item.because or "only a delivery can be edited")
    return _revised(tx, item, row, revising.edited(row, changes, adapter))


def _revised(
    tx: Connection,
    item: PlannedItem,
    row: Any,  # noqa: ANN401 - a row
    letter: bytes,
    *,
    always: bool = False,
) -> PlannedItem:
    changes = differences(_wording(row.letter), _wording(letter))
    if not changes and not always:
        return item
    because = item.because or revising.may_be_revised(tx, row)
    return replace(item, because=because, changes=changes, letter=letter, new_id=revising.next_id(row))


def _wording(letter: bytes) -> dict[str, Any]:
    """What a letter discloses, but for the number of the wording itself."""
    return {name: value for name, value in disclosed_in(letter).items() if name != "revision"}


async def _compared(items: Sequence[PlannedItem], selection: Selection, broker: Broker) -> list[PlannedItem]:
    going = [item.failure_id for item in items if item.because is None and item.department is not None]
    now = await worded_now(going, broker)
    return await broker.store.read(
        lambda tx: [
            _compare(tx, item, now[item.failure_id], selection) if item.failure_id in now else item for item in items
        ]
    )


def _compare(tx: Connection, item: PlannedItem, now: Now, selection: Selection) -> PlannedItem:
    row: Any = ledger.find(tx, item.failure_id)
    match now:
        case Worded() if selection.now_sent:
            return _revised(tx, item, row, revising.revision_of(row, now.letter), always=selection.new_revision)
        case NotWorded(because=because) if selection.now_sent:
            return replace(item, because=because)
        case Worded() if not selection.new_revision:
            return replace(item, changes=differences(_wording(row.letter), _wording(now.letter)))
        case _ if selection.new_revision:
            return _revised(tx, item, row, revising.revision_of(row, row.letter), always=True)
    return item


def _plan(tx: Connection, items: Sequence[PlannedItem], order: Order, broker: Broker) -> Plan:
    going = [item for item in items if item.because is None]
    departments = sorted({item.department for item in going if item.department is not None})
    before = replay_runs.replayed_alone(tx, order.actor, broker.now() - _RECENT)
    sequences = [item.stage for item in {item.sequence: item for item in going}.values()]
    return Plan(
        id=None,
        digest=digest_of(items),
        made_by=order.actor[:64],
        made_at=broker.now(),
        reason=order.reason,
        force=order.force,
        looked_at=len(items),
        goes_on=len(going),
        persons=len({item.sequence_of for item in going}),
        departments=tuple(departments),
        skipped=skipping(items),
        differences=differing(going),
        revisions=sum(item.letter is not None for item in going),
        stages=tuple(sequences.count(stage) for stage in sorted(set(sequences))),
        seconds=seconds_for(going, broker.replays, _measured(tx, departments, broker.now())),
        second_person=needs_second(items, held_departments(broker), broker.replays, before),
    )


def held_departments(broker: Broker) -> tuple[str, ...]:
    """Departments that are called and cannot tell a repeat: a person decides there."""
    return tuple(
        adapter.department
        for adapter in broker.adapters
        if adapter.hand_over is HandOver.CALLED and adapter.crash_mode is CrashMode.HOLD
    )


def _measured(tx: Connection, departments: Sequence[str], now: datetime) -> dict[str, float]:
    """How long an attempt took of late, in seconds, by department."""
    took = attempt.c.ended_at - attempt.c.started_at
    found: dict[str, float] = {}
    for department in departments:
        recent = select(took.label("took")).join_from(attempt, delivery, delivery.c.number == attempt.c.delivery_number)
        some = recent.where(delivery.c.department == department, attempt.c.ended_at >= now - _RECENT).limit(200)
        value = tx.execute(select(func.avg(some.subquery().c.took))).scalar()
        if value is not None:
            found[department] = float(value) / 1_000_000
    return found
