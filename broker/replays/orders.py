"""Orders to replay: begin, approve, pause, resume, cancel. Every door comes through here, and nowhere else.

A second person agrees to a digest. That word is good once: for that selection, by somebody who neither made the plan
nor began the run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from broker.notifications import note_audit
from broker.ports import Broker
from broker.replays import kept as replay_kept
from broker.replays import runs as replay_runs
from broker.replays.kept import find_plan
from broker.replays.plan import Plan, PlannedItem, digest_of_lines, left, line_of
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import ERASED, Order, Report, Skipped, replay
from broker.replays.runs import ItemState, Run, RunState
from broker.replays.tables import replay_item, replay_plan, replay_run

#: a plan that is older than this is made anew: too much has happened since
GOOD_FOR = timedelta(hours=24)
TOO_LATE = "Nobody agreed to this run within a day of its plan"


class RefusedOrder(Exception):
    """An order that is not carried out: a code for programs, and what to do in words. No personal data."""

    def __init__(self, code: str, because: str) -> None:
        super().__init__(because)
        self.code = code
        self.because = because


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who gives an order."""

    actor: str
    reason: str = ""


def begin(plan_id: str, digest: str, who: Door, broker: Broker) -> Callable[[Connection], Run]:
    """Begin the run of a plan; the same plan a second time is the same run. Raises RefusedOrder in the unit.

    Where a second person must agree, the run waits for them.
    """
    at = broker.now()

    def unit(tx: Connection) -> Run:
        # The row is taken first: two doors at once would else both find that there is no run yet.
        tx.execute(update(replay_plan).where(replay_plan.c.id == plan_id.upper()).values(id=plan_id.upper()))
        plan = find_plan(tx, plan_id)
        if plan is None:
            raise RefusedOrder("no_such_plan", "No plan has this name: make one with tuo failures plan.")
        _hold_to(tx, plan, digest)
        if (known := replay_runs.run(tx, str(plan.id))) is not None:
            return known
        return _begun(tx, plan, who, at, broker)

    return unit


def _hold_to(tx: Connection, plan: Plan, digest: str) -> None:
    """The selection is the one that was looked at, whoever asks and whatever has been written since."""
    rows = tx.execute(
        select(replay_item.c.failure_id, replay_item.c.letter).where(replay_item.c.plan_id == plan.id)
    ).all()
    if digest != plan.digest or digest_of_lines(line_of(row.failure_id, row.letter) for row in rows) != plan.digest:
        raise RefusedOrder("digest_differs", "This is not the selection of that plan: look at the plan again.")


def _begun(tx: Connection, plan: Plan, who: Door, at: datetime, broker: Broker) -> Run:
    _refuse_nothing(plan)
    if at - plan.made_at > GOOD_FOR:
        raise RefusedOrder("plan_too_old", "This plan is older than a day: make a new one.")
    before = replay_runs.replayed_alone(tx, who.actor, at - timedelta(hours=1))
    alone = not plan.second_person and plan.goes_on + before <= broker.replays.alone_up_to
    run_id = f"R-{str(plan.id)[2:]}"
    waits = "; ".join(plan.second_person) or "too many within the hour for one person"
    row = {
        "id": run_id,
        "plan_id": plan.id,
        "state": RunState.RUNNING if alone else RunState.APPROVAL,
        "stage": 0,
        "goes_on": plan.goes_on,
        "forgiven": 0,
        "started_by": who.actor[:64],
        "started_at": at,
        "because": None if alone else waits[:255],
    }
    tx.execute(insert(replay_run), row)
    note_audit(tx, at, who.actor[:64], "replay.begun", run_id, f"{plan.digest} {plan.reason}"[:255])
    return _read(tx, run_id)


def _refuse_nothing(plan: Plan) -> None:
    if plan.goes_on == 0:
        erased = any(each.because == ERASED for each in plan.skipped)
        code = "body_erased" if erased else "nothing_to_replay"
        because = "; ".join(each.because for each in plan.skipped) or "nothing fails any more"
        raise RefusedOrder(code, f"Nothing would be sent: {because}."[:255])


def approve(run_id: str, digest: str, who: Door, broker: Broker) -> Callable[[Connection], Run]:
    """A second person agrees to this selection, and the run goes. Raises RefusedOrder in the unit."""
    at = broker.now()

    def unit(tx: Connection) -> Run:
        found = _read(tx, run_id)
        plan = find_plan(tx, found.plan)
        if found.state is not RunState.APPROVAL or plan is None:
            raise RefusedOrder("not_waiting", _why_it_does_not_wait(found))
        if at - plan.made_at > GOOD_FOR:
            raise RefusedOrder("plan_too_old", f"{TOO_LATE}: plan it anew with tuo failures plan.")
        if who.actor[:64] in (found.planned_by, found.started_by):
            raise RefusedOrder("same_person", "A second person must be somebody else than who planned and began it.")
        _hold_to(tx, plan, digest)
        said = {"state": RunState.RUNNING, "approved_by": who.actor[:64], "approved_at": at, "because": None}
        _change(tx, found.id, RunState.APPROVAL, said)
        note_audit(tx, at, who.actor[:64], "replay.approved", found.id, f"{digest} {who.reason}"[:255])
        return _read(tx, found.id)

    return unit


def _why_it_does_not_wait(found: Run) -> str:
    if found.state is RunState.CANCELLED:
        return f"This run is over ({found.because}). Plan it anew with tuo failures plan."
    return "This run does not wait for a second person: an approval is good once."


def pause(run_id: str, who: Door, now: datetime) -> Callable[[Connection], Run]:
    """Send nothing more for now; what is away comes to its end. Raises RefusedOrder in the unit."""
    return _order(
        run_id, who, now, "paused", (RunState.RUNNING,), {"state": RunState.PAUSED, "because": who.reason[:255]}
    )


def resume(run_id: str, who: Door, now: datetime) -> Callable[[Connection], Run]:
    """Go on, also after a run stopped by itself: the failures so far are then known. Raises RefusedOrder."""

    def unit(tx: Connection) -> Run:
        found = _read(tx, run_id)
        said: dict[str, Any] = {"state": RunState.RUNNING, "because": None, "forgiven": found.failed}
        return _order(run_id, who, now, "resumed", (RunState.PAUSED, RunState.STOPPED), said)(tx)

    return unit


def cancel(run_id: str, who: Door, now: datetime) -> Callable[[Connection], Run]:
    """End it for good. What went stays sent; what did not is left as it was. Raises RefusedOrder in the unit."""

    def unit(tx: Connection) -> Run:
        return _cancelled(tx, run_id, who, now, replay_runs.ACTIVE, "cancelled")

    return unit


def expire(run_id: str, now: datetime) -> Callable[[Connection], Run]:
    """End a run to which nobody agreed while its plan was good: others may plan what it held. Raises RefusedOrder."""
    nobody = Door(actor="broker", reason=TOO_LATE)

    def unit(tx: Connection) -> Run:
        return _cancelled(tx, run_id, nobody, now, (RunState.APPROVAL,), "nobody agreed to it within a day of its plan")

    return unit


def _cancelled(tx: Connection, run_id: str, who: Door, now: datetime, of: Sequence[RunState], because: str) -> Run:
    found = _order(run_id, who, now, "cancelled", of, {"state": RunState.CANCELLED})(tx)
    left = (replay_item.c.plan_id == found.plan) & (replay_item.c.state == ItemState.PLANNED)
    said = {"state": ItemState.SKIPPED, "because": "the run was cancelled before it was sent", "ended_at": now}
    tx.execute(update(replay_item).where(left).values(said))
    whole = f"{because}: {found.went} had been sent and stay so, {found.planned} were left"
    tx.execute(update(replay_run).where(replay_run.c.id == found.id).values(because=whole, ended_at=now))
    return _read(tx, found.id)


def _order(
    run_id: str, who: Door, now: datetime, word: str, of: Sequence[RunState], said: dict[str, Any]
) -> Callable[[Connection], Run]:
    def unit(tx: Connection) -> Run:
        found = _read(tx, run_id)
        if found.state not in of:
            raise RefusedOrder("wrong_state", f"This run is {found.state}: it cannot be {word} now.")
        _change(tx, found.id, found.state, said)
        note_audit(tx, now, who.actor[:64], f"replay.{word}", found.id, who.reason[:200] or None)
        return _read(tx, found.id)

    return unit


def _change(tx: Connection, run_id: str, was: RunState, said: dict[str, Any]) -> None:
    still = (replay_run.c.id == run_id) & (replay_run.c.state == was)
    if tx.execute(update(replay_run).where(still).values(said)).rowcount != 1:
        raise RefusedOrder("wrong_state", "Somebody else has just given this run another order: look at it again.")


def _read(tx: Connection, run_id: str) -> Run:
    found = replay_runs.run(tx, run_id)
    if found is None:
        raise RefusedOrder("no_such_run", "No run has this name: see tuo run list.")
    return found


async def replay_few(ids: Sequence[str], order: Order, broker: Broker) -> Report:
    """Replay a few at once, without canaries; kept as a run like any other. Raises RefusedOrder where that needs two.

    Raises StoreUnavailable.
    """
    plan = await make_plan(Selection(ids=tuple(ids), compare=False), order, broker, keep=False)
    if plan.second_person:
        because = f"This needs a second person ({'; '.join(plan.second_person)}): make a plan with tuo failures plan."
        raise RefusedOrder("needs_second_person", because)
    if any(each.because == ERASED for each in plan.skipped) and plan.goes_on == 0:
        _refuse_nothing(plan)
    report = await replay(ids, order, broker)
    if report.replayed:
        await broker.store.write(_kept(plan, report, broker))
    return report


def _kept(plan: Plan, report: Report, broker: Broker) -> Callable[[Connection], None]:
    """A run that has already sent everything: its driver only waits for the answers."""
    at = broker.now()

    def unit(tx: Connection) -> None:
        items = replay_kept.sent_at_once(tx, report.replayed, broker)
        kept = replay_kept.keep_plan(plan, [*items, *(_left(skipped, at) for skipped in report.skipped)])(tx)
        row: dict[str, object] = {
            "id": f"R-{str(kept.id)[2:]}",
            "plan_id": kept.id,
            "state": RunState.RUNNING,
            "stage": 0,
        }
        row |= {"goes_on": len(report.replayed), "forgiven": len(items), "started_by": plan.made_by, "started_at": at}
        tx.execute(insert(replay_run), row)
        sent = (replay_item.c.plan_id == kept.id) & (replay_item.c.state == ItemState.PLANNED)
        tx.execute(update(replay_item).where(sent).values(state=ItemState.AWAY, sent_at=at))

    return unit


def _left(skipped: Skipped, at: datetime) -> PlannedItem:
    return left(skipped.id, skipped.because, at)
