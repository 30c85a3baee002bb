"""Finding one notification by its reference, and following it: what happened, the next attempt, and how long until then."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.ports import Broker
from broker.screens.operator.showing import here, live, show
from broker.screens.operator.timeline import Mark, timeline
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.tracker import track
from broker.web.keys import TheBroker
from broker.web.problem import not_found

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: as people write them (Crockford's base 32)
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_TWELVE: Final = re.compile(f"[{_SIGNS}]{{12}}")


def reference_in(text: str) -> str | None:
    """A reference however it was typed; None where it cannot be one."""
    said = text.strip().upper()[:40].replace(" ", "").removeprefix("TUO").translate(_MEANT)
    return f"TUO-{said[:4]}-{said[4:8]}-{said[8:]}" if _TWELVE.fullmatch(said) else None


@router.get("/timeline")
async def find_timeline(visit: Looker, broker: TheBroker) -> Response:
    """Go to the timeline of a reference, or say that it is none."""
    typed = visit.request.query_params.get("reference", "")
    reference = reference_in(typed)
    if reference is not None:
        found = await broker.store.read(timeline(reference))
        if found is not None:
            return RedirectResponse(f"/timeline/{reference}", 303)
    message = "Enter a reference such as TUO-4F2K-9QXZ-77BM" if reference is None else "No event has this reference"
    problems = [{"field": "reference", "message": message}] if typed else []
    return show(visit, "timeline_find.html", 422 if problems else 200, typed=typed[:40], problems=problems)


@router.get("/timeline/{reference}")
async def show_timeline(reference: str, visit: Looker, broker: TheBroker) -> Response:
    """One notification's timeline."""
    return show(visit, "timeline.html", **await _facts(reference, broker))


@router.get("/timeline/{reference}/live")
async def show_what_changed(reference: str, visit: Looker, broker: TheBroker) -> Response:
    """The same as a part of the page; asked for again and again."""
    return live(visit, "timeline_live.html", **await _facts(reference, broker))


async def _facts(typed: str, broker: Broker) -> dict[str, Any]:
    reference = reference_in(typed)
    if reference is None:
        raise not_found()
    now = broker.now()
    told, found = await broker.store.read(
        lambda tx: (track(reference, broker.adapters, now)(tx), timeline(reference)(tx))
    )
    return {"told": here(told), "found": here(found), "next_mark": Mark.NEXT, "attempt_mark": Mark.ATTEMPT}
