"""Departments at a glance, and holding what goes to one: a pause has an end time, and whoever reads it sees by whom."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker import department_state
from broker.breaker import Position
from broker.department_state import Pause
from broker.glance import Condition, Glance, departments_at_a_glance
from broker.ports import Broker
from broker.screens.fields import Wrong
from broker.screens.operator.measured import answers_a_minute, rate_in_words
from broker.screens.operator.pauses import LENGTHS, Length, ends_at
from broker.screens.operator.showing import here, live, show
from broker.screens.operator.typed import line_in, reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.telemetry import log
from broker.web.departments import known_department
from broker.web.keys import TheBroker

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
Operator = Annotated[Visit, shows(May.REPLAY)]
_COLOURS: Final = {
    Condition.REFUSING: "red",
    Condition.PAUSED: "grey",
    Condition.CLOSED: "grey",
    Condition.FULL: "red",
    Condition.AWAY: "orange",
    Condition.RECOVERING: "yellow",
    Condition.OPEN: "green",
}
_WORDS: Final = {
    Condition.REFUSING: "Refuses too much",
    Condition.PAUSED: "Paused",
    Condition.CLOSED: "Closed",
    Condition.FULL: "Full",
    Condition.AWAY: "Does not answer",
    Condition.RECOVERING: "Recovering",
    Condition.OPEN: "Well",
}
_BREAKERS: Final = {Position.CLOSED: "closed", Position.OPEN: "open", Position.HALF_OPEN: "half open"}


@router.get("/departments")
async def list_departments(visit: Looker, broker: TheBroker) -> Response:
    """Every department at one look."""
    return show(visit, "departments.html", **await _facts(broker))


@router.get("/departments/live")
async def show_glances(visit: Looker, broker: TheBroker) -> Response:
    """The same as a part of the page; asked for again and again."""
    return live(visit, "departments_live.html", **await _facts(broker))


async def _facts(broker: Broker) -> dict[str, Any]:
    now = broker.now()
    glances, answered = await broker.store.read(
        lambda tx: (departments_at_a_glance(tx, now, broker.adapters), answers_a_minute(tx, now))
    )
    measured = {one.department: rate_in_words(answered.get(one.department, 0)) for one in glances}
    limits = broker.replays.rates
    return {"glances": glances, "rates": limits, "measured": measured, "colours": _COLOURS, "words": _WORDS}


@router.get("/departments/{department}")
async def show_department(department: str, visit: Looker, broker: TheBroker) -> Response:
    """One department: how it does, and holding what goes to it."""
    return await _page(department, visit, broker)


@router.post("/departments/{department}/pause")
async def pause(department: str, visit: Operator, broker: TheBroker) -> Response:
    """Hold what goes to it, but for what is urgent. Another pause takes the first one's place."""
    known_department(department, broker)
    now = broker.now()
    reason, problems = reason_in(visit.form)
    until = ends_at(visit.form.get("length", ""), line_in(visit.form, "until"), now)
    if isinstance(until, Wrong):
        problems = [until, *problems]
    if problems or isinstance(until, Wrong):
        return await _page(department, visit, broker, problems)
    wanted = Pause(actor=visit.who.actor, reason=reason, until=until)
    await broker.store.write(lambda tx: department_state.pause(tx, department, wanted, now))
    log.warning("department.paused", department=department)
    return RedirectResponse(f"/departments/{department}", 303)


@router.post("/departments/{department}/resume")
async def resume(department: str, visit: Operator, broker: TheBroker) -> Response:
    """Let it be told again: it ends a pause, and the hold after too many refusals."""
    known_department(department, broker)
    now = broker.now()
    reason, problems = reason_in(visit.form)
    if problems:
        return await _page(department, visit, broker, problems)
    await broker.store.write(lambda tx: department_state.resume(tx, department, visit.who.actor, reason, now))
    log.info("department.resumed", department=department)
    return RedirectResponse(f"/departments/{department}", 303)


async def _page(department: str, visit: Visit, broker: Broker, problems: list[Wrong] | None = None) -> Response:
    now = broker.now()
    one = here(await broker.store.read(lambda tx: _one(departments_at_a_glance(tx, now, broker.adapters), department)))
    return show(
        visit,
        "department.html",
        422 if problems else 200,
        one=one,
        is_held=one.condition in (Condition.PAUSED, Condition.REFUSING),
        ours=broker.adapter(department) is not None,
        rate=broker.replays.rates.get(department),
        in_flight=broker.replays.in_flight.get(department),
        colour=_COLOURS[one.condition],
        word=_WORDS[one.condition],
        breaker=_BREAKERS[one.breaker],
        lengths=LENGTHS,
        other=Length.OTHER,
        typed=visit.form,
        problems=problems or [],
    )


def _one(found: tuple[Glance, ...], department: str) -> Glance | None:
    return next((each for each in found if each.department == department), None)
