"""Submitting a life event: answered with 202 and a reference, once it is written down."""

import re
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.datastructures import Headers

from broker import journey
from broker.clients import Client, Permission
from broker.notification import EarlierNotFound, KeyReused, Recorded
from broker.notifications import note_audit
from broker.ports import Broker
from broker.recording import Door
from broker.store import StoreUnavailable
from broker.telemetry import SUBMISSIONS
from broker.web.keys import TheBroker, needs
from broker.web.problem import ProblemField, Refusal, described, field_refused, refusal_of
from schemas.nino import looks_like_nino
from schemas.problems import Invalid, Problem
from schemas.reading import Unreadable

router = APIRouter()
#: the path of the collection; a notification's own is below it
LIFE_EVENTS: Final = "/api/v1/life-events"
KEY_HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


class Receipt(BaseModel):
    """What is answered when a life event has been written down."""

    reference: str = Field(description="what the adviser and the caller hold")
    id: str = Field(description="the notification's id: the same for the same key")
    status_url: str = Field(description="where the tracker is")
    repeat: bool = Field(description="the same had been told before; nothing was done again")
    warnings: list[ProblemField] = Field(description="what is accepted but should be confirmed with the caller")


@router.post(
    LIFE_EVENTS,
    status_code=202,
    response_model=Receipt,
    responses=described(400, 401, 403, 408, 409, 413, 415, 422, 503),
    summary="Tell a life event",
)
async def submit(request: Request, client: Annotated[Client, needs(Permission.SUBMIT)], broker: TheBroker) -> Response:
    """Write a life event down. With the same key, or else the same words, it is written down once."""
    letter = await request.body()
    try:
        key = idempotency_key(request.headers)
        recorded = await _take_in(letter, key, client, broker)
    except (Refusal, Unreadable, Invalid, KeyReused) as error:
        await _note_refusal(refusal_of(error).code, client, broker)
        raise
    except StoreUnavailable:
        SUBMISSIONS.labels("api", "unavailable").inc()
        raise
    SUBMISSIONS.labels("api", "repeat" if recorded.repeat else "recorded").inc()
    return _receipt(recorded)


async def _take_in(letter: bytes, key: str | None, client: Client, broker: Broker) -> Recorded:
    door = Door(source=f"client:{client.name}", actor=client.name, key=key)
    try:
        return await journey.intake(letter, door, broker)
    except EarlierNotFound as error:
        message = "No notification with this reference is here. Check the reference."
        raise Invalid((Problem(field=error.field, code="earlier_not_found", message=message),)) from None


def idempotency_key(headers: Headers) -> str | None:
    """The sender's own key for this telling, or None. Raises Refusal."""
    given = headers.getlist(KEY_HEADER)
    if not given:
        return None
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        message = "Send one key of at most 255 printable ASCII characters."
        raise field_refused(400, KEY_HEADER, "idempotency_key_format", message)
    if looks_like_nino(given[0]):
        message = "A National Insurance number cannot be used here. Use a key of your own."
        raise field_refused(422, KEY_HEADER, "reference_is_personal_data", message)
    return given[0]


async def _note_refusal(code: str, client: Client, broker: Broker) -> None:
    SUBMISSIONS.labels("api", "refused").inc()
    with suppress(StoreUnavailable):  # what is wrong with the letter is told all the same
        await broker.store.write(
            lambda tx: note_audit(tx, broker.now(), client.name, "notification.refused", code[:64])
        )


def _receipt(recorded: Recorded) -> Response:
    address = f"{LIFE_EVENTS}/{recorded.reference}"
    receipt = Receipt(
        reference=recorded.reference,
        id=recorded.id,
        status_url=address,
        repeat=recorded.repeat,
        warnings=[ProblemField(field=one.field, code=one.code, message=one.message) for one in recorded.warnings],
    )
    return JSONResponse(receipt.model_dump(), 202, {"Location": address})
