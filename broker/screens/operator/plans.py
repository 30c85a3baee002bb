"""Plans of replays: what would be sent again, field by field what would be different, and beginning it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from broker.failures.failures import Failure, find
from broker.ports import Broker
from broker.replays import orders as replay_orders
from broker.replays import runs as replay_runs
from broker.replays.kept import find_plan
from broker.replays.orders import Door
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import Order
from broker.replays.runs import ITEM_CAPTIONS, ItemState
from broker.screens.fields import Wrong
from broker.screens.operator.filters import Filters, filters_of
from broker.screens.operator.references import references
from broker.screens.operator.showing import here, named, ordered, show
from broker.screens.operator.typed import reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from broker.web.problem import not_found
from schemas.problems import Invalid

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
Operator = Annotated[Visit, shows(May.REPLAY)]
#: items of a plan that are shown one by one
MOST_SHOWN: Final = 100
_NAME: Final = re.compile(r"[PR]-[0-9A-HJKMNP-TV-Z]{8}")


def run_name(text: str) -> str:
    """The name of a run or a plan. Raises Refusal with 404."""
    if not _NAME.fullmatch(text.upper()):
        raise not_found()
    return text.upper()


@router.get("/failures/plan")
async def ask_for_plan(visit: Operator, broker: TheBroker) -> Response:
    """The form that asks for what, how and why."""
    return await _form(visit, broker, visit.request.query_params.get("id"), visit.request.query_params)


@router.post("/failures/plan")
async def plan(visit: Operator, broker: TheBroker) -> Response:
    """Make a plan. Nothing is sent; the selection is frozen."""
    one, (filters, _) = visit.form.get("id"), filters_of(visit.form)
    reason, problems = reason_in(visit.form)
    if not one and not filters.said():
        problems.append(Wrong(field="reason", message="Choose a cause, or filters, on the failures page first"))
    if problems:
        return await _form(visit, broker, one, visit.form, problems)
    selection = Selection(
        ids=(named(one),) if one else (),
        wanted=filters.wanted(broker.now()),
        now_sent=visit.form.get("wording") == "now",
        new_revision=visit.form.get("wording") == "renewed",
    )
    order = Order(actor=visit.who.actor, reason=reason, force="force" in visit.form)
    try:
        made = await make_plan(selection, order, broker)
    except Invalid as error:
        wrong = [Wrong(field=problem.field or "reason", message=problem.message) for problem in error.problems]
        return await _form(visit, broker, one, visit.form, wrong)
    return RedirectResponse(f"/plans/{made.id}", 303)


async def _form(
    visit: Visit, broker: Broker, one: str | None, said: Mapping[str, str], problems: list[Wrong] | None = None
) -> Response:
    filters, _ = filters_of(said)
    failure = here(await broker.store.read(lambda tx: find(tx, named(one)))) if one else None
    return show(
        visit,
        "plan_form.html",
        422 if problems else 200,
        filters=filters,
        failure=failure,
        options=_options(filters, failure, broker),
        typed=visit.form,
        problems=problems or [],
    )


def _options(filters: Filters, failure: Failure | None, broker: Broker) -> str:
    return failure.id if failure else filters.options(broker.now())


@router.get("/plans/{plan_id}")
async def show_plan(plan_id: str, visit: Looker, broker: TheBroker) -> Response:
    """A plan as it was made: counts, what is left and why, differences, stages, and who must agree."""
    facts = here(await broker.store.read(lambda tx: _read(tx, run_name(plan_id))))
    return show(visit, "plan.html", captions=ITEM_CAPTIONS, most=MOST_SHOWN, **facts)


def _read(tx: Connection, name: str) -> dict[str, Any] | None:
    plan = find_plan(tx, name)
    if plan is None:
        return None
    going = [one for one in replay_runs.items(tx, name, most=MOST_SHOWN) if one.state is not ItemState.SKIPPED]
    left = replay_runs.items(tx, name, state=ItemState.SKIPPED, most=MOST_SHOWN)
    named = references(tx, [one.failure for one in (*going, *left)])
    run = replay_runs.run(tx, name)
    return {"plan": plan, "run": run, "items": going, "left": left, "references": named, "stages": plan.stages}


@router.post("/plans/{plan_id}/begin")
async def begin(plan_id: str, visit: Operator, broker: TheBroker) -> Response:
    """Begin the run of a plan, held to the digest that was on the page."""
    digest = visit.form.get("digest", "")
    who = Door(actor=visit.who.actor)
    run = await ordered(broker, replay_orders.begin(run_name(plan_id), digest, who, broker))
    return RedirectResponse(f"/runs/{run.id}", 303)
