"""Driving runs of replays: stage by stage, sequence by sequence, never more at once than a replay's share.

Everything that a run knows is in its tables: a process that dies is followed by the next one, and each item goes once.
Live traffic goes first: most requests in flight, and most of the rate, are not a replay's to take.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select, update

from broker.failures.failures import dead_letter_number
from broker.ports import Broker
from broker.replays import results as replay_results
from broker.replays.orders import GOOD_FOR, RefusedOrder, expire
from broker.replays.plan import Limits, too_many
from broker.replays.replaying import Order, put_back, take_in_again
from broker.replays.results import Ended
from broker.replays.runs import ItemState, Run, RunState, planned_before, run
from broker.replays.tables import replay_item, replay_plan, replay_run
from broker.telemetry import REPLAYED, log

#: seconds between looks at a run
EVERY = 0.25
#: another process takes a run over when its driver has not looked at it for so long
LEASE = timedelta(seconds=10)
#: put back in one commit, so that live work is not kept waiting for the writer; and in one look, at most
IN_ONE_UNIT, AT_ONCE = 5, 50
_GOING = (
    select(replay_run.c.plan_id, replay_run.c.stage, replay_run.c.started_by, replay_plan.c.reason, replay_plan.c.force)
    .join(replay_plan, replay_plan.c.id == replay_run.c.plan_id)
    .where(replay_run.c.id == bindparam("id"), replay_run.c.state == RunState.RUNNING)
)
#: tokens that may gather while nothing is sent, in seconds of the rate
BURST = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item that may go now."""

    n: int
    failure_id: str
    department: str | None
    letter: bytes | None


class Driver:
    """Drives every run for one process, and ends those to which nobody agreed in time.

    One that is alone need not wait for the end of another's lease.
    """

    def __init__(self, broker: Broker, *, alone: bool = False) -> None:
        self._broker = broker
        self._alone = alone
        self._tokens: dict[str | None, tuple[float, datetime]] = {}

    async def run(self) -> None:
        """Drive for ever. Raises StoreUnavailable: start it again then."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """One look at every run: what came back is written down, and what may go is put back."""
        running = select(replay_run.c.id).where(replay_run.c.state == RunState.RUNNING)
        going, old = running.union(_with_items_away()), planned_before(self._broker.now() - GOOD_FOR)
        looked = await self._broker.store.read(lambda tx: [list(tx.execute(each).scalars()) for each in (going, old)])
        for run_id in looked[0]:
            await self._look_at(run_id)
        for run_id in looked[1]:
            with suppress(RefusedOrder):  # somebody was faster
                await self._broker.store.write(expire(run_id, self._broker.now()))

    async def _look_at(self, run_id: str) -> None:
        store, left = self._broker.store, AT_ONCE
        goes_on = await store.write(lambda tx: self._hear(tx, run_id))
        while goes_on and left > 0:
            sent, letters = await store.write(lambda tx: self._send(tx, run_id))
            for letter in letters:
                await self._take_in(letter)
            left -= sent
            goes_on = sent == IN_ONE_UNIT

    async def _take_in(self, letter: "_Letter") -> None:
        judged = await take_in_again(letter.failure_id, letter.order, self._broker)
        ended = Ended(n=letter.n, state=ItemState.SKIPPED, because=judged.because) if judged else None
        ended = ended or Ended(n=letter.n, state=ItemState.DELIVERED, because="taken in")
        at = self._broker.now()
        await self._broker.store.write(lambda tx: _end(tx, letter.plan, ended, at))

    def _hear(self, tx: Connection, run_id: str) -> bool:
        """What came back, and what follows from it. Whether more may be put back."""
        at = self._broker.now()
        if not self._take(tx, run_id, at):
            return False
        found = _found(tx, run_id)
        for ended in replay_results.ended(tx, found.plan, at):
            _end(tx, found.plan, ended, at)
        found = _found(tx, run_id)
        return found.state is RunState.RUNNING and self._go_on(tx, found, at)

    def _take(self, tx: Connection, run_id: str, at: datetime) -> bool:
        worker = self._broker.worker
        mine = replay_run.c.driven_by.is_(None) | (replay_run.c.driven_by == worker) | (replay_run.c.driven_until < at)
        said = {"driven_by": worker, "driven_until": at + LEASE}
        wanted = update(replay_run).where(replay_run.c.id == run_id, literal(self._alone) | mine)
        return tx.execute(wanted.values(said)).rowcount == 1

    def _go_on(self, tx: Connection, found: Run, at: datetime) -> bool:
        stage = _stage(tx, found.plan, found.stage - 1)
        forgiven = int(tx.execute(select(replay_run.c.forgiven).where(replay_run.c.id == found.id)).scalar_one())
        if too_many(
            stage.failed - min(forgiven, stage.failed), stage.ended, stage.size, self._broker.replays.stop_percent
        ):
            _stop(tx, found, stage, at)
            return False
        if stage.open == 0:
            _next_stage(tx, found, at)
            return False
        return True

    def _send(self, tx: Connection, run_id: str) -> "tuple[int, list[_Letter]]":
        """Put a few back. Says how many, and which dead letters are to be taken in after the commit."""
        at = self._broker.now()
        going = tx.execute(_GOING, {"id": run_id}).one_or_none() if self._take(tx, run_id, at) else None
        if going is None:
            return 0, []  # somebody has paused or ended it since, or drives it now
        order = Order(actor=going.started_by, reason=f"{run_id}: {going.reason}"[:200], force=going.force)
        letters: list[_Letter] = []
        chosen = self._choose(tx, going.plan_id, going.stage, at)
        for item in chosen:
            _mark(tx, going.plan_id, item.n, ItemState.AWAY, None, sent_at=at)
            if dead_letter_number(item.failure_id) is not None:
                letters.append(_Letter(plan=going.plan_id, n=item.n, failure_id=item.failure_id, order=order))
            elif (judged := put_back(tx, item.failure_id, order, self._broker, item.letter)) is not None:
                _end(tx, going.plan_id, Ended(n=item.n, state=ItemState.SKIPPED, because=judged.because), at)
        return len(chosen), letters

    def _choose(self, tx: Connection, plan_id: str, stage: int, at: datetime) -> list[Waiting]:
        """As many as fit in one unit, of those for which their departments have room and a token."""
        room = _Room(_away(tx), self._broker.replays)
        chosen: list[Waiting] = []
        for item in _may_go(tx, plan_id, stage):
            if len(chosen) == IN_ONE_UNIT:
                break
            if room.has(item.department) and self._token(item.department, at):
                room.take(item.department)
                chosen.append(item)
        return chosen

    def _token(self, department: str | None, at: datetime) -> bool:
        """Whether the department's rate has room for one more, at the share of a replay."""
        rate = self._broker.replays.rate(department)
        if rate is None:
            return True
        tokens, since = self._tokens.get(department, (1.0, at))
        most = max(1.0, rate * BURST)
        tokens = min(most, tokens + rate * max(0.0, (at - since).total_seconds()))
        self._tokens[department] = (tokens - 1 if tokens >= 1 else tokens, at)
        return tokens >= 1


class _Room:
    """How many more may be on their way, by department."""

    def __init__(self, away: dict[str | None, int], limits: Limits) -> None:
        self._away = away
        self._limits = limits

    def has(self, department: str | None) -> bool:
        return self._away.get(department, 0) < self._limits.at_once(department)

    def take(self, department: str | None) -> None:
        self._away[department] = self._away.get(department, 0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A dead letter that is to be taken in."""

    plan: str
    n: int
    failure_id: str
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """How one stage stands, in items."""

    size: int
    open: int
    failed: int

    @property
    def ended(self) -> int:
        return self.size - self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """Where an item belongs."""

    department: str | None
    sequence: int


def _with_items_away() -> Any:  # noqa: ANN401 - a select
    """Runs that are paused, stopped or cancelled still hear what became of what went."""
    away = select(replay_item.c.plan_id).where(replay_item.c.state == ItemState.AWAY)
    return select(replay_run.c.id).where(replay_run.c.plan_id.in_(away))


def _found(tx: Connection, run_id: str) -> Run:
    found = run(tx, run_id)
    if found is None:
        raise LookupError("a run is gone")
    return found


def _away(tx: Connection) -> dict[str | None, int]:
    away = select(replay_item.c.department, func.count().label("n")).where(replay_item.c.state == ItemState.AWAY)
    return {row.department: row.n for row in tx.execute(away.group_by(replay_item.c.department))}


def _may_go(tx: Connection, plan_id: str, stage: int) -> Iterator[Waiting]:
    """Heads of sequences of which nothing is away, read only as far as they are asked for."""
    away = replay_item.alias()
    busy = select(away.c.sequence).where(away.c.plan_id == plan_id, away.c.state == ItemState.AWAY)
    told = (replay_item.c.n, replay_item.c.sequence, replay_item.c.failure_id, replay_item.c.department)
    wanted = select(*told, replay_item.c.letter).where(
        replay_item.c.plan_id == plan_id,
        replay_item.c.stage == stage,
        replay_item.c.state == ItemState.PLANNED,
        replay_item.c.sequence.not_in(busy),
    )
    seen: set[int] = set()
    for row in tx.execute(wanted.order_by(replay_item.c.n).limit(AT_ONCE * 20)):
        if row.sequence not in seen:
            seen.add(row.sequence)
            yield Waiting(n=row.n, failure_id=row.failure_id, department=row.department, letter=row.letter)


def _stage(tx: Connection, plan_id: str, stage: int) -> _Stage:
    of = select(replay_item.c.state, func.count().label("n")).where(
        replay_item.c.plan_id == plan_id, replay_item.c.stage == stage
    )
    counted = {row.state: row.n for row in tx.execute(of.group_by(replay_item.c.state))}
    went = sum(counted.get(state, 0) for state in (ItemState.DELIVERED, ItemState.FAILED))
    still = counted.get(ItemState.PLANNED, 0) + counted.get(ItemState.AWAY, 0)
    return _Stage(size=went + still, open=still, failed=counted.get(ItemState.FAILED, 0))


def _next_stage(tx: Connection, found: Run, at: datetime) -> None:
    last = tx.execute(select(func.max(replay_item.c.stage)).where(replay_item.c.plan_id == found.plan)).scalar()
    if found.stage - 1 < (last or 0):
        said: dict[str, Any] = {"stage": found.stage, "forgiven": 0}
        log.info("replay.stage", run=found.id, stage=found.stage + 1)
    else:
        said = {"state": RunState.DONE, "ended_at": at}
        log.info("replay.done", run=found.id, delivered=found.delivered, failed=found.failed, skipped=found.skipped)
    tx.execute(update(replay_run).where(replay_run.c.id == found.id).values(said))


def _stop(tx: Connection, found: Run, stage: _Stage, at: datetime) -> None:
    because = f"{stage.failed} of {stage.ended} in stage {found.stage} failed again; nothing more is sent"
    said = {"state": RunState.STOPPED, "because": because}
    tx.execute(update(replay_run).where(replay_run.c.id == found.id).values(said))
    log.warning("replay.stopped", run=found.id, stage=found.stage, failed=stage.failed, ended=stage.ended)


def _end(tx: Connection, plan_id: str, ended: Ended, at: datetime) -> None:
    if ended.state is ItemState.PLANNED:  # its process died before it could be taken in
        _mark(tx, plan_id, ended.n, ended.state, None)
        return
    row = _mark(tx, plan_id, ended.n, ended.state, ended.because, ended_at=at)
    REPLAYED.labels(row.department or "none", ended.state).inc()
    if ended.state is ItemState.FAILED:
        behind = (
            (replay_item.c.plan_id == plan_id)
            & (replay_item.c.sequence == row.sequence)
            & (replay_item.c.state == ItemState.PLANNED)
        )
        said = {"state": ItemState.SKIPPED, "because": "an earlier one of this person failed again", "ended_at": at}
        tx.execute(update(replay_item).where(behind).values(said))


def _mark(tx: Connection, plan_id: str, n: int, state: ItemState, because: str | None, **when: datetime) -> _Marked:
    here = (replay_item.c.plan_id == plan_id) & (replay_item.c.n == n)
    cut = None if because is None else because[:255]
    tx.execute(update(replay_item).where(here).values(state=state, because=cut, **when))
    row = tx.execute(select(replay_item.c.department, replay_item.c.sequence).where(here)).one()
    return _Marked(department=row.department, sequence=row.sequence)
