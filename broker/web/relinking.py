"""Undoing a wrong link, and reading why a link was made."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from broker.clients import Client, Permission
from broker.reviews.relinking import RelinkRefused, WrongLink, relink
from broker.web.bodies import read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found
from broker.web.reviewing import Look
from broker.web.submitting import LIFE_EVENTS
from broker.web.tracking import checked_reference
from broker.why import Why, why

router = APIRouter()


class Wrong(Look):
    """Whom a notification is not about."""

    person: str | None = Field(
        default=None, max_length=36, description="which record it is not; left out, the one that it is linked to"
    )


class Undone(BaseModel):
    """What was done about a wrong link."""

    withdrawal: str | None = Field(description="the withdrawal of all that was told, or null where nothing had been")
    again: str = Field(description="the reference under which the same words are judged again")


@router.post(
    f"{LIFE_EVENTS}/{{reference}}/relink",
    responses=described(400, 401, 403, 404, 409, 415, 422, 503),
    summary="Undo a wrong link",
)
async def undo_link(
    reference: str, request: Request, client: Annotated[Client, needs(Permission.REVIEW)], broker: TheBroker
) -> Undone:
    """Withdraw everything told because of the link, and judge the event again without that person."""
    said = read_body(Wrong, await request.body())
    wrong = WrongLink(reference=checked_reference(reference), person=said.person, actor=client.name, reason=said.reason)
    try:
        done = await broker.store.write(relink(wrong, broker))
    except RelinkRefused as error:
        raise Refusal(409, "relink_refused", str(error)) from None
    return Undone(withdrawal=done.withdrawal, again=done.again)


@router.get(
    f"{LIFE_EVENTS}/{{reference}}/why",
    dependencies=[needs(Permission.TRACK)],
    responses=described(401, 403, 404, 503),
    summary="Why it was taken to be about whom",
)
async def show_why(reference: str, broker: TheBroker) -> Why:
    """Answer how the person was decided, in words: what was compared, how it was weighed, and who decided."""
    found = await broker.store.read(why(checked_reference(reference)))
    if found is None:
        raise not_found()
    return found
