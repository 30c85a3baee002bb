"""Tracking: where a notification is, cheap to ask for again and again."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from broker.clients import Permission
from broker.tracker import StepLine, Tracker, timeline, track
from broker.web.keys import TheBroker, needs
from broker.web.problem import described, not_found
from broker.web.submitting import LIFE_EVENTS

router = APIRouter(dependencies=[needs(Permission.TRACK)])
_REFERENCE: Final = re.compile(r"TUO(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")
#: it may be kept, but only by the one who asked, and never shown without asking again
_CACHE: Final = "private, no-cache"


class Timeline(BaseModel):
    """Every step of a notification's journey."""

    items: list[StepLine] = Field(description="the steps, oldest first")


@router.get(
    f"{LIFE_EVENTS}/{{reference}}",
    response_model=Tracker,
    responses=described(401, 403, 404, 503) | {304: {"description": "It has not changed"}},
    summary="Where a notification is",
)
async def show(
    reference: str, request: Request, broker: TheBroker, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Answer the tracker, or 304 where the asker has it already."""
    found = await broker.store.read(track(checked_reference(reference), broker.adapters))
    if found is None:
        raise not_found()
    tag = f'W/"{found.version}"'
    headers = {"ETag": tag, "Cache-Control": _CACHE}
    if _has(request.headers.getlist("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return JSONResponse(found.as_document(), headers=headers)


@router.get(
    f"{LIFE_EVENTS}/{{reference}}/timeline",
    response_model=Timeline,
    responses=described(401, 403, 404, 503),
    summary="Every step of a notification's journey",
)
async def show_steps(reference: str, broker: TheBroker) -> Timeline:
    """Answer what each step decided, oldest first."""
    steps = await broker.store.read(timeline(checked_reference(reference)))
    if not steps:
        raise not_found()
    return Timeline(items=list(steps))


def checked_reference(reference: str) -> str:
    """The reference as it is written down; people type it in small letters too. Raises Refusal."""
    written = reference.upper()
    if not _REFERENCE.fullmatch(written):
        raise not_found()
    return written


def _has(given: list[str], tag: str) -> bool:
    """Whether the asker holds this version (RFC 9110 section 13.1.2: compared weakly)."""
    held = {one.strip().removeprefix("W/") for line in given for one in line.split(",")}
    return "*" in held or tag.removeprefix("W/") in held
