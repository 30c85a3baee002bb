"""One case: why it is opened, the event beside each record, and the reviewer's answer."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from broker.ports import Broker
from broker.reviews import claims as review_claims
from broker.reviews import reviewing, reviews
from broker.reviews.reviewing import Case
from broker.reviews.reviews import ANSWER_CAPTIONS, Answer, Reading, ReviewRefused, Waiting
from broker.screens.fields import Wrong
from broker.screens.forms import Form
from broker.screens.reviewer.side_by_side import columns_of, rows_of
from broker.screens.reviewer.waiting import QUEUE, Reviewer, age_in_words, caption_of, departments_of, promise_of
from broker.screens.visit import Visit
from broker.web.keys import TheBroker
from broker.web.problem import Refusal, not_found
from broker.web.tracking import checked_reference

router = APIRouter()
#: what an adviser can ask the caller for, and what it is called
ASKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "subject.nino": "National Insurance number",
        "subject.date_of_birth": "date of birth",
        "subject.name": "full name",
        "subject.address": "address",
        "subject.phone": "phone number",
        "subject.email": "email address",
    }
)
LONGEST_REASON: Final = 200
_SHORTEST_REASON: Final = 3
_SAME: Final = "same:"


@router.get(f"{QUEUE}/{{reference}}")
async def show_case(reference: str, visit: Reviewer, broker: TheBroker) -> Response:
    """The case where the reviewer has claimed it; the question why they want it where not."""
    waiting, reason = await _claimed(reference, visit, broker)
    if reason is None:
        return _ask_why(visit, waiting)
    return await _case_page(visit, waiting, reason, broker)


@router.post(f"{QUEUE}/{{reference}}/open")
async def open_case(reference: str, visit: Reviewer, broker: TheBroker) -> Response:
    """Claim this very case, with the reason for the audit."""
    waiting, _ = await _claimed(reference, visit, broker)
    if (reason := reason_in(visit.form)) is None:
        return _ask_why(visit, waiting, WRONG_REASON, 422)
    unit = review_claims.claim(waiting.reference, visit.who.actor, reason, broker.now(), broker.choices.claim)
    try:
        if not await broker.store.write(unit):
            raise not_found()
    except ReviewRefused as error:
        raise Refusal(409, "review_refused", str(error)) from None
    return RedirectResponse(f"{QUEUE}/{waiting.reference}", 303)


@router.post(f"{QUEUE}/{{reference}}/decision")
async def decide(reference: str, visit: Reviewer, broker: TheBroker) -> Response:
    """Take the answer, and show what became of it."""
    waiting, reason = await _claimed(reference, visit, broker)
    if reason is None:
        return RedirectResponse(f"{QUEUE}/{waiting.reference}", 303)
    reading, wrong = _reading(waiting, visit)
    if reading is None:
        return await _case_page(visit, waiting, reason, broker, wrong, 422)
    try:
        settled = await broker.store.write(reviews.decide(reading, broker.now()))
    except ReviewRefused as error:
        raise Refusal(409, "review_refused", str(error)) from None
    disagreed = waiting.first_by is not None and not settled
    return RedirectResponse(f"{QUEUE}/{waiting.reference}/decided{'?disagreed=1' if disagreed else ''}", 303)


WRONG_REASON: Final = (Wrong(field="reason", message="Say in a few words why you open it, without personal details."),)


def reason_in(form: Form) -> str | None:
    """The reason that was typed; none where it is too short to say anything, or too long."""
    said = " ".join(form.get("reason", "").split())
    return said if _SHORTEST_REASON <= len(said) <= LONGEST_REASON else None


async def _claimed(reference: str, visit: Visit, broker: Broker) -> tuple[Waiting, str | None]:
    """The case, and why this reviewer has it, if they do. Raises Refusal with 404."""
    known = checked_reference(reference)

    def query(tx: Connection) -> tuple[Waiting | None, str | None]:
        found = reviews.find(tx, known)
        reason = review_claims.reason_of(found.event_id, visit.who.actor, broker.now())(tx) if found else None
        return found, reason

    waiting, reason = await broker.store.read(query)
    if waiting is None:
        raise not_found()
    return waiting, reason


def _reading(waiting: Waiting, visit: Visit) -> tuple[Reading | None, Sequence[Wrong]]:
    """What was answered, or what is wrong with it."""
    said, ask, note = (visit.form.get(name, "").strip() for name in ("answer", "ask", "note"))
    person = said.removeprefix(_SAME) if said.startswith(_SAME) else None
    known = person in waiting.candidates if person else said in (Answer.DIFFERENT, Answer.CANNOT_TELL)
    if not known:
        return None, (Wrong(field="answer-1", message="Choose one of the answers."),)
    if said == Answer.CANNOT_TELL and ask not in ASKS:
        return None, (Wrong(field="ask", message="Choose what the adviser should ask the caller for."),)
    if len(note) > LONGEST_REASON:
        return None, (Wrong(field="note", message=f"Use at most {LONGEST_REASON} characters for the note."),)
    answer = Answer.SAME if person else Answer(said)
    reading = Reading(
        reference=waiting.reference,
        answer=answer,
        person=person,
        ask=ask if answer is Answer.CANNOT_TELL else None,
        actor=visit.who.actor,
        reason=note or ANSWER_CAPTIONS[answer],
    )
    return reading, ()


def _ask_why(visit: Visit, waiting: Waiting, wrong: Sequence[Wrong] = (), status: int = 200) -> Response:
    facts = {"waiting": waiting, "caption": caption_of(waiting.kind), "problems": wrong}
    return visit.page("reviewer/ask_why.html", status, **facts, typed=visit.form.get("reason", ""))


async def _case_page(
    visit: Visit, waiting: Waiting, reason: str, broker: Broker, wrong: Sequence[Wrong] = (), status: int = 200
) -> Response:
    """The case beside its records. Who looked and why is in the audit before the page leaves."""
    case: Case | None = await reviewing.look(waiting.reference, visit.who.actor, reason, broker)
    if case is None:
        raise not_found()
    departments = departments_of(case.kind, broker.adapters)
    return visit.page(
        "reviewer/case.html",
        status,
        case=case,
        caption=caption_of(case.kind),
        opened_at=waiting.opened_at,
        age=age_in_words(broker.now() - waiting.opened_at),
        departments=[adapter.title for adapter in departments],
        promised=promise_of(waiting.opened_at, departments),
        two_readers=waiting.acts == "irreversible",
        columns=columns_of(case),
        rows=rows_of(case),
        asks=ASKS,
        typed=visit.form,
        problems=wrong,
    )
