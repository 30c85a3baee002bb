"""Reviewing: the queue of uncertain matches, one case beside its records, and a reviewer's decision."""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from broker.clients import Client, Permission
from broker.reviews import reviewing, reviews, second_looks
from broker.reviews.reviewing import Case
from broker.reviews.reviews import Answer, Reading, ReviewRefused, Waiting
from broker.web.bodies import STRICT, read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found
from broker.web.tracking import checked_reference

router = APIRouter()
_REVIEWS: Final = "/api/v1/reviews"
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

    model_config = STRICT

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


class Next(BaseModel):
    """The next case, if any waits."""

    case: Case | None = Field(description="the case, or null where nothing waits that is not a colleague's")


class FairnessLine(BaseModel):
    """What second looks found in one group of names."""

    origin: str = Field(description="where the names seem to come from: a rough guess, worked out now and never kept")
    chosen: int = Field(description="links that were chosen for a second look")
    read: int = Field(description="how many were read")
    agreed: int = Field(description="how many a second reader agreed with")
    reversed: int = Field(description="how many a second reader found to be about somebody else")
    agreement: float | None = Field(description="the share that was agreed with")
    references: tuple[str, ...] = Field(description="the references of those that were reversed")


class FairnessReport(BaseModel):
    """What second looks found."""

    items: list[FairnessLine] = Field(description="one for each group of names")


@router.get(_REVIEWS, responses=described(401, 403, 503), summary="What waits for a reviewer")
async def list_reviews(_: Reviewer, broker: TheBroker) -> Queue:
    """Answer the queue, the longest-standing first; no personal data is in it."""
    return Queue(items=[_line(one) for one in await broker.store.read(reviews.queue())])


@router.post(
    f"{_REVIEWS}/next",
    responses=described(400, 401, 403, 415, 422, 503),
    summary="The next case, for one reviewer alone",
)
async def next_review(request: Request, client: Reviewer, broker: TheBroker) -> Next:
    """Give the case that waits longest to this reviewer for a while, and answer it beside its records."""
    wanted = read_body(Look, await request.body())
    return Next(case=await reviewing.look_at_next(client.name, wanted.reason, broker))


@router.get(
    f"{_REVIEWS}/fairness",
    responses=described(401, 403, 503),
    summary="What second looks found, by where names seem to come from",
)
async def show_fairness(_: Reviewer, broker: TheBroker) -> FairnessReport:
    """Answer how often second looks agreed with links that were made without a reviewer."""
    found = await broker.store.read(second_looks.fairness())
    lines = [
        FairnessLine.model_validate(asdict(each) | {"origin": name, "agreement": each.agreement})
        for name, each in found.items()
    ]
    return FairnessReport(items=lines)


@router.post(
    f"{_REVIEWS}/{{reference}}/look",
    responses=described(400, 401, 403, 404, 415, 422, 503),
    summary="One case beside its records",
)
async def show_review(reference: str, request: Request, client: Reviewer, broker: TheBroker) -> Case:
    """Answer the event beside each record. Who looked and why is in the audit before the answer leaves."""
    wanted = read_body(Look, await request.body())
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
    choice = read_body(Choice, await request.body())
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
