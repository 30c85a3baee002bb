"""Previewing a match: before anybody is searched for, what would help most to be sure who is meant."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from broker.clients import Client, Permission
from broker.identity.attainable import Attainable, attainable
from broker.web.bodies import STRICT, read_body
from broker.web.keys import needs
from broker.web.problem import described
from schemas.life_event import Acts
from schemas.subject import Subject

router = APIRouter()
PREVIEW: Final = "/api/v1/matches/preview"


class SoFar(BaseModel):
    """What has been said so far, and what a wrong match would do."""

    model_config = STRICT

    subject: Subject = Field(description="whom it is about, as far as it was said")
    acts: Acts = Field(default="standard", description="what a wrong match would do: irreversible, standard or light")


class Helpful(BaseModel):
    """A field that was not said, and what it would add."""

    field: str = Field(description="the field to ask for")
    bits: float = Field(description="what it adds if it agrees, in bits")
    enough: bool = Field(description="whether a match could be acted on then")


class Preview(BaseModel):
    """How sure a match could be at best; nobody has been searched for."""

    bits: float = Field(description="the best score that what was said can reach, in bits")
    needed: float = Field(description="the score that acting without a reviewer asks for")
    enough: bool = Field(description="whether enough was said for a match to be acted on")
    missing: list[Helpful] = Field(description="what would help, the most first")


@router.post(PREVIEW, responses=described(400, 401, 403, 408, 413, 415, 422, 503), summary="What would help to match")
async def preview(request: Request, _: Annotated[Client, needs(Permission.SUBMIT)]) -> Preview:
    """Weigh what was said before the directory is asked, so that a form can ask for just what helps most."""
    said = read_body(SoFar, await request.body())
    return _preview(attainable(said.subject, said.acts))


def _preview(best: Attainable) -> Preview:
    helpful = [Helpful(field=one.field, bits=one.bits, enough=one.enough) for one in best.missing]
    return Preview(bits=best.bits, needed=best.needed, enough=best.enough, missing=helpful)
