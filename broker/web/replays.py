"""Plans and runs of replays: what would happen, who agrees, and how far it is."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from broker.clients import Client, Permission
from broker.failures.failures import MOST, Cause, Wanted
from broker.ports import DirectoryUnavailable
from broker.replays import orders as replay_orders
from broker.replays import runs as replay_runs
from broker.replays.kept import find_plan
from broker.replays.orders import Door, RefusedOrder
from broker.replays.plan import Plan
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import Order
from broker.replays.runs import Item, ItemState, Run
from broker.store import Unit
from broker.web.bodies import ONE_LINE, STRICT, Reason, read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found

router = APIRouter()
_ID: Final = r"^[A-Za-z0-9-]{1,64}$"
_RUN: Final = re.compile(r"[PR]-[0-9A-HJKMNP-TV-Z]{8}", re.IGNORECASE)
_READ: Final = described(401, 403, 404, 422, 503)
_WRITE: Final = described(400, 401, 403, 404, 408, 409, 413, 415, 422, 503)


class WantedFailures(BaseModel):
    """Which failures: all that fit whatever is said here."""

    model_config = STRICT

    department: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    reason: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="a reason code")
    cause: Cause | None = None
    kind: str | None = Field(default=None, pattern=r"^[a-z_]{1,40}$", description="the kind of life event")
    since: AwareDatetime | None = Field(default=None, description="failed at or after")
    until: AwareDatetime | None = Field(default=None, description="failed before")
    group: str | None = Field(default=None, pattern=r"^G-[0-9A-F]{8}$", description="one cause")

    def as_wanted(self) -> Wanted:
        """The same for the broker."""
        return Wanted(**dict(self))


class NewPlan(BaseModel):
    """What is to be planned."""

    model_config = STRICT

    ids: list[Annotated[str, Field(pattern=_ID)]] = Field(
        default=[], max_length=5000, description="failures one by one; else whatever is wanted"
    )
    wanted: WantedFailures = Field(default=WantedFailures(), description="filters")
    reason: str = Field(
        min_length=1, max_length=200, pattern=ONE_LINE, description="why, for the audit; no personal data"
    )
    force: bool = Field(default=False, description="also what a later event of the person has overtaken")
    now_sent: bool = Field(default=False, description="write the letters anew; what is different is a new revision")
    new_revision: bool = Field(default=False, description="under new delivery ids, though the letters may be the same")
    edit: dict[str, Any] | None = Field(
        default=None, description="for one delivery: fields of its disclosure, with what to send instead; null removes"
    )
    dry_run: bool = Field(default=False, description="keep nothing")


class Begin(BaseModel):
    """The plan that is to run."""

    model_config = STRICT

    plan: str = Field(pattern=_ID)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="the plan's own, as it was shown")


class Approval(BaseModel):
    """What a second person agrees to."""

    model_config = STRICT

    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="the plan's own, as it was shown")
    reason: str = Field(default="", max_length=200, pattern=ONE_LINE, description="for the audit; no personal data")


class Runs(BaseModel):
    """The runs, the newest first; those that wait for a word before all others."""

    items: list[Run]


class Items(BaseModel):
    """What became of each."""

    items: list[Item]
    #: ask for what comes after it
    next: int | None = Field(description="the number to ask for more with, or null")


@router.post("/api/v1/replay-plans", status_code=201, responses=_WRITE, summary="Plan a replay")
async def plan_replay(
    request: Request, response: Response, client: Annotated[Client, needs(Permission.PLAN)], broker: TheBroker
) -> Plan:
    """Say what would be sent and what not. Nothing is sent; the selection is frozen, with a digest."""
    said = read_body(NewPlan, await request.body())
    if (said.edit is not None or said.new_revision) and not client.may(Permission.EDIT):
        raise Refusal(403, "not_allowed", "The role of this key does not allow an edit.")
    selection = Selection(
        ids=tuple(said.ids),
        wanted=said.wanted.as_wanted(),
        now_sent=said.now_sent,
        new_revision=said.new_revision,
        edit=said.edit,
        only_department=client.department,
    )
    order = Order(actor=client.name, reason=said.reason, force=said.force)
    try:
        plan = await make_plan(selection, order, broker, keep=not said.dry_run)
    except DirectoryUnavailable:
        text = "The directory cannot be asked just now. Send the same again in a moment."
        raise Refusal(503, "unavailable", text, headers={"Retry-After": "1"}) from None
    if plan.id is not None:
        response.headers["Location"] = f"/api/v1/replay-plans/{plan.id}"
    return plan


@router.get("/api/v1/replay-plans/{plan}", responses=_READ, summary="A plan")
async def show_plan(plan: str, _: Annotated[Client, needs(Permission.FAILURES)], broker: TheBroker) -> Plan:
    """Answer a plan as it was shown when it was made."""
    found = await broker.store.read(lambda tx: find_plan(tx, plan)) if _RUN.fullmatch(plan) else None
    if found is None:
        raise not_found()
    return found


@router.get("/api/v1/replay-plans/{plan}/items", responses=_READ, summary="The items of a plan")
async def plan_items(
    plan: str,
    _: Annotated[Client, needs(Permission.FAILURES)],
    broker: TheBroker,
    state: ItemState | None = None,
    after: Annotated[int, Query(ge=-1, le=1_000_000)] = -1,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Items:
    """Answer the items of a plan in the order of replaying, each with its changes, masked."""
    return await _items(plan, broker, state, after, limit)


@router.get("/api/v1/runs", responses=described(401, 403, 503), summary="The runs")
async def list_runs(_: Annotated[Client, needs(Permission.FAILURES)], broker: TheBroker) -> Runs:
    """Answer the runs, the newest first; those that wait for a word before all others."""
    return Runs(items=await broker.store.read(replay_runs.runs))


@router.post("/api/v1/runs", status_code=202, responses=_WRITE, summary="Begin the run of a plan")
async def begin_run(
    request: Request, response: Response, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Run:
    """Begin it, or let it wait for a second person. The same plan a second time is the same run."""
    said = read_body(Begin, await request.body())
    found = await _ordered(broker, replay_orders.begin(said.plan, said.digest, Door(actor=client.name), broker))
    response.headers["Location"] = f"/api/v1/runs/{found.id}"
    return found


@router.get("/api/v1/runs/{run}", responses=_READ, summary="A run")
async def show_run(run: str, _: Annotated[Client, needs(Permission.FAILURES)], broker: TheBroker) -> Run:
    """Answer how far a run is."""
    found = await broker.store.read(lambda tx: replay_runs.run(tx, run)) if _RUN.fullmatch(run) else None
    if found is None:
        raise not_found()
    return found


@router.get("/api/v1/runs/{run}/items", responses=_READ, summary="What became of each item of a run")
async def run_items(
    run: str,
    _: Annotated[Client, needs(Permission.FAILURES)],
    broker: TheBroker,
    state: ItemState | None = None,
    after: Annotated[int, Query(ge=-1, le=1_000_000)] = -1,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Items:
    """Answer what became of each, in the order of replaying."""
    return await _items(run, broker, state, after, limit)


async def _items(name: str, broker: TheBroker, state: ItemState | None, after: int, limit: int) -> Items:
    if not _RUN.fullmatch(name):
        raise not_found()
    found = await broker.store.read(lambda tx: replay_runs.items(tx, name, state=state, after=after, most=limit))
    return Items(items=found, next=found[-1].n if len(found) == limit else None)


@router.post("/api/v1/runs/{run}/approval", responses=_WRITE, summary="Agree to a run, as the second person")
async def approve_run(
    run: str, request: Request, client: Annotated[Client, needs(Permission.APPROVE)], broker: TheBroker
) -> Run:
    """Let a run go that waits for a second person; not for whoever planned or began it."""
    said = read_body(Approval, await request.body())
    who = Door(actor=client.name, reason=said.reason)
    return await _ordered(broker, replay_orders.approve(_named(run), said.digest, who, broker))


@router.post("/api/v1/runs/{run}/pause", responses=_WRITE, summary="Pause a run")
async def pause_run(
    run: str, request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Run:
    """Send nothing more for now."""
    said = read_body(Reason, await request.body())
    who = Door(actor=client.name, reason=said.reason)
    return await _ordered(broker, replay_orders.pause(_named(run), who, broker.now()))


@router.post("/api/v1/runs/{run}/resume", responses=_WRITE, summary="Let a run go on")
async def resume_run(
    run: str, request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Run:
    """Go on, also after it stopped by itself."""
    said = read_body(Reason, await request.body())
    who = Door(actor=client.name, reason=said.reason)
    return await _ordered(broker, replay_orders.resume(_named(run), who, broker.now()))


@router.post("/api/v1/runs/{run}/cancel", responses=_WRITE, summary="End a run for good")
async def cancel_run(
    run: str, request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Run:
    """Send nothing more, ever; the answer says what already went."""
    said = read_body(Reason, await request.body())
    who = Door(actor=client.name, reason=said.reason)
    return await _ordered(broker, replay_orders.cancel(_named(run), who, broker.now()))


def _named(run: str) -> str:
    if not _RUN.fullmatch(run):
        raise not_found()
    return run.upper()


async def _ordered(broker: TheBroker, unit: Unit[Run]) -> Run:
    try:
        return await broker.store.write(unit)
    except RefusedOrder as error:
        if error.code in ("no_such_run", "no_such_plan"):
            raise not_found() from None
        raise Refusal(403 if error.code == "same_person" else 409, error.code, error.because) from None
