"""Reviewing: the queue of uncertain matches, one case beside its records, and a reviewer's decision."""

from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broker import reviewing, reviews
from broker.clients import Client, Permission
from broker.reviewing import Case
from broker.reviews import Answer, Reading, ReviewRefused, Waiting
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found
from broker.web.tracking import checked_reference
from schemas.problems import Invalid, problems_of
from schemas.reading import read_json

router = APIRouter()
_REVIEWS: Final = "/api/v1/reviews"
L = TypeVar("L", bound="Look")
Reviewer = Annotated[Client, needs(Permission.REVIEW)]


class QueueLine(BaseModel):
    """One notification that waits; opening it is another act, with a reason."""

    reference: str = Field(description="the notification's reference")
    kind: str = Field(description="which life event it is")
    acts: str = Field(description="what a wrong match would do: irreversible events need two readers")
    opened_at: str = Field(description="since when it waits")
    records: int = Field(description="how many records it could be about")
    waits_for: str = Field(description="first or second reader")


class Queue(BaseModel):
    """What waits for a reviewer."""

    items: list[QueueLine] = Field(description="the longest-standing first")


class Look(BaseModel):
    """Why a reviewer opens a case."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    reason: str = Field(min_length=3, max_length=200, description="why, for the audit; no personal data")


class Choice(Look):
    """A reviewer's decision."""

    answer: Answer = Field(description="same, different, or cannot_tell")
    person: str | None = Field(default=None, max_length=36, description="with same: which record")
    ask: str | None = Field(
        default=None, max_length=64, pattern=r"^[a-z_.]+$", description="with cannot_tell: what to ask"
    )


class Settled(BaseModel):
    """Whether the decision settles the review, or a second reader must agree."""

    settled: bool = Field(description="false where a second reader must agree")


@router.get(_REVIEWS, responses=described(401, 403, 503), summary="What waits for a reviewer")
async def list_reviews(_: Reviewer, broker: TheBroker) -> Queue:
    """Answer the queue, the longest-standing first; no personal data is in it."""
    return Queue(items=[_line(one) for one in await broker.store.read(reviews.queue())])


@router.post(
    f"{_REVIEWS}/{{reference}}/look",
    responses=described(400, 401, 403, 404, 415, 422, 503),
    summary="One case beside its records",
)
async def show_review(reference: str, request: Request, client: Reviewer, broker: TheBroker) -> Case:
    """Answer the event beside each record. Who looked and why is in the audit before the answer leaves."""
    wanted = _read(Look, await request.body())
    case = await reviewing.look(checked_reference(reference), client.name, wanted.reason, broker)
    if case is None:
        raise not_found()
    return case


@router.post(
    f"{_REVIEWS}/{{reference}}/decision",
    responses=described(400, 401, 403, 404, 409, 415, 422, 503),
    summary="Decide one case",
)
async def decide_review(reference: str, request: Request, client: Reviewer, broker: TheBroker) -> Settled:
    """Take a decision; the waiting notification goes on at once when it is settled."""
    choice = _read(Choice, await request.body())
    reading = Reading(
        reference=checked_reference(reference),
        answer=choice.answer,
        person=choice.person,
        ask=choice.ask,
        actor=client.name,
        reason=choice.reason,
    )
    try:
        return Settled(settled=await broker.store.write(reviews.decide(reading, broker.now())))
    except ReviewRefused as error:
        raise Refusal(409, "review_refused", str(error)) from None


def _line(waiting: Waiting) -> QueueLine:
    return QueueLine(
        reference=waiting.reference,
        kind=waiting.kind,
        acts=waiting.acts,
        opened_at=waiting.opened_at.isoformat(),
        records=len(waiting.candidates),
        waits_for="second reader" if waiting.first_by else "first reader",
    )


def _read(model: type[L], body: bytes) -> L:
    try:
        return model.model_validate(read_json(body))
    except ValidationError as error:
        problems = problems_of(error)
    raise Invalid(problems)
