"""Protecting: what the named team sees of notifications about people who are known to it alone."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from broker.clients import Client, Permission
from broker.reviews import protected
from broker.reviews.reviewing import Case
from broker.web.bodies import read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import described, not_found
from broker.web.reviewing import Look
from broker.web.tracking import checked_reference

router = APIRouter()
_PROTECTED: Final = "/api/v1/protected"
TeamMember = Annotated[Client, needs(Permission.PROTECTED)]


class ProtectedLine(BaseModel):
    """One notification for the team; opening it is another act, with a reason."""

    reference: str = Field(description="the notification's reference")
    kind: str = Field(description="which life event it is")
    sure: str = Field(description="matched, or unsure where somebody else could be meant")
    opened_at: str = Field(description="since when it waits")


class ForTheTeam(BaseModel):
    """What nobody of the team has taken yet."""

    team: str = Field(description="the team's name")
    items: list[ProtectedLine] = Field(description="the longest-standing first")


class Taken(BaseModel):
    """Whether the asker takes care of it now."""

    taken: bool = Field(description="false where a colleague has it already")


@router.get(_PROTECTED, responses=described(401, 403, 503), summary="What concerns somebody protected")
async def list_protected(_: TeamMember, broker: TheBroker) -> ForTheTeam:
    """Answer what waits for the team; no personal data is in it."""
    lines = [
        ProtectedLine(reference=one.reference, kind=one.kind, sure=one.sure, opened_at=one.opened_at.isoformat())
        for one in await broker.store.read(protected.listed())
    ]
    return ForTheTeam(team=broker.choices.protection_team, items=lines)


@router.post(
    f"{_PROTECTED}/{{reference}}/look",
    responses=described(400, 401, 403, 404, 415, 422, 503),
    summary="One notification beside its protected records",
)
async def show_protected(reference: str, request: Request, client: TeamMember, broker: TheBroker) -> Case:
    """Answer the event beside each record. Who looked and why is in the audit before the answer leaves."""
    wanted = read_body(Look, await request.body())
    case = await protected.look(checked_reference(reference), client.name, wanted.reason, broker)
    if case is None:
        raise not_found()
    return case


@router.post(
    f"{_PROTECTED}/{{reference}}/take",
    responses=described(400, 401, 403, 404, 415, 422, 503),
    summary="Take care of one notification",
)
async def take_protected(reference: str, request: Request, client: TeamMember, broker: TheBroker) -> Taken:
    """Take it off the team's list; what is to be done is done by hand."""
    wanted = read_body(Look, await request.body())
    done = await broker.store.write(
        protected.take(checked_reference(reference), client.name, wanted.reason, broker.now())
    )
    return Taken(taken=done)
