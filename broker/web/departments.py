"""Departments: how each does, and an operator's word to hold what goes to one, or to let it go on. And the calendar."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from broker import department_state
from broker.calendar import MOST, Entry, Wanted, calendar
from broker.clients import Client, Permission
from broker.department_state import Pause
from broker.glance import Glance, departments_at_a_glance
from broker.ports import Broker
from broker.stopping import Stop, Stopped, TooLate, stop
from broker.telemetry import log
from broker.web.bodies import Reason, read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, field_refused, not_found
from broker.web.submitting import LIFE_EVENTS
from broker.web.tracking import checked_reference

router = APIRouter()
_ONE: Final = "/api/v1/departments/{department}"
_WRITE: Final = described(400, 401, 403, 404, 408, 409, 413, 415, 422, 503)
_Name: Final = Query(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="only this department")


class PauseWord(Reason):
    """An operator's word to hold what goes to a department."""

    until: AwareDatetime | None = Field(default=None, description="when it ends by itself; until resumed by default")


class Calendar(BaseModel):
    """What goes out when."""

    items: list[Entry] = Field(description="the soonest first")


@router.get(
    _ONE,
    dependencies=[needs(Permission.DEPARTMENTS)],
    responses=described(401, 403, 404, 503),
    summary="How one department does",
)
async def show_department(department: str, broker: TheBroker) -> Glance:
    """Answer its condition, its breaker, what waits for it, and when it is asked again."""
    return await _glance(department, broker)


@router.post(f"{_ONE}/pause", responses=_WRITE, summary="Hold what goes to a department")
async def pause_department(
    department: str, request: Request, client: Annotated[Client, needs(Permission.PAUSE)], broker: TheBroker
) -> Glance:
    """Hold it, but for what is urgent; the audit says who and why."""
    known_department(department, broker)
    word, now = read_body(PauseWord, await request.body()), broker.now()
    if word.until is not None and word.until <= now:
        raise field_refused(422, "until", "in_the_past", "Enter a moment that is still to come, or leave it out.")
    wanted = Pause(actor=client.name, reason=word.reason, until=word.until)
    await broker.store.write(lambda tx: department_state.pause(tx, department, wanted, now))
    log.warning("department.paused", department=department)
    return await _glance(department, broker)


@router.post(f"{_ONE}/resume", responses=_WRITE, summary="Let a department be told again")
async def resume_department(
    department: str, request: Request, client: Annotated[Client, needs(Permission.PAUSE)], broker: TheBroker
) -> Glance:
    """End a pause, and the hold after too many refusals; what waited goes on, in order."""
    known_department(department, broker)
    word, now = read_body(Reason, await request.body()), broker.now()
    await broker.store.write(lambda tx: department_state.resume(tx, department, client.name, word.reason, now))
    log.info("department.resumed", department=department)
    return await _glance(department, broker)


@router.get(
    "/api/v1/calendar",
    dependencies=[needs(Permission.DEPARTMENTS)],
    responses=described(401, 403, 422, 503),
    summary="What goes to whom, and when",
)
async def show_calendar(
    broker: TheBroker,
    department: Annotated[str | None, _Name] = None,
    begins: Annotated[AwareDatetime | None, Query(alias="from", description="from this moment; now by default")] = None,
    ends: Annotated[AwareDatetime | None, Query(alias="to", description="before this moment")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="entries at most")] = MOST,
) -> Calendar:
    """Answer what waits for its hour or its day, and when departments open again. No person is named."""
    now = broker.now()
    wanted = Wanted(begins=_or(begins, now), ends=ends, department=department)
    return Calendar(items=list(await broker.store.read(calendar(wanted, now, limit))))


@router.post(f"{LIFE_EVENTS}/{{reference}}/stop", responses=_WRITE, summary="Stop what nobody has been told of yet")
async def stop_notification(
    reference: str, request: Request, client: Annotated[Client, needs(Permission.STOP)], broker: TheBroker
) -> Stopped:
    """Call a notification off while departments have not been told. What they have been told is withdrawn instead."""
    word = read_body(Reason, await request.body())
    wanted = Stop(reference=checked_reference(reference), actor=client.name, reason=word.reason)
    try:
        stopped = await broker.store.write(stop(wanted, broker.now(), broker.timing))
    except TooLate as error:
        raise Refusal(409, "told_already", f"Told already: {error}. Tell a withdrawal instead.") from None
    if stopped is None:
        raise not_found()
    return stopped


def _or(said: datetime | None, default: datetime) -> datetime:
    return default if said is None else said


def known_department(department: str, broker: Broker) -> None:
    """Raises Refusal with 404 where there is no such department."""
    if broker.adapter(department) is None:
        raise not_found()


async def _glance(department: str, broker: Broker) -> Glance:
    now = broker.now()
    found = await broker.store.read(lambda tx: departments_at_a_glance(tx, now, broker.adapters))
    one = next((each for each in found if each.department == department), None)
    if one is None:
        raise not_found()
    return one
