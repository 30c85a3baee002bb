"""Amending what was told: a department's question answered, a correction, a withdrawal."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Row, select

from broker import journey
from broker.notification import EarlierNotFound, KeyReused
from broker.ports import Broker
from broker.recording import Door
from broker.screens import drafts
from broker.screens.answers import PREFIX, typed_from
from broker.screens.drafts import Draft, Said
from broker.screens.fields import Wrong, choices_in_words
from broker.screens.finding import person_by
from broker.screens.permitting import permission_question
from broker.screens.questions import question_at, questions_of
from broker.screens.telling_check import SOURCE, take_in
from broker.screens.telling_form import filling
from broker.screens.tracking import tracked, view_of
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.standing import Standing
from broker.tables import delivery, event
from broker.tracker import Tracker
from broker.web.keys import TheBroker
from broker.web.problem import Refusal, not_found
from schemas.today import london_today
from schemas.variants import Variant
from schemas.withdrawal import Withdrawal, WithdrawalReason

router = APIRouter()
Amender = Annotated[Visit, shows(May.AMEND)]
#: nothing of it has left us
_NOT_TOLD: Final = frozenset({Standing.WAITING, Standing.CANCELLED})
#: set anew in a correction
_OWN: Final = ("kind", "schema_version", "told_at", "channel", "corrects", "client_reference")


@router.post("/track/{reference}/correct")
async def correct(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Begin a correction: the same form, filled in with what was told."""
    found = await tracked(reference, broker)
    draft = await _begin(found, visit, broker, {})
    return RedirectResponse(f"/tell/{draft.id}/details", 303)


@router.post("/track/{reference}/answer")
async def answer(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Give a department what it asks for, there and then: a correction in this one field, told to whoever had the rest."""
    found = await tracked(reference, broker)
    line = next((one for one in found.departments if one.department == visit.form.get("department")), None)
    question = question_at(found.kind, line.question.field) if line and line.question else None
    if question is None:
        raise not_found()
    name = PREFIX + question.path
    typed = {key: values for key, values in visit.form.said().items() if key == name or key.startswith(f"{name}.")}
    draft = await _begin(found, visit, broker, typed)
    filled = await filling(draft, broker)
    told, _ = filled.judged()
    if told is None or not any(value for values in typed.values() for value in values):
        return RedirectResponse(f"/tell/{draft.id}/details#{question.input_id}", 303)
    recorded = await take_in(filled, visit, broker)
    return RedirectResponse(f"/track/{recorded.reference}", 303)


async def _begin(found: Tracker, visit: Visit, broker: Broker, typed: dict[str, list[str]]) -> Draft:
    """A draft of a correction, filled in with what was told and then with what is different now."""
    row = await _told(found, broker)
    told: dict[str, Any] = orjson.loads(row.body)
    person = row.person if await person_by(row.person, broker) is not None else None
    questions = questions_of(found.kind, Variant.MATCHED if person else Variant.UNKNOWN)
    said = Said(
        person=person,
        is_chosen=True,
        caller="self" if told.get("informant", {}).get("is_subject") else "another",
        typed={**typed_from(told, questions), **_permitted(told), **typed},
        corrects=found.reference,
        before={name: value for name, value in told.items() if name not in _OWN and value is not None},
    )
    made = await broker.store.write(drafts.start(visit.who.actor, found.kind, said, broker.now()))
    draft = await broker.store.read(drafts.find(made, visit.who.actor))
    assert draft is not None  # noqa: S101 - it was written just now
    return draft


def _permitted(told: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was answered for each department that needs a permission."""
    asked = [permission_question(department, department) for department in told.get("permissions") or {}]
    return typed_from(told, asked)


@router.get("/track/{reference}/withdraw")
async def ask_why(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Ask why, and say what taking it back will undo."""
    return await _withdraw_page(visit, await tracked(reference, broker), broker)


@router.post("/track/{reference}/withdraw")
async def withdraw(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Take it back, once."""
    found = await tracked(reference, broker)
    reason = visit.form.get("reason", "")
    if reason not in set(WithdrawalReason):
        wrong = (Wrong(field="reason", message=visit.say("withdraw.choose")),)
        return await _withdraw_page(visit, found, broker, wrong, 422)
    row = await _told(found, broker)
    told: Mapping[str, Any] = orjson.loads(row.body)
    document = {
        "kind": Withdrawal.kind,
        "schema_version": "1.0",
        "channel": "phone",
        "occurred_on": london_today().isoformat(),
        "subject": told["subject"],
        "withdraws": found.reference,
        "reason": reason,
    }
    door = Door(source=SOURCE, actor=visit.who.actor, key=f"withdraw:{found.reference}")
    try:
        recorded = await journey.intake(orjson.dumps(document), door, broker)
    except (KeyReused, EarlierNotFound):
        raise Refusal(409, "withdrawn_already", "This was taken back already. Look at its tracker.") from None
    return RedirectResponse(f"/track/{recorded.reference}", 303)


async def _told(found: Tracker, broker: Broker) -> Row[Any, Any]:
    wanted = select(event.c.body, event.c.person).where(event.c.reference == found.reference)
    return await broker.store.read(lambda tx: tx.execute(wanted).one())


async def _withdraw_page(
    visit: Visit, found: Tracker, broker: Broker, wrong: tuple[Wrong, ...] = (), status: int = 200
) -> Response:
    reasons = choices_in_words(WithdrawalReason, visit.say)
    waiting = [line for line in found.departments if line.standing in _NOT_TOLD]
    # Kafka has not taken a letter yet that is theirs already: nothing calls it back, so they are told, and then that.
    on_its_way = await broker.store.read(lambda tx: _handed_over(tx, [line.delivery for line in waiting]))
    facts = {
        "reasons": reasons,
        "told": [line for line in found.departments if line.standing not in _NOT_TOLD],
        "on_its_way": [line for line in waiting if line.delivery in on_its_way],
        "spared": [line for line in waiting if line.delivery not in on_its_way],
        "problems": wrong,
    }
    return visit.page("track/withdraw.html", status, **view_of(found, visit), **facts)


def _handed_over(tx: Connection, deliveries: list[str]) -> set[str]:
    given = (delivery.c.id.in_(deliveries), delivery.c.standing == Standing.HANDED_OVER)
    return set(tx.execute(select(delivery.c.id).where(*given)).scalars())
