"""Problems: every refusal is one document (RFC 9457) with a code, the fields, and what to do; never what was sent."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from broker.notification import EarlierNotFound, KeyReused
from broker.store import StoreUnavailable
from schemas import problems
from schemas.problems import Invalid
from schemas.reading import Unreadable

MEDIA_TYPE: Final = "application/problem+json"
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class ProblemField(BaseModel):
    """One field that is wrong."""

    field: str = Field(description="the dotted path of the field, empty for the whole")
    code: str = Field(description="what is wrong, as a code")
    message: str = Field(description="what is wrong and what to do, in words")


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(description="urn:tell-us-once:problem: and the code")
    title: str = Field(description="the HTTP status in words")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what is wrong and what to do")
    code: str = Field(description="what is wrong, as a code that does not change")
    fields: list[ProblemField] = Field(description="the fields that are wrong; empty where it is none")
    correlation_id: str = Field(description="quote it when you ask about this answer")


class Refusal(Exception):
    """A request that is refused. The texts never repeat what was sent."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        fields: Sequence[problems.Problem] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = tuple(fields)
        self.headers = headers


NOT_FOUND: Final = ("not_found", "There is nothing here under this address, or it is not yours to see.")


def not_found() -> Refusal:
    """The one answer for what is not here and for what is not the client's: nobody can tell them apart."""
    return Refusal(404, *NOT_FOUND)


def field_refused(status: int, field: str, code: str, message: str) -> Refusal:
    """A refusal because of one field."""
    return Refusal(status, code, message, fields=[problems.Problem(field=field, code=code, message=message)])


def document_of(refusal: Refusal, correlation_id: str) -> bytes:
    """The refusal as it is sent."""
    return orjson.dumps(
        {
            "type": f"urn:tell-us-once:problem:{refusal.code}",
            "title": HTTPStatus(refusal.status).phrase,
            "status": refusal.status,
            "detail": refusal.detail,
            "code": refusal.code,
            "fields": [{"field": one.field, "code": one.code, "message": one.message} for one in refusal.fields],
            "correlation_id": correlation_id,
        }
    )


def response_to(refusal: Refusal, scope: Scope) -> Response:
    """The refusal as a response."""
    body = document_of(refusal, scope["state"]["correlation_id"])
    return Response(body, refusal.status, dict(refusal.headers), media_type=MEDIA_TYPE)


def refusal_of(error: Exception) -> Refusal:
    """What to answer to an error; one that nobody foresaw is a fault of ours."""
    match error:
        case Refusal():
            return error
        case Unreadable():
            return Refusal(413 if error.code == "body_too_large" else 400, error.code, error.message)
        case Invalid():
            return _invalid(error.problems)
        case RequestValidationError():
            return _invalid(_parameters(error))
        case KeyReused():
            return Refusal(409, "key_reused", "This key was used before for another event. Use a new key.")
        case EarlierNotFound():
            message = "No notification with this reference is here. Check the reference."
            return field_refused(422, "", "earlier_not_found", message)
        case StoreUnavailable():
            text = "We cannot write anything down just now. Send the same again in a moment."
            return Refusal(503, "unavailable", text, headers={"Retry-After": "1"})
        case HTTPException():
            return _of_status(error.status_code, error.headers or {})
        case _:
            return Refusal(500, "internal_error", "A fault of ours. Quote the correlation id when you report it.")


def _invalid(found: Sequence[problems.Problem]) -> Refusal:
    code = found[0].code if len({problem.code for problem in found}) == 1 else "invalid"
    return Refusal(422, code, "Some fields cannot be accepted. Each says what to do.", fields=found)


def _parameters(error: RequestValidationError) -> list[problems.Problem]:
    names = [".".join(str(step) for step in found["loc"][1:]) for found in error.errors()]
    message = "This parameter cannot be read. See the description of the API."
    return [problems.Problem(field=name, code="bad_parameter", message=message) for name in names]


_CODES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        404: NOT_FOUND,
        405: ("method_not_allowed", "This address does not know this method. Allow names those it knows."),
    }
)


def _of_status(status: int, headers: Mapping[str, str]) -> Refusal:
    code, detail = _CODES.get(status, ("bad_request", "This request cannot be read. See the description of the API."))
    return Refusal(status, code, detail, headers=headers)


async def _answer(request: Request, error: Exception) -> Response:
    return response_to(refusal_of(error), request.scope)


def answer_with_problems(app: FastAPI) -> None:
    """Answer every error that the application foresees with a problem document."""
    foreseen: list[type[Exception]] = [Refusal, Unreadable, Invalid, RequestValidationError, HTTPException]
    for kind in [*foreseen, KeyReused, EarlierNotFound, StoreUnavailable]:
        app.add_exception_handler(kind, _answer)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problem responses for the description of the API."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
