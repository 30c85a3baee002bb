"""Telling, the last page: who will be told what and why, and what they will not be told; then it is submitted, once."""

import orjson
from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from broker import journey
from broker.form_use import FormStep, count_form
from broker.notification import EarlierNotFound, KeyReused, Recorded
from broker.notifications import note_audit
from broker.ports import Broker, DirectoryUnavailable
from broker.recording import Door
from broker.screens import drafts
from broker.screens.foretelling import Foretold, answered_in_words, foretell
from broker.screens.telling import Adviser, LateAdviser, own_draft
from broker.screens.telling_form import Filling, doubts, filling
from broker.screens.told_before import not_looked_at
from broker.screens.told_when import when_in_words, words_to_say
from broker.screens.visit import Visit
from broker.telemetry import SUBMISSIONS
from broker.web.keys import TheBroker
from broker.web.problem import Refusal
from schemas.bereavement import Bereavement
from schemas.life_event import LifeEvent

router = APIRouter()
#: which door of the broker the screens are
SOURCE = "screens"


@router.get("/tell/{draft_id}/check")
async def check(draft_id: str, visit: Adviser, broker: TheBroker) -> Response:
    """Who will be told what."""
    draft = await own_draft(draft_id, visit, broker)
    if draft.reference:
        return RedirectResponse(f"/track/{draft.reference}", 303)
    filled = await filling(draft, broker)
    told, _ = filled.judged()
    if told is None:
        return RedirectResponse(f"/tell/{draft.id}/details", 303)
    if await not_looked_at(draft, broker):
        return RedirectResponse(f"/tell/{draft.id}/before", 303)
    return await _check_page(visit, filled, told, broker)


@router.post("/tell/{draft_id}/check")
async def submit(draft_id: str, visit: LateAdviser, broker: TheBroker) -> Response:
    """Write the life event down. The draft's key makes it one, however often this is sent."""
    draft = await own_draft(draft_id, visit, broker)
    if draft.reference:
        return RedirectResponse(f"/track/{draft.reference}", 303)
    if visit.idle:
        return RedirectResponse(f"/sign-in?next=/tell/{draft.id}/check", 303)
    filled = await filling(draft, broker)
    told, _ = filled.judged()
    if told is None:
        return RedirectResponse(f"/tell/{draft.id}/details", 303)
    if await not_looked_at(draft, broker):
        return RedirectResponse(f"/tell/{draft.id}/before", 303)
    recorded = await take_in(filled, visit, broker)
    return RedirectResponse(f"/track/{recorded.reference}", 303)


async def take_in(filled: Filling, visit: Visit, broker: Broker) -> Recorded:
    """Write what a draft tells down, and note that it is. Raises Refusal, StoreUnavailable or Invalid."""
    draft = filled.draft
    door = Door(source=SOURCE, actor=visit.who.actor, key=draft.key)
    try:
        recorded = await journey.intake(orjson.dumps(filled.document), door, broker)
    except KeyReused:
        raise Refusal(
            409, "told_already", "This was told already, in other words. Look under Recent changes."
        ) from None
    except EarlierNotFound:
        raise Refusal(409, "earlier_not_found", "What this puts right is not here any more. Start again.") from None
    SUBMISSIONS.labels(SOURCE, "repeat" if recorded.repeat else "recorded").inc()
    done = drafts.submitted(draft.id, recorded.reference, broker.now())

    def unit(tx: Connection) -> None:
        done(tx)
        if not recorded.repeat:
            count_form(tx, draft.kind, FormStep.SENT, broker.now())
        if draft.said.checked and not recorded.repeat:
            note_audit(tx, broker.now(), visit.who.actor, "caller.checked", recorded.id, ", ".join(draft.said.checked))

    await broker.store.write(unit)
    return recorded


async def _check_page(visit: Visit, filled: Filling, told: LifeEvent, broker: Broker) -> Response:
    kind = filled.draft.kind
    answered = answered_in_words(filled.asked, filled.document, kind, visit.say)
    foretold = await _foretell(filled, told, answered, visit, broker)
    now = broker.now()
    return visit.page(
        "tell/check.html",
        draft=filled.draft,
        person=filled.person,
        foretold=foretold,
        when=[when_in_words(one.waits, now, visit.say) for one in foretold.told] if foretold else [],
        to_say=words_to_say([(one.title, one.waits) for one in foretold.told], now, visit.say) if foretold else "",
        doubts=[visit.say.either(one.message) for one in doubts(told)],
        is_death=kind == Bereavement.kind,
    )


async def _foretell(
    filled: Filling, told: LifeEvent, answered: dict[str, str], visit: Visit, broker: Broker
) -> Foretold | None:
    """What will happen; none where it cannot be said just now, which keeps nobody from submitting."""
    try:
        return await foretell(filled.draft, told, answered, visit.say, broker)
    except DirectoryUnavailable:
        return None
