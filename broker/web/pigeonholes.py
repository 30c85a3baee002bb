"""Pigeonholes: a back office that collects reads its deliveries here and acknowledges each, one or a page at once."""

import re
from dataclasses import replace
from typing import Annotated, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from broker import pigeonhole
from broker.adapter import HandOver
from broker.clients import Client, Permission
from broker.grouping import Group
from broker.pigeonhole import Acknowledged
from broker.ports import Broker
from broker.web.bodies import read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found
from schemas.delivery import DeliveryLetter
from schemas.outcome import OutcomeFacts, OutcomeKind, Question
from schemas.problems import Invalid, Problem, problems_of

router = APIRouter()
_DELIVERIES: Final = "/api/v1/departments/{department}/deliveries"
_UUID: Final = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
#: letters, and answers to them, at once
_MOST: Final = 100
_FAILURES: Final = frozenset({OutcomeKind.REFUSED, OutcomeKind.DEFERRED})
Collector = Annotated[Client, needs(Permission.COLLECT)]


class Page(BaseModel):
    """What may be collected now."""

    items: list[DeliveryLetter] = Field(description="delivery letters, the letters of one person in order")


class Acknowledgement(BaseModel):
    """What a back office answers to one delivery."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_max_length=255, hide_input_in_errors=True)

    status: Literal["success", "failure"] | None = Field(
        default=None, description="failure for refused and deferred, else success"
    )
    outcome: OutcomeKind = Field(description="one of the seven outcomes")
    receipt: str | None = Field(default=None, description="the back office's own reference")
    reason: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="a reason code")
    question: Question | None = Field(default=None, description="with needs_information: what is asked")
    by: str | None = Field(
        default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="with referred: the day by which their staff will act"
    )
    again_at: AwareDatetime | None = Field(default=None, description="with deferred: when to ask again")


class PageAcknowledgement(Acknowledgement):
    """One answer of a page."""

    delivery: str = Field(pattern=_UUID.pattern, description="the letter's id")


class Acknowledgements(BaseModel):
    """What a back office answers to several deliveries."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    items: list[PageAcknowledgement] = Field(min_length=1, max_length=_MOST, description="one for each delivery")


class Taken(BaseModel):
    """What became of one answer of a page."""

    delivery: str = Field(description="the letter's id")
    result: Literal["taken", "unknown", "answered_otherwise"] = Field(
        description="unknown: no such delivery of this department; answered_otherwise: another answer stands"
    )


class TakenPage(BaseModel):
    """What became of each, in the order of the answers."""

    items: list[Taken] = Field(description="one for each answer")


@router.get(
    _DELIVERIES, response_model=Page, responses=described(401, 403, 404, 422, 503), summary="Collect deliveries"
)
async def collect(
    department: str,
    client: Collector,
    broker: TheBroker,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="letters at most")] = 20,
) -> Response:
    """Answer what waits for this department, oldest first. A letter stays until it is acknowledged."""
    _check(department, client, broker)
    letters = await pigeonhole.collect(department, limit, client.name, broker)
    page = {"items": [orjson.Fragment(one.letter) for one in letters]}
    return Response(orjson.dumps(page), media_type="application/json")


@router.put(
    f"{_DELIVERIES}/{{delivery}}",
    status_code=204,
    responses=described(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
    summary="Acknowledge a delivery",
)
async def acknowledge(
    department: str, delivery: str, request: Request, client: Collector, broker: TheBroker
) -> Response:
    """Write a back office's answer down. The same answer may be sent again."""
    _check(department, client, broker)
    if not _UUID.fullmatch(delivery):
        raise not_found()
    facts = facts_in(await request.body(), department, delivery)
    acknowledging: Group[OutcomeFacts, Acknowledged] = request.app.state.acknowledging
    match await acknowledging.add(facts):
        case Acknowledged.TAKEN:
            return Response(status_code=204)
        case Acknowledged.UNKNOWN:
            raise not_found()
        case Acknowledged.ANSWERED_OTHERWISE:
            detail = "This delivery has been answered differently, and that answer stands."
            raise Refusal(409, "answered_otherwise", detail)


@router.post(
    "/api/v1/departments/{department}/acknowledgements",
    response_model=TakenPage,
    responses=described(400, 401, 403, 404, 408, 413, 415, 422, 503),
    summary="Acknowledge several deliveries",
)
async def acknowledge_page(department: str, request: Request, client: Collector, broker: TheBroker) -> Response:
    """Write several answers down, each for itself. Nothing is written where one cannot be read; all may be sent again."""
    _check(department, client, broker)
    said = page_in(await request.body(), department)
    became = await pigeonhole.acknowledge_all(said, broker)
    taken = [{"delivery": one.delivery, "result": what.name.lower()} for one, what in zip(said, became, strict=True)]
    return Response(orjson.dumps({"items": taken}), media_type="application/json")


def facts_in(body: bytes, department: str, delivery: str) -> OutcomeFacts:
    """Read an acknowledgement. Raises Unreadable or Invalid."""
    said = _facts(read_body(Acknowledgement, body), department, delivery)
    if isinstance(said, OutcomeFacts):
        return said
    raise Invalid(said)


def page_in(body: bytes, department: str) -> list[OutcomeFacts]:
    """Read a page of them. Raises Unreadable, or Invalid with every problem of every one."""
    read = [_facts(one, department, one.delivery) for one in read_body(Acknowledgements, body).items]
    problems = [
        replace(problem, field=f"items.{n}.{problem.field}")
        for n, said in enumerate(read)
        if not isinstance(said, OutcomeFacts)
        for problem in said
    ]
    if problems:
        raise Invalid(tuple(problems))
    return [said for said in read if isinstance(said, OutcomeFacts)]


def _facts(said: Acknowledgement, department: str, delivery: str) -> OutcomeFacts | tuple[Problem, ...]:
    """What was said of one delivery, or what is wrong with it."""
    facts = said.model_dump(exclude={"status"}) | {"delivery": delivery, "department": department}
    try:
        read = OutcomeFacts.model_validate(facts)
    except ValidationError as error:
        return problems_of(error)
    expected = "failure" if said.outcome in _FAILURES else "success"
    if said.status in (None, expected):
        return read
    message = "Say failure with refused and deferred, and success with every other outcome."
    return (Problem(field="status", code="status_disagrees", message=message),)


def _check(department: str, client: Client, broker: Broker) -> None:
    """A back office sees its own pigeonhole, if it has one. Raises Refusal."""
    adapter = broker.adapter(department)
    if client.department != department or adapter is None or adapter.hand_over is not HandOver.COLLECTS:
        raise not_found()
