"""The failures page: what waits for an operator, by cause, with filters that stand in the address."""

from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.failures import failures
from broker.failures.causes import CAUSE_CAPTIONS, Cause
from broker.failures.failures import dead_letter_number
from broker.failures.groups import Group, groups
from broker.notifications import LIFE_EVENTS
from broker.replays.replaying import judge
from broker.screens.operator.filters import PERIOD_CAPTIONS, filters_of
from broker.screens.operator.saved_views import saved_views
from broker.screens.operator.showing import here, named, show
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from schemas.kinds import life_events

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
#: causes on one page; the filters find the others
MOST_CAUSES: Final = 200


@router.get("/failures")
async def list_causes(visit: Looker, broker: TheBroker) -> Response:
    """Failures by cause, the longest-standing first."""
    filters, understood = filters_of(visit.request.query_params)
    now = broker.now()
    found, views = await broker.store.read(lambda tx: (groups(tx, filters.wanted(now), now), saved_views(tx)))
    return show(
        visit,
        "failures.html",
        groups=found[:MOST_CAUSES],
        more=len(found) - MOST_CAUSES,
        count=sum(group.count for group in found),
        filters=filters,
        understood=understood,
        options=filters.options(now),
        views=views,
        captions=CAUSE_CAPTIONS,
        causes=list(Cause),
        periods=PERIOD_CAPTIONS,
        kinds={name: kind.caption for name, kind in life_events().items()},
        departments=[adapter.department for adapter in broker.adapters],
        trend=trend,
    )


def trend(group: Group) -> str:
    """Whether a cause grows, from its last two hours."""
    if group.last_hour == group.hour_before:
        return "steady" if group.last_hour else "quiet"
    return "growing" if group.last_hour > group.hour_before else "falling"


@router.get("/failures/one/{failure}")
async def show_failure(failure: str, visit: Looker, broker: TheBroker) -> Response:
    """One failure: its attempts, its steps, what waits behind it, and what a replay would do."""
    name, topic = named(failure), broker.topic(LIFE_EVENTS)
    if dead_letter_number(name) is not None:
        return RedirectResponse(f"/dead-letters/{name}", 303)
    examined, judged = await broker.store.read(
        lambda tx: (failures.show(tx, name), judge(tx, name, force=False, life_events=topic))
    )
    found = here(examined)
    return show(visit, "failure.html", examined=found, one=found.failure, judged=judged, captions=CAUSE_CAPTIONS)
