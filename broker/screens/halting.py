"""Halting: an adviser stops what was told while nobody has been told of it yet, as a death in its first minutes."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.screens.fields import Wrong, choices_in_words
from broker.screens.tracking import tracked, view_of
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.stopping import Stop, TooLate, stop
from broker.tracker import Tracker
from broker.web.keys import TheBroker
from broker.web.problem import Refusal
from schemas.withdrawal import WithdrawalReason

router = APIRouter()
Amender = Annotated[Visit, shows(May.AMEND)]


@router.get("/track/{reference}/stop")
async def ask_why(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Ask why it is stopped."""
    return _page(visit, await tracked(reference, broker))


@router.post("/track/{reference}/stop")
async def stop_it(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Stop it, once; where a team has been told by now it says so, and how to take it back."""
    found = await tracked(reference, broker)
    reason = visit.form.get("reason", "")
    if reason not in set(WithdrawalReason):
        return _page(visit, found, (Wrong(field="reason", message=visit.say("stop.choose")),), 422)
    wanted = Stop(reference=found.reference, actor=visit.who.actor, reason=reason)
    try:
        await broker.store.write(stop(wanted, broker.now(), broker.timing))
    except TooLate:
        raise Refusal(409, "told_already", visit.say("stop.too_late")) from None
    return RedirectResponse(f"/track/{found.reference}", 303)


def _page(visit: Visit, found: Tracker, wrong: tuple[Wrong, ...] = (), status: int = 200) -> Response:
    reasons = choices_in_words(WithdrawalReason, visit.say)
    return visit.page("track/stop.html", status, **view_of(found, visit), reasons=reasons, problems=wrong)
