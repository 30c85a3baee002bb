"""Telling, the interruption: it was told already, or something else of who has died is still open. Look first."""

from dataclasses import replace

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.screens.finding import person_by
from broker.screens.telling import Adviser, LateAdviser, keep, own_draft
from broker.screens.told_before import told_before
from broker.web.keys import TheBroker
from schemas.bereavement import Bereavement

router = APIRouter()


@router.get("/tell/{draft_id}/before")
async def interrupt(draft_id: str, visit: Adviser, broker: TheBroker) -> Response:
    """Show what was told before, where anything was."""
    draft = await own_draft(draft_id, visit, broker)
    if draft.reference:
        return RedirectResponse(f"/track/{draft.reference}", 303)
    found = await told_before(draft, broker)
    if not found:
        return RedirectResponse(f"/tell/{draft.id}/details", 303)
    person = await person_by(draft.said.person, broker)
    same = any(one.kind == draft.kind for one in found)
    is_death = draft.kind == Bereavement.kind
    return visit.page("tell/before.html", draft=draft, person=person, found=found, same=same, is_death=is_death)


@router.post("/tell/{draft_id}/before")
async def go_on(draft_id: str, visit: LateAdviser, broker: TheBroker) -> Response:
    """The adviser has looked at it, and goes on; only what stood on the page has been looked at."""
    draft = await own_draft(draft_id, visit, broker)
    shown = set(visit.form.all_of("looked_at"))
    looked_at = tuple(one.reference for one in await told_before(draft, broker) if one.reference in shown)
    await keep(draft, replace(draft.said, looked_at=looked_at), broker)
    return RedirectResponse(f"/tell/{draft.id}/{'check' if draft.said.typed else 'details'}", 303)
