"""Error pages: what is wrong in plain words, what to do next, and a reference to quote; never what was sent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from broker.ports import DirectoryUnavailable
from broker.screens.addresses import safe_next
from broker.screens.pages import page
from broker.screens.visit import ProveFirst, SignInFirst
from broker.store import StoreUnavailable
from broker.web.problem import Refusal, refusal_of

#: the words' name of each status that has its own
_TITLES: Final[Mapping[int, str]] = MappingProxyType(
    {403: "error.not_allowed", 404: "error.not_found", 500: "error.ours", 503: "error.unavailable"}
)


def error_page(request: Request, refusal: Refusal) -> Response:
    """The page of a refusal."""
    name = _TITLES.get(refusal.status, "error.other")
    reference = request.scope["state"]["correlation_id"]
    answer = page(request, "error.html", status=refusal.status, name=name, reference=reference, detail=_detail(refusal))
    answer.headers.update(refusal.headers)
    return answer


def _detail(refusal: Refusal) -> str:
    """Words that were made for pages; the API's own would speak of keys and letters."""
    return refusal.detail if refusal.status in (400, 403, 409, 413, 415, 422) else ""


def refused_by_limits(refusal: Refusal, scope: Scope) -> Response:
    """The page of a request that was refused before anything read it."""
    return error_page(Request(scope), refusal)


async def _error(request: Request, error: Exception) -> Response:
    if isinstance(error, DirectoryUnavailable):
        error = StoreUnavailable(str(error))
    return error_page(request, refusal_of(error))


async def _sign_in(request: Request, error: Exception) -> Response:
    return RedirectResponse(f"/sign-in?next={quote(_came_for(request), safe='')}", 303)


async def _prove(request: Request, error: Exception) -> Response:
    return RedirectResponse(f"/prove?next={quote(_came_for(request), safe='')}", 303)


def _came_for(request: Request) -> str:
    """The page to go on with; a form is not sent again, the page that it stood on is shown."""
    return safe_next(request.url.path if request.method == "GET" else request.headers.get("referer", ""))


def answer_with_pages(app: FastAPI) -> None:
    """Answer every error that the screens foresee with a page."""
    foreseen: list[type[Exception]] = [Refusal, HTTPException, RequestValidationError]
    for kind in [*foreseen, StoreUnavailable, DirectoryUnavailable]:
        app.add_exception_handler(kind, _error)
    # What nobody foresaw is answered here too: it would be a bare line of text, and the envelope logs it all the same.
    app.add_exception_handler(Exception, _error)
    app.add_exception_handler(SignInFirst, _sign_in)
    app.add_exception_handler(ProveFirst, _prove)
