"""Telling, the form: only what departments need to hear of this life event, asked as people say it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from broker.form_use import FormStep, count_form
from broker.had import on_their_word
from broker.permissions import not_taken_back
from broker.person import Person
from broker.ports import Broker
from broker.screens.answers import PREFIX, first, value_at
from broker.screens.asking import Asked, asked_of
from broker.screens.composing import COMPLETED, PICKED, compose
from broker.screens.drafts import Draft
from broker.screens.fields import sections_of, summary_of
from broker.screens.finding import known_home, others_at_home, person_by
from broker.screens.permitting import PERMISSION, to_ask_of
from broker.screens.questions import Widget
from broker.screens.spoken import address_in_words, spoken_address
from broker.screens.telling import Adviser, LateAdviser, keep, own_draft
from broker.screens.told_before import not_looked_at
from broker.screens.visit import Visit
from broker.web.keys import TheBroker
from schemas.bereavement import Bereavement
from schemas.kinds import life_events, parse_life_event
from schemas.life_event import LifeEvent
from schemas.move import Move
from schemas.problems import Problem, problems_of, warnings_of
from schemas.today import LONDON
from schemas.variants import Variant, variant_of

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """A draft with everything that its form needs."""

    draft: Draft
    person: Person | None
    others: tuple[Person, ...]
    asked: tuple[Asked, ...]
    variant: Variant
    #: departments that had what this corrects because of a yes
    told_already: frozenset[str] = frozenset()

    @property
    def document(self) -> dict[str, Any]:
        """The life event as far as it was told."""
        return compose(self.draft, self.person, self.others, self.asked)

    def judged(self) -> tuple[LifeEvent | None, tuple[Problem, ...]]:
        """The life event, or what is wrong with it."""
        model = variant_of(life_events()[self.draft.kind], self.variant)
        today = self.draft.made_at.astimezone(LONDON).date()
        document = self.document
        wrong = self._not_permitted(document)
        try:
            model.model_validate(document, context={"today": today})
        except ValidationError as error:
            return None, (*problems_of(error), *wrong)
        # What is judged is the variant; what is told is the life event itself.
        return (None, wrong) if wrong else (parse_life_event(document, today=today), ())

    def _not_permitted(self, document: dict[str, Any]) -> tuple[Problem, ...]:
        """Permissions that were not answered, and those that a correction would take back."""
        paths = [one.question.path for one in self.asked if one.question.path.startswith(PERMISSION)]
        answers = {path: value_at(document, path) for path in paths}
        refused = {path.removeprefix(PERMISSION) for path, answer in answers.items() if answer is False}
        missing = (path for path, answer in answers.items() if answer is None)
        taken_back = not_taken_back(self.told_already & refused, frozenset())
        return (*(Problem(field=path, code="missing", message="Choose yes or no.") for path in missing), *taken_back)


@router.get("/tell/{draft_id}/details")
async def ask(draft_id: str, visit: Adviser, broker: TheBroker) -> Response:
    """The form."""
    draft = await own_draft(draft_id, visit, broker)
    if draft.reference:
        return RedirectResponse(f"/track/{draft.reference}", 303)
    if not draft.said.is_chosen:
        return RedirectResponse(f"/tell/{draft.id}/person", 303)
    if await not_looked_at(draft, broker):
        return RedirectResponse(f"/tell/{draft.id}/before", 303)
    return _form_page(visit, await filling(draft, broker), ())


@router.post("/tell/{draft_id}/details")
async def answer(draft_id: str, visit: LateAdviser, broker: TheBroker) -> Response:
    """Keep what was typed, and go on where nothing is wrong with it."""
    draft = await own_draft(draft_id, visit, broker)
    if draft.reference:
        return RedirectResponse(f"/track/{draft.reference}", 303)
    typed = {name: values for name, values in visit.form.said().items() if name.startswith(PREFIX)}
    draft = await keep(draft, replace(draft.said, typed=typed), broker)
    if visit.idle:
        return RedirectResponse(f"/sign-in?next=/tell/{draft.id}/details", 303)
    filled = await _at_home(await filling(draft, broker), broker)
    _, wrong = filled.judged()
    if wrong:
        await broker.store.write(lambda tx: count_form(tx, draft.kind, FormStep.TURNED_BACK, broker.now()))
        return _form_page(visit, filled, wrong, 422)
    return RedirectResponse(f"/tell/{draft.id}/check", 303)


async def _at_home(filled: Filling, broker: Broker) -> Filling:
    """Put a new home that we know in our own words, so that its property number is found again."""
    name = f"{PREFIX}new_address"
    typed = filled.draft.said.typed
    said = await known_home(spoken_address(first(typed, name), first(typed, f"{name}.country")), broker)
    if filled.draft.kind != Move.kind or said is None or "uprn" not in said:
        return filled
    before = {**filled.draft.said.before, "new_address": said}
    typed = {**typed, name: [address_in_words(said)]}
    said_ = replace(filled.draft.said, before=before, typed=typed)
    return replace(filled, draft=await keep(filled.draft, said_, broker))


async def filling(draft: Draft, broker: Broker) -> Filling:
    """Look up what the form needs. Raises StoreUnavailable."""
    person = await person_by(draft.said.person, broker)
    others = await others_at_home(person, broker) if person else ()
    variant = Variant.MATCHED if person else Variant.UNKNOWN
    by_another = draft.said.caller != "self"
    permitting = to_ask_of(draft.kind, person, broker.adapters)
    asked = asked_of(draft.kind, variant, broker.adapters, by_another=by_another, permitting=permitting)
    known = COMPLETED.get(draft.kind, frozenset()) if person and person.addresses else frozenset()
    kept = tuple(one for one in asked if one.question.path not in known or not _is_held(one.question.path, person))
    told = await _told_already(draft, broker) if permitting else frozenset()
    return Filling(draft=draft, person=person, others=others, asked=kept, variant=variant, told_already=told)


async def _told_already(draft: Draft, broker: Broker) -> frozenset[str]:
    """Who had what this corrects."""
    corrects = draft.said.corrects
    return await broker.store.read(lambda tx: on_their_word(tx, corrects)) if corrects else frozenset()


def _is_held(path: str, person: Person | None) -> bool:
    """Whether the directory holds what this would ask."""
    if person is None:
        return False
    home = person.addresses[0] if person.addresses else None
    return bool(person.names) if path == "previous_name" else bool(home and home.lines and home.postcode)


def _form_page(visit: Visit, filled: Filling, wrong: Sequence[Problem], status: int = 200) -> Response:
    draft = filled.draft
    return visit.page(
        "tell/details.html",
        status,
        draft=draft,
        person=filled.person,
        others=filled.others if any(one.question.widget is Widget.PEOPLE for one in filled.asked) else (),
        picked=draft.said.typed.get(PICKED, ()),
        sections=sections_of(filled.asked, draft.kind, draft.said.typed, wrong, visit.say),
        problems=summary_of(filled.asked, draft.kind, wrong, visit.say),
        is_death=draft.kind == Bereavement.kind,
    )


def doubts(told: LifeEvent) -> tuple[Problem, ...]:
    """What is accepted, and should be confirmed with the caller."""
    return warnings_of(told)
