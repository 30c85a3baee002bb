"""Operating: failures by cause, what is noted on them, and the books, for whoever looks after the broker from afar."""

import re
from base64 import b64encode
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from broker.books import Books, book
from broker.clients import Client, Permission
from broker.failures import dead_letters, keeping_waiting
from broker.failures.dead_letters import Described
from broker.failures.failures import MOST, Cause, Examined, Failure, Wanted, dead_letter_number, listing, show
from broker.failures.groups import Group, groups
from broker.failures.notes import note_cause
from broker.failures.vouching import CannotVouch, Said, Word, vouch
from broker.replays.orders import RefusedOrder, replay_few
from broker.replays.replaying import Order, Report
from broker.standing import Standing
from broker.web.bodies import ONE_LINE, STRICT, Reason, read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found
from schemas.characters import has_control
from schemas.problems import Invalid, Problem

router = APIRouter()
_FAILURE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_LOOK: Final = [needs(Permission.FAILURES)]
_REFUSED: Final = described(401, 403, 422, 503)
_Name: Final = Query(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
GROUP: Final = r"^G-[0-9A-F]{8}$"


class Failures(BaseModel):
    """What waits for an operator."""

    groups: list[Group] = Field(description="failures by cause, the longest-standing first")
    items: list[Failure] = Field(description="single failures, the longest-standing first")


class Replay(BaseModel):
    """An operator's word to replay."""

    model_config = STRICT

    ids: list[str] = Field(min_length=1, max_length=MOST, description="ids of failures")
    reason: str = Field(min_length=1, max_length=200, description="why, for the audit; no personal data")
    force: bool = Field(default=False, description="replay even what a later event of the person has overtaken")


class WordOfMouth(Reason):
    """What a department said of a delivery, outside the broker."""

    said: Said = Field(description="what became of it")


class Vouched(BaseModel):
    """Where the delivery stands now."""

    standing: Standing


class NoteOnCause(BaseModel):
    """What is noted on a cause, in place of what was noted before."""

    model_config = STRICT

    owner: str | None = Field(default=None, max_length=64, pattern=ONE_LINE, description="whose it is")
    note: str | None = Field(
        default=None, max_length=200, pattern=ONE_LINE, description="what is known; no personal data"
    )


class RawLetter(BaseModel):
    """A dead letter as it was read from its topic. Personal data."""

    key: str | None = Field(description="base64, or null")
    value: str | None = Field(description="base64, or null")
    headers: dict[str, str | None] = Field(description="base64 by name")


class Released(BaseModel):
    """Who goes on."""

    released: int = Field(description="events that go on")


@router.get("/api/v1/failures", dependencies=_LOOK, responses=_REFUSED, summary="What waits for an operator")
async def list_failures(
    broker: TheBroker,
    department: Annotated[str | None, _Name] = None,
    reason: Annotated[str | None, _Name] = None,
    cause: Cause | None = None,
    kind: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$", description="the kind of life event")] = None,
    since: Annotated[AwareDatetime | None, Query(description="failed at or after")] = None,
    until: Annotated[AwareDatetime | None, Query(description="failed before")] = None,
    group: Annotated[str | None, Query(pattern=GROUP, description="one cause")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="single failures at most")] = MOST,
) -> Failures:
    """Answer the causes and the single failures that are wanted."""
    wanted = Wanted(department=department, reason=reason, cause=cause, kind=kind, since=since, until=until, group=group)
    now = broker.now()
    return await broker.store.read(
        lambda tx: Failures(groups=groups(tx, wanted, now), items=listing(tx, wanted, limit))
    )


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


@router.post(
    "/api/v1/failures/{failure}/answer",
    responses=described(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
    summary="What the department said by word of mouth",
)
async def answer_failure(
    failure: str, request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Vouched:
    """Write down what a department said of a delivery that has no answer of its own; the person's next goes on."""
    body = read_body(WordOfMouth, await request.body())
    word = Word(delivery=failure, said=body.said, actor=client.name, reason=body.reason)
    try:
        standing = await broker.store.write(vouch(word, broker)) if _FAILURE.fullmatch(failure) else None
    except CannotVouch as error:
        raise Refusal(409, "not_waiting", f"Nothing is to be said of it now: {error}.") from None
    if standing is None:
        raise not_found()
    return Vouched(standing=standing)


@router.put(
    "/api/v1/failure-groups/{group}",
    status_code=204,
    responses=described(400, 401, 403, 404, 408, 413, 415, 422, 503),
    summary="Whose a cause is, and what is known of it",
)
async def note_on_cause(
    group: str, request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> None:
    """Note on a cause, in place of what was noted before; nothing at all clears it."""
    said = read_body(NoteOnCause, await request.body())
    if not re.fullmatch(GROUP, group):
        raise not_found()
    noted = note_cause(group, owner=said.owner, note=said.note, actor=client.name, now=broker.now())
    await broker.store.write(noted)


@router.get(
    "/api/v1/dead-letters/{failure}",
    dependencies=_LOOK,
    responses=described(401, 403, 404, 503),
    summary="A record that could not be read, in words",
)
async def show_dead_letter(failure: str, broker: TheBroker) -> Described:
    """Answer where it was, of which shape it is, and why it cannot be read; no value of it."""
    number, now = dead_letter_number(failure), broker.now()
    found = await broker.store.read(lambda tx: dead_letters.describe(tx, number, now)) if number is not None else None
    if found is None:
        raise not_found()
    return found


@router.post(
    "/api/v1/dead-letters/{failure}/raw",
    responses=described(400, 401, 403, 404, 408, 413, 415, 422, 503),
    summary="The bytes of a record that could not be read",
)
async def reveal_dead_letter(
    failure: str, request: Request, client: Annotated[Client, needs(Permission.REVEAL)], broker: TheBroker
) -> RawLetter:
    """Answer the bytes; the audit has who asked, and why, before they leave."""
    said = read_body(Reason, await request.body())
    number = dead_letter_number(failure)
    if number is None:
        raise not_found()
    raw = await broker.store.write(dead_letters.reveal(number, actor=client.name, reason=said.reason, now=broker.now()))
    if raw is None:
        raise not_found()
    headers = {name: _base64(value) for name, value in raw.headers.items()}
    return RawLetter(key=_base64(raw.key), value=_base64(raw.value), headers=headers)


@router.post(
    "/api/v1/dead-letters/{failure}/release",
    responses=described(400, 401, 403, 404, 408, 413, 415, 422, 503),
    summary="Let a person's later events go on without the record",
)
async def release_person(
    failure: str, request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Released:
    """Let whoever waits behind a record that could not be read go on."""
    said = read_body(Reason, await request.body())
    let_go = keeping_waiting.let_go(
        dead_letter_number(failure) or 0, actor=client.name, reason=said.reason, now=broker.now()
    )
    went = await broker.store.write(let_go)
    if went is None:
        raise not_found()
    return Released(released=went)


def _base64(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


@router.post(
    "/api/v1/replays", responses=described(400, 401, 403, 408, 409, 413, 415, 422, 503), summary="Replay a few failures"
)
async def replay_failures(
    request: Request, client: Annotated[Client, needs(Permission.REPLAY)], broker: TheBroker
) -> Report:
    """Put a few failures back at once under the same identities. What needs a second person needs a plan: 409."""
    wanted = _replay_in(await request.body())
    order = Order(actor=client.name, reason=wanted.reason, force=wanted.force)
    try:
        return await replay_few(wanted.ids, order, broker)
    except RefusedOrder as error:
        raise Refusal(409, error.code, error.because) from None


@router.get("/api/v1/books", responses=described(401, 403, 503), summary="Whether the books balance")
async def show_books(_: Annotated[Client, needs(Permission.BOOKS)], broker: TheBroker) -> Books:
    """Draw up the books. They are read whole, so ask rarely."""
    now, waits = broker.now(), broker.timing.republish_after
    return await broker.store.read(lambda tx: book(tx, broker.adapters, now, republish_after=waits))


def _replay_in(body: bytes) -> Replay:
    wanted = read_body(Replay, body)
    if problems := tuple(_unfit(wanted)):
        raise Invalid(problems)
    return wanted


def _unfit(wanted: Replay) -> list[Problem]:
    found = []
    if has_control(wanted.reason):
        found.append(Problem(field="reason", code="control_character", message="Use no control character."))
    if not all(_FAILURE.fullmatch(one) for one in wanted.ids):
        found.append(Problem(field="ids", code="bad_id", message="Send ids as the list of failures shows them."))
    return found
