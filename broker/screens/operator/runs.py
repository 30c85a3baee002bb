"""Runs of replays: how far each is, and steering it. Everything is read from the database, so it survives a refresh."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from broker.ports import Broker
from broker.replays import orders as replay_orders
from broker.replays import runs as replay_runs
from broker.replays.kept import find_plan
from broker.replays.orders import Door
from broker.replays.plan import Plan
from broker.replays.runs import ACTIVE, ITEM_CAPTIONS, RUN_CAPTIONS, Item, ItemState, Run, RunState
from broker.screens.fields import Wrong
from broker.screens.operator.plans import run_name
from broker.screens.operator.references import references
from broker.screens.operator.showing import here, live, ordered, show
from broker.screens.operator.typed import reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.store import Unit
from broker.web.keys import TheBroker

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
Operator = Annotated[Visit, shows(May.REPLAY)]
Steer: TypeAlias = Callable[[str, Door, datetime], Unit[Run]]
#: items that are shown one by one: those that failed again come first
MOST_SHOWN: Final = 100
_FIRST: Final = (ItemState.FAILED, ItemState.AWAY, ItemState.DELIVERED, ItemState.SKIPPED)
_COLOURS: Final = {
    RunState.APPROVAL: "yellow",
    RunState.RUNNING: "blue",
    RunState.PAUSED: "grey",
    RunState.STOPPED: "red",
    RunState.CANCELLED: "grey",
    RunState.DONE: "green",
}


@router.get("/runs")
async def list_runs(visit: Looker, broker: TheBroker) -> Response:
    """The runs, the newest first; what waits for a second person stands above them."""
    found = await broker.store.read(replay_runs.runs)
    waiting = [run for run in found if run.state is RunState.APPROVAL]
    return show(visit, "runs.html", runs=found, waiting=waiting, captions=RUN_CAPTIONS, colours=_COLOURS)


@router.get("/runs/{run_id}")
async def show_run(run_id: str, visit: Looker, broker: TheBroker) -> Response:
    """One run: how far it is, and what may be done with it."""
    return await _page(run_name(run_id), visit, broker)


@router.get("/runs/{run_id}/live")
async def show_progress(run_id: str, visit: Looker, broker: TheBroker) -> Response:
    """How far a run is, as a part of its page; asked for again and again."""
    return live(visit, "run_live.html", **await _facts(run_name(run_id), broker))


@router.post("/runs/{run_id}/pause")
async def pause(run_id: str, visit: Operator, broker: TheBroker) -> Response:
    """Send nothing more for now."""
    return await _order(run_id, visit, broker, replay_orders.pause)


@router.post("/runs/{run_id}/resume")
async def resume(run_id: str, visit: Operator, broker: TheBroker) -> Response:
    """Go on, also after it stopped by itself."""
    return await _order(run_id, visit, broker, replay_orders.resume)


@router.post("/runs/{run_id}/cancel")
async def cancel(run_id: str, visit: Operator, broker: TheBroker) -> Response:
    """End it for good; what went stays sent."""
    return await _order(run_id, visit, broker, replay_orders.cancel)


async def _order(run_id: str, visit: Visit, broker: Broker, order: Steer) -> Response:
    name = run_name(run_id)
    reason, problems = reason_in(visit.form)
    if problems:
        return await _page(name, visit, broker, problems)
    run = await ordered(broker, order(name, Door(actor=visit.who.actor, reason=reason), broker.now()))
    return RedirectResponse(f"/runs/{run.id}", 303)


async def _page(name: str, visit: Visit, broker: Broker, problems: list[Wrong] | None = None) -> Response:
    facts = await _facts(name, broker)
    state = facts["run"].state
    return show(
        visit,
        "run.html",
        422 if problems else 200,
        problems=problems or [],
        typed=visit.form,
        may_pause=state is RunState.RUNNING,
        may_resume=state in (RunState.PAUSED, RunState.STOPPED),
        may_cancel=state in ACTIVE,
        **facts,
    )


async def _facts(name: str, broker: Broker) -> dict[str, Any]:
    run, plan, items, named = here(await broker.store.read(lambda tx: _read(tx, name)))
    return {
        "run": run,
        "plan": plan,
        "items": items,
        "references": named,
        "stages": plan.stages,
        "caption": RUN_CAPTIONS[run.state],
        "colour": _COLOURS[run.state],
        "item_captions": ITEM_CAPTIONS,
        "is_moving": run.state in ACTIVE or run.away > 0,
        "most": MOST_SHOWN,
    }


def _read(tx: Connection, name: str) -> tuple[Run, Plan, list[Item], dict[str, str]] | None:
    run = replay_runs.run(tx, name)
    plan = find_plan(tx, run.plan) if run else None
    if run is None or plan is None:
        return None
    each = [one for state in _FIRST for one in replay_runs.items(tx, run.id, state=state, most=MOST_SHOWN)]
    items = each[:MOST_SHOWN]
    return run, plan, items, references(tx, [one.failure for one in items])
