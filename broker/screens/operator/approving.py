"""Agreeing, as the second person, to a replay: after proving again who one is, and to what is on the page only."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.ports import Broker
from broker.replays import orders as replay_orders
from broker.replays import runs as replay_runs
from broker.replays.kept import find_plan
from broker.replays.orders import Door
from broker.replays.runs import RunState
from broker.screens.fields import Wrong
from broker.screens.operator.plans import MOST_SHOWN, run_name
from broker.screens.operator.showing import here, ordered, show
from broker.screens.operator.typed import reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker

router = APIRouter()
Approver = Annotated[Visit, shows(May.APPROVE, proved=True)]


@router.get("/runs/{run_id}/approve")
async def ask_to_agree(run_id: str, visit: Approver, broker: TheBroker) -> Response:
    """What is proposed, by whom and why, and the form to agree to it."""
    return await _page(run_name(run_id), visit, broker)


@router.post("/runs/{run_id}/approve")
async def agree(run_id: str, visit: Approver, broker: TheBroker) -> Response:
    """Let the run go; not for whoever planned or began it."""
    name = run_name(run_id)
    reason, problems = reason_in(visit.form)
    if problems:
        return await _page(name, visit, broker, problems)
    who = Door(actor=visit.who.actor, reason=reason)
    run = await ordered(broker, replay_orders.approve(name, visit.form.get("digest", ""), who, broker))
    return RedirectResponse(f"/runs/{run.id}", 303)


async def _page(name: str, visit: Visit, broker: Broker, problems: list[Wrong] | None = None) -> Response:
    run = here(await broker.store.read(lambda tx: replay_runs.run(tx, name)))
    if run.state is not RunState.APPROVAL:
        return RedirectResponse(f"/runs/{run.id}", 303)
    plan, items = await broker.store.read(
        lambda tx: (find_plan(tx, run.plan), replay_runs.items(tx, run.plan, most=MOST_SHOWN))
    )
    return show(
        visit,
        "approve.html",
        422 if problems else 200,
        run=run,
        plan=here(plan),
        items=items,
        stages=here(plan).stages,
        is_own=visit.who.actor[:64] in (run.planned_by, run.started_by),
        typed=visit.form,
        problems=problems or [],
        most=MOST_SHOWN,
    )
