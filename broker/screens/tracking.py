"""The tracker: fills in while the caller is on the line, a line a department, with the sentence to say."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from broker.ports import Broker
from broker.screens import drafts
from broker.screens.asking import Asked
from broker.screens.fields import Field, Wrong, field_of, label_of
from broker.screens.questions import question_at
from broker.screens.stoppable import can_be_stopped
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May, may
from broker.standing import Progress, Standing
from broker.tracker import Tracker, track
from broker.web.keys import TheBroker
from broker.web.problem import not_found
from schemas.bereavement import Bereavement
from schemas.kinds import life_events
from schemas.outcome import OutcomeKind

router = APIRouter()
Follower = Annotated[Visit, shows(May.TRACK)]
_LETTERS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_REFERENCE: Final = re.compile(r"TUO(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")
_PARTS: Final = 12


def typed_reference(text: str) -> str | None:
    """A reference as it is written down, from what was typed: with or without its hyphens, and O for 0."""
    letters = re.sub(r"[^A-Z0-9]", "", text.upper())
    letters = letters.removeprefix("TUO") if len(letters) > _PARTS else letters
    letters = letters.translate(_LETTERS)
    written = f"TUO-{letters[:4]}-{letters[4:8]}-{letters[8:12]}"
    return written if len(letters) == _PARTS and _REFERENCE.fullmatch(written) else None


@router.get("/track")
async def ask_reference(visit: Follower) -> Response:
    """Ask for a reference."""
    return visit.page("track/find.html", problems=(), typed="")


@router.post("/track")
async def find_reference(visit: Follower, broker: TheBroker) -> Response:
    """Go to the tracker of a reference."""
    typed = visit.form.get("reference", "")[:40]
    reference = typed_reference(typed)
    if reference is not None and await broker.store.read(track(reference, broker.adapters)) is not None:
        return RedirectResponse(f"/track/{reference}", 303)
    wrong = (Wrong(field="reference", message=visit.say("track.not_here")),)
    return visit.page("track/find.html", 422, problems=wrong, typed=typed)


@router.get("/track/{reference}")
async def show(reference: str, visit: Follower, broker: TheBroker) -> Response:
    """Where one notification is."""
    found = await tracked(reference, broker)
    facts = {"sent": "sent" in visit.request.query_params, "stoppable": await _stoppable(found, visit, broker)}
    return visit.page("track/show.html", **facts, **view_of(found, visit))


@router.get("/track/{reference}/now")
async def refresh(reference: str, request: Request, visit: Follower, broker: TheBroker) -> Response:
    """Only what changes, for a page that asks again and again; 304 where nothing has changed."""
    found = await tracked(reference, broker)
    stoppable = await _stoppable(found, visit, broker)
    tag = f'"{found.version}-{visit.say.tongue}{"-stop" if stoppable else ""}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    answer = visit.page("track/lines.html", stoppable=stoppable, **view_of(found, visit))
    answer.headers.update(headers)
    return answer


@router.get("/recent")
async def recent(visit: Annotated[Visit, shows(May.TELL)], broker: TheBroker) -> Response:
    """The adviser's own drafts, and what they submitted lately."""
    found = await broker.store.read(drafts.recent(visit.who.actor))
    return visit.page("track/recent.html", drafts=found)


async def tracked(reference: str, broker: Broker) -> Tracker:
    """The tracker. Raises Refusal with 404."""
    written = typed_reference(reference)
    found = await broker.store.read(track(written, broker.adapters)) if written else None
    if found is None:
        raise not_found()
    return found


async def _stoppable(found: Tracker, visit: Visit, broker: Broker) -> bool:
    """Whether whoever looks may still stop it; asked of the ledger only while a department waits."""
    waits = any(line.standing is Standing.WAITING for line in found.departments)
    if not waits or not may(visit.who.roles, May.AMEND):
        return False
    return await broker.store.read(can_be_stopped(found.reference, broker.now()))


def view_of(found: Tracker, visit: Visit) -> dict[str, Any]:
    """What the tracker's page shows."""
    answered = sum(line.outcome is not None and line.outcome is not OutcomeKind.AWAITED for line in found.departments)
    questions = {
        line.department: field
        for line in found.departments
        if line.question is not None and (field := _asked(found.kind, line.question.field, visit)) is not None
    }
    is_event = found.kind in life_events() and found.kind != "withdrawal"
    return {
        "found": found,
        "answered": answered,
        "answerable": questions,
        "spoken": " ".join(found.reference.replace("TUO-", "").replace("-", " ")),
        "missing": _missing(found, visit),
        "is_death": found.kind == Bereavement.kind,
        "may_amend": may(visit.who.roles, May.AMEND) and is_event,
        "can_write": visit.request.app.state.messenger is not None,
        # What was stopped or replaced has reached nobody: there is nothing to put right or take back.
        "is_over": found.progress is Progress.REJECTED,
    }


def _asked(kind: str, path: str, visit: Visit) -> Field | None:
    """The field that gives a department what it asks for; none where the form has no such field."""
    question = question_at(kind, path)
    return (
        None if question is None else field_of(Asked(question=question, adapters=(), is_for_all=True), kind, visit.say)
    )


def _missing(found: Tracker, visit: Visit) -> list[str]:
    """What a held notification waits for, in words."""
    paths = found.reason.missing if found.reason else ()
    asked = [question_at(found.kind, path) for path in paths]
    return [label_of(one, found.kind, visit.say) for one in asked if one is not None]
