"""Telling, the first two pages: what has happened, and to whom."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.directory.search import Found, TooLittle
from broker.notifications import note_audit
from broker.person import Person
from broker.ports import Broker
from broker.screens import drafts
from broker.screens.drafts import Draft, Said
from broker.screens.fields import Choice, Wrong
from broker.screens.finding import look_for, note_shown, others_at_home, person_by, would_help
from broker.screens.forms import Form
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from broker.web.problem import not_found
from schemas.bereavement import Bereavement
from schemas.kinds import life_events
from schemas.move import Move
from schemas.withdrawal import Withdrawal

router = APIRouter()
Adviser = Annotated[Visit, shows(May.TELL)]
LateAdviser = Annotated[Visit, shows(May.TELL, keeps_typed=True)]
#: the commonest first; what is left follows
_FIRST: Final = (Move.kind, Bereavement.kind)
_LONGEST_SEARCH: Final = 200
#: what a caller can show that they are the person
CHECKS: Final = ("date_of_birth", "address", "reference")
_CHECKS_NEEDED: Final = 2
_FEW: Final = 2


@router.get("/tell")
async def begin(visit: Adviser) -> Response:
    """The start page: what has happened, and the first facts about the person."""
    return _start_page(visit)


@router.post("/tell")
async def begun(visit: Adviser, broker: TheBroker) -> Response:
    """Start a draft with what was typed."""
    kind, search = visit.form.get("kind", ""), search_in(visit.form)
    if kind not in _kinds():
        wrong = (Wrong(field=f"kind-{_kinds()[0]}", message=visit.say("tell.choose_event")),)
        return _start_page(visit, wrong, search=search, status=422)
    unit = drafts.start(visit.who.actor, kind, Said(search=search), broker.now())
    draft = await broker.store.write(unit)
    return RedirectResponse(f"/tell/{draft}/person", 303)


@router.get("/tell/{draft_id}/person")
async def choose_person(draft_id: str, visit: Adviser, broker: TheBroker) -> Response:
    """Who was found, and who is speaking."""
    return await _person_page(visit, await own_draft(draft_id, visit, broker), broker)


@router.post("/tell/{draft_id}/person")
async def person_chosen(draft_id: str, visit: LateAdviser, broker: TheBroker) -> Response:
    """Take the person who was chosen; or search again."""
    draft = await own_draft(draft_id, visit, broker)
    form = visit.form
    if "again" in form:
        draft = await keep(draft, replace(draft.said, search=search_in(form)), broker)
        return RedirectResponse(f"/tell/{draft.id}/person", 303)
    said, wrong = _chosen(draft, form, visit)
    if said.person and said.caller == "self" and "unchecked" in form:
        return await _not_checked(visit, draft, said.person, broker)
    if wrong:
        return await _person_page(visit, replace(draft, said=said), broker, wrong, 422)
    person = await person_by(said.person, broker)
    if said.person and person is None:
        raise not_found()
    if said.caller.startswith("home:") and person is not None:
        others = await others_at_home(person, broker)
        caller = next((one for one in others if one.id == said.caller.removeprefix("home:")), None)
        said = replace(said, typed={**said.typed, **_typed_of(caller)}) if caller else said
    await keep(draft, said, broker)
    return RedirectResponse(f"/tell/{draft.id}/details", 303)


async def _not_checked(visit: Visit, draft: Draft, person: str, broker: Broker) -> Response:
    """The caller could not show who they are: it is noted, nothing is told, and the page says how to go on."""
    if await person_by(person, broker) is None:
        raise not_found()
    actor, at = visit.who.actor, broker.now()
    await broker.store.write(lambda tx: note_audit(tx, at, actor, "caller.not_checked", person, draft.kind))
    # Whoever was chosen before is not chosen any more: no other page of this draft leads to a submission.
    draft = await keep(draft, replace(draft.said, person=None, is_chosen=False, caller="", checked=()), broker)
    return visit.page("tell/unchecked.html", draft=draft)


def _chosen(draft: Draft, form: Form, visit: Visit) -> tuple[Said, tuple[Wrong, ...]]:
    """What was chosen, and what is wrong with it."""
    chosen, caller = form.get("person", ""), form.get("caller", "")
    checked = tuple(one for one in form.all_of("checked") if one in CHECKS)
    said = replace(
        draft.said,
        person=chosen if chosen not in ("", "none") else None,
        is_chosen=bool(chosen),
        caller=caller,
        checked=checked,
    )
    wrong = []
    if not chosen:
        wrong.append(Wrong(field="person-1", message=visit.say("person.choose")))
    if not caller:
        wrong.append(Wrong(field="caller-1", message=visit.say("person.choose_caller")))
    if caller == "self" and said.person and len(checked) < _CHECKS_NEEDED:
        wrong.append(Wrong(field="checked-1", message=visit.say("person.check_two")))
    return said, tuple(wrong)


def _typed_of(caller: Person) -> dict[str, list[str]]:
    """What the directory knows of somebody at the same home who rings: their name, phone and address."""
    if not caller.names:
        return {}
    name = caller.names[0]
    home = caller.addresses[0] if caller.addresses else None
    told = {
        "name.forenames": name.forenames or "",
        "name.surname": name.surname,
        "phone": caller.phone or "",
        "address": ", ".join([*home.lines, home.postcode or ""]) if home and home.lines else "",
    }
    return {f"q.informant.{key}": [value] for key, value in told.items() if value}


def _start_page(visit: Visit, wrong: tuple[Wrong, ...] = (), *, search: str = "", status: int = 200) -> Response:
    events = [Choice(value=kind, text=visit.say(f"event.{kind}")) for kind in _kinds()]
    return visit.page("tell/start.html", status, events=events, problems=wrong, search=search)


async def _person_page(
    visit: Visit, draft: Draft, broker: Broker, wrong: tuple[Wrong, ...] = (), status: int = 200
) -> Response:
    found, too_little = Found(people=(), more=False), not draft.said.search
    try:
        if not too_little:
            found = await look_for(draft.said.search, visit.who.actor, broker)
    except TooLittle:
        too_little = True
    others = await others_at_their_homes(found.people, broker)
    await note_shown(others, "same home", visit.who.actor, broker)
    helps = would_help(draft.said.search, draft.kind) if found.more or not found.people else ()
    facts: dict[str, Any] = {
        "helps": helps,
        "draft": draft,
        "found": found,
        "too_little": too_little,
        "problems": wrong,
        "checks": CHECKS,
    }
    return visit.page("tell/person.html", status, **facts, is_death=draft.kind == Bereavement.kind, others=others)


async def others_at_their_homes(people: Sequence[Person], broker: Broker) -> list[Person]:
    """Who else lives where those live who were found, if they are few: one of them may be calling."""
    if len(people) > _FEW:
        return []
    at_home = [one for person in people for one in await others_at_home(person, broker)]
    chosen_from = {person.id for person in people} if len(people) > 1 else set()
    return list({one.id: one for one in at_home if one.id not in chosen_from}.values())


async def own_draft(draft_id: str, visit: Visit, broker: Broker) -> Draft:
    """The adviser's own draft. Raises Refusal with 404."""
    draft = await broker.store.read(drafts.find(draft_id, visit.who.actor))
    if draft is None:
        raise not_found()
    return draft


async def keep(draft: Draft, said: Said, broker: Broker) -> Draft:
    """Keep what was typed."""
    await broker.store.write(drafts.keep(draft.id, said, broker.now()))
    return replace(draft, said=said)


def _kinds() -> list[str]:
    """The life events that are told by form, the commonest first."""
    others = [kind for kind in life_events() if kind not in (*_FIRST, Withdrawal.kind)]
    return [*_FIRST, *others]


def search_in(form: Form) -> str:
    """What was typed to search by."""
    return " ".join(form.get("search", "").split())[:_LONGEST_SEARCH]
