"""Protected people's notifications, for the named team alone: to everybody else these pages say what they always say."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.reviews import protected
from broker.reviews.protected import ForTheTeam
from broker.screens.fields import Wrong
from broker.screens.reviewer.case import WRONG_REASON, reason_in
from broker.screens.reviewer.side_by_side import columns_of, rows_of
from broker.screens.reviewer.waiting import age_in_words, caption_of
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from broker.web.problem import not_found
from broker.web.tracking import checked_reference

router = APIRouter()
LIST: Final = "/protected"
TeamMember = Annotated[Visit, shows(May.PROTECTED)]


@router.get(LIST)
async def list_protected(visit: TeamMember, broker: TheBroker) -> Response:
    """What nobody of the team has taken yet."""
    now, found = broker.now(), await broker.store.read(protected.listed())
    lines = [(one, caption_of(one.kind), age_in_words(now - one.opened_at)) for one in found]
    return visit.page("reviewer/protected.html", lines=lines, team=broker.choices.protection_team)


@router.get(f"{LIST}/{{reference}}")
async def ask_why(reference: str, visit: TeamMember, broker: TheBroker) -> Response:
    """Why it is opened: the audit must have it first."""
    return _asking(visit, await _listed(reference, broker))


@router.post(f"{LIST}/{{reference}}")
async def show_protected(reference: str, visit: TeamMember, broker: TheBroker) -> Response:
    """The event beside each record. Sent again it shows the same again, and the audit has that too."""
    if (reason := reason_in(visit.form)) is None:
        return _asking(visit, await _listed(reference, broker), WRONG_REASON, 422)
    case = await protected.look(checked_reference(reference), visit.who.actor, reason, broker)
    if case is None:
        raise not_found()
    return visit.page(
        "reviewer/protected_case.html",
        case=case,
        caption=caption_of(case.kind),
        reason=reason,
        columns=columns_of(case),
        rows=rows_of(case),
    )


@router.post(f"{LIST}/{{reference}}/take")
async def take(reference: str, visit: TeamMember, broker: TheBroker) -> Response:
    """Take care of it: it leaves the list, and what is to be done is done by hand."""
    reason = reason_in(visit.form) or "Taken from the team's list."
    await broker.store.write(protected.take(checked_reference(reference), visit.who.actor, reason, broker.now()))
    return RedirectResponse(LIST, 303)


async def _listed(reference: str, broker: TheBroker) -> ForTheTeam:
    """Raises Refusal with 404."""
    known = checked_reference(reference)
    found = [one for one in await broker.store.read(protected.listed()) if one.reference == known]
    if not found:
        raise not_found()
    return found[0]


def _asking(visit: Visit, found: ForTheTeam, wrong: Sequence[Wrong] = (), status: int = 200) -> Response:
    facts = {"found": found, "caption": caption_of(found.kind), "problems": wrong}
    return visit.page("reviewer/protected_why.html", status, **facts, typed=visit.form.get("reason", ""))
