"""Runs of replays as they stand: read models for the command line, the API and the screens. Reading only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, and_, func, select

from broker.replays.differences import Difference
from broker.replays.tables import replay_item, replay_plan, replay_run

MOST = 200


class RunState(StrEnum):
    """Where a run is."""

    #: a second person must agree
    APPROVAL = "approval"
    RUNNING = "running"
    #: by an operator
    PAUSED = "paused"
    #: by itself: too many of a stage failed
    STOPPED = "stopped"
    #: by an operator, for good; what went stays
    CANCELLED = "cancelled"
    DONE = "done"


class ItemState(StrEnum):
    """Where one failure of a run is."""

    #: not sent yet
    PLANNED = "planned"
    #: put back on its way
    AWAY = "away"
    #: the department has it
    DELIVERED = "delivered"
    #: it failed again
    FAILED = "failed"
    #: left as it was, with the reason
    SKIPPED = "skipped"


RUN_CAPTIONS: dict[RunState, str] = {
    RunState.APPROVAL: "Waits for a second person",
    RunState.RUNNING: "Running",
    RunState.PAUSED: "Paused by an operator",
    RunState.STOPPED: "Stopped by itself: too many failed",
    RunState.CANCELLED: "Cancelled; what went stays sent",
    RunState.DONE: "Done",
}
ITEM_CAPTIONS: dict[ItemState, str] = {
    ItemState.PLANNED: "Not sent yet",
    ItemState.AWAY: "On its way",
    ItemState.DELIVERED: "The department has it",
    ItemState.FAILED: "Failed again",
    ItemState.SKIPPED: "Left as it was",
}
#: they go on at somebody's word alone, and keep what they hold from every other plan
WAITING = (RunState.APPROVAL, RunState.PAUSED, RunState.STOPPED)
#: they may still send something
ACTIVE = (RunState.RUNNING, *WAITING)
#: for whoever plans what a run has already
_STANDS: dict[str, str] = {
    RunState.APPROVAL: " and waits for a second person",
    RunState.PAUSED: " and is paused: resume or cancel it",
    RunState.STOPPED: " and has stopped: resume or cancel it",
}
STAGE_CAPTIONS = ("one", "ten", "a tenth", "the rest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a plan."""

    id: str
    plan: str
    digest: str
    state: RunState
    #: why it waits or stopped
    because: str | None
    reason: str
    planned_by: str
    started_by: str
    started_at: datetime
    approved_by: str | None
    ended_at: datetime | None
    #: which stage it is in, and how many there are, from one
    stage: int
    stages: int
    #: items by where they are
    planned: int
    away: int
    delivered: int
    failed: int
    skipped: int

    @property
    def went(self) -> int:
        """How many have been sent."""
        return self.away + self.delivered + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What became of one failure of a run."""

    n: int
    failure: str
    department: str | None
    state: ItemState
    because: str | None
    stage: int
    #: the delivery id of its new revision, where it was not sent as it was
    revision: str | None
    changes: tuple[Difference, ...]


_RUNS: Select[Any] = select(
    replay_run, replay_plan.c.digest, replay_plan.c.reason, replay_plan.c.made_by, replay_plan.c.said
).join(replay_plan, replay_plan.c.id == replay_run.c.plan_id)


def runs(tx: Connection, most: int = MOST) -> list[Run]:
    """The runs, the newest first; those that wait for somebody's word before all others."""
    in_order = (replay_run.c.state.in_(WAITING).desc(), replay_run.c.started_at.desc(), replay_run.c.id)
    rows = tx.execute(_RUNS.order_by(*in_order).limit(most)).all()
    return _read(tx, rows)


def run(tx: Connection, run_id: str) -> Run | None:
    """One run, by its own name or its plan's; None where there is none."""
    named = (replay_run.c.id == run_id.upper()) | (replay_run.c.plan_id == run_id.upper())
    found = _read(tx, tx.execute(_RUNS.where(named)).all())
    return found[0] if found else None


def _read(tx: Connection, rows: Sequence[Row[Any]]) -> list[Run]:
    counted: dict[str, dict[str, int]] = {}
    of = (replay_item.c.plan_id, replay_item.c.state)
    wanted = select(*of, func.count().label("n")).where(replay_item.c.plan_id.in_([row.plan_id for row in rows]))
    for row in tx.execute(wanted.group_by(*of)):
        counted.setdefault(row.plan_id, {})[row.state] = row.n
    return [_run(row, counted.get(row.plan_id, {})) for row in rows]


def _run(row: Row[Any], counted: dict[str, int]) -> Run:
    return Run(
        id=row.id,
        plan=row.plan_id,
        digest=row.digest,
        state=RunState(row.state),
        because=row.because,
        reason=row.reason,
        planned_by=row.made_by,
        started_by=row.started_by,
        started_at=row.started_at,
        approved_by=row.approved_by,
        ended_at=row.ended_at,
        stage=row.stage + 1,
        stages=max(1, len(orjson.loads(row.said)["stages"])),
        planned=counted.get(ItemState.PLANNED, 0),
        away=counted.get(ItemState.AWAY, 0),
        delivered=counted.get(ItemState.DELIVERED, 0),
        failed=counted.get(ItemState.FAILED, 0),
        skipped=counted.get(ItemState.SKIPPED, 0),
    )


def items(
    tx: Connection, plan_or_run: str, *, state: ItemState | None = None, after: int = -1, most: int = MOST
) -> list[Item]:
    """The items of a plan or a run in the order of replaying; ``after`` is the number of the last one seen."""
    named = plan_or_run.upper()
    plan = select(replay_run.c.plan_id).where(replay_run.c.id == named).scalar_subquery()
    query = select(replay_item).where(func.coalesce(plan, named) == replay_item.c.plan_id, replay_item.c.n > after)
    if state is not None:
        query = query.where(replay_item.c.state == state)
    return [_item(row) for row in tx.execute(query.order_by(replay_item.c.n).limit(most))]


def _item(row: Row[Any]) -> Item:
    return Item(
        n=row.n,
        failure=row.failure_id,
        department=row.department,
        state=ItemState(row.state),
        because=row.because,
        stage=row.stage + 1,
        revision=row.new_id,
        changes=tuple(Difference(**each) for each in orjson.loads(row.changes or "[]")),
    )


def waiting(tx: Connection) -> dict[RunState, int]:
    """How many runs wait for somebody's word, by where they are."""
    of = select(replay_run.c.state, func.count().label("n")).where(replay_run.c.state.in_(WAITING))
    counted = {row.state: row.n for row in tx.execute(of.group_by(replay_run.c.state))}
    return {state: counted.get(state, 0) for state in WAITING}


def planned_before(moment: datetime) -> Select[tuple[str]]:
    """Names of the runs to which nobody has agreed yet, and whose plans were made before then."""
    plan = replay_plan.c.id == replay_run.c.plan_id
    old = (replay_run.c.state == RunState.APPROVAL) & (replay_plan.c.made_at < moment)
    return select(replay_run.c.id).join(replay_plan, plan).where(old)


def taken_by(tx: Connection, failure_ids: Sequence[str]) -> dict[str, str]:
    """Which of these failures a run that is not over has already: which run, and for what it waits."""
    busy = and_(
        replay_run.c.plan_id == replay_item.c.plan_id,
        replay_run.c.state.in_(ACTIVE),
        replay_item.c.state.in_([ItemState.PLANNED, ItemState.AWAY]),
    )
    found: dict[str, str] = {}
    for some in _chunks(failure_ids, 500):
        wanted = select(replay_item.c.failure_id, replay_run.c.id, replay_run.c.state)
        joined = wanted.join_from(replay_item, replay_run, busy)
        rows = tx.execute(joined.where(replay_item.c.failure_id.in_(some)))
        found |= {row.failure_id: f"run {row.id} has it{_STANDS.get(row.state, '')}" for row in rows}
    return found


def _chunks(all_: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (all_[first : first + size] for first in range(0, len(all_), size))


def replayed_alone(tx: Connection, actor: str, since: datetime) -> int:
    """How many failures this person has put back since then without a second person."""
    alone = and_(
        replay_run.c.started_by == actor[:64],
        replay_run.c.started_at >= since,
        replay_run.c.approved_by.is_(None),
        replay_run.c.state != RunState.APPROVAL,
    )
    return int(tx.execute(select(func.coalesce(func.sum(replay_run.c.goes_on), 0)).where(alone)).scalar_one())
