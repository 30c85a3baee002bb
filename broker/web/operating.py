"""Operating: failures by cause, their replay, and the books, for whoever looks after the broker from afar."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broker.books import Books, book
from broker.clients import Client, Permission
from broker.failures import MOST, Cause, Examined, Failure, Group, Wanted, groups, listing, show
from broker.replaying import Order, Report, replay
from broker.web.keys import TheBroker, needs
from broker.web.problem import described, not_found
from schemas.characters import has_control
from schemas.problems import Invalid, Problem, problems_of
from schemas.reading import read_json

router = APIRouter()
_FAILURE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_LOOK: Final = [needs(Permission.FAILURES)]
_REFUSED: Final = described(401, 403, 422, 503)
_Name: Final = Query(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")


class Failures(BaseModel):
    """What waits for an operator."""

    groups: list[Group] = Field(description="failures by cause, department and reason, the longest-standing first")
    items: list[Failure] = Field(description="single failures, the longest-standing first")


class Replay(BaseModel):
    """An operator's word to replay."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ids: list[str] = Field(min_length=1, max_length=MOST, description="ids of failures")
    reason: str = Field(min_length=1, max_length=200, description="why, for the audit; no personal data")
    force: bool = Field(default=False, description="replay even what a later event of the person has overtaken")


@router.get("/api/v1/failures", dependencies=_LOOK, responses=_REFUSED, summary="What waits for an operator")
async def list_failures(
    broker: TheBroker,
    department: Annotated[str | None, _Name] = None,
    reason: Annotated[str | None, _Name] = None,
    cause: Cause | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="single failures at most")] = MOST,
) -> Failures:
    """Answer every group of failures, and the single failures that are wanted."""
    wanted = Wanted(department=department, reason=reason, cause=cause)
    return await broker.store.read(lambda tx: Failures(groups=groups(tx), items=listing(tx, wanted, limit)))


@router.get(
    "/api/v1/failures/{failure}",
    dependencies=_LOOK,
    responses=described(401, 403, 404, 503),
    summary="One failure with its attempts",
)
async def show_failure(failure: str, broker: TheBroker) -> Examined:
    """Answer everything an operator needs to decide about one failure."""
    found = await broker.store.read(lambda tx: show(tx, failure)) if _FAILURE.fullmatch(failure) else None
    if found is None:
        raise not_found()
    return found


@router.post("/api/v1/replays", responses=described(400, 401, 403, 408, 413, 415, 422, 503), summary="Replay failures")
async def replay_failures(
    request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Report:
    """Put failures back on their way under the same identities; the audit says who and why."""
    wanted = _replay_in(await request.body())
    return await replay(wanted.ids, Order(actor=client.name, reason=wanted.reason, force=wanted.force), broker)


@router.get("/api/v1/books", responses=described(401, 403, 503), summary="Whether the books balance")
async def show_books(_: Annotated[Client, needs(Permission.BOOKS)], broker: TheBroker) -> Books:
    """Draw up the books. They are read whole, so ask rarely."""
    now, waits = broker.now(), broker.timing.republish_after
    return await broker.store.read(lambda tx: book(tx, broker.adapters, now, republish_after=waits))


def _replay_in(body: bytes) -> Replay:
    try:
        wanted = Replay.model_validate(read_json(body))
    except ValidationError as error:
        problems = problems_of(error)
    else:
        problems = tuple(_unfit(wanted))
        if not problems:
            return wanted
    raise Invalid(problems)


def _unfit(wanted: Replay) -> list[Problem]:
    found = []
    if has_control(wanted.reason):
        found.append(Problem(field="reason", code="control_character", message="Use no control character."))
    if not all(_FAILURE.fullmatch(one) for one in wanted.ids):
        found.append(Problem(field="ids", code="bad_id", message="Send ids as the list of failures shows them."))
    return found
