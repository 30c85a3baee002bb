"""Signing in and out, and proving again who one is: by the council's provider, or in a demonstration by choosing."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from broker.ports import Broker
from broker.screens import sessions
from broker.screens.addresses import safe_next
from broker.screens.demo_people import demo_people
from broker.screens.forms import Form, check_token, read_form
from broker.screens.loopback import comes_from_here
from broker.screens.oidc import NotSignedIn, Provider
from broker.screens.pages import page
from broker.screens.sessions import Session, Who
from broker.screens.visit import session_of
from broker.web.problem import Refusal, not_found

router = APIRouter()
_SIGN_IN_LASTS: Final = timedelta(minutes=10)


@router.get("/sign-in")
async def choose_sign_in(request: Request, next: str = "/") -> Response:
    """The page that asks how to sign in."""
    return _sign_in_page(request, safe_next(next))


@router.get("/sign-in/start")
async def start_sign_in(request: Request, next: str = "/") -> Response:
    """Send the browser to the council's provider."""
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise not_found()
    again = await _signed_in(request)
    try:
        where, kept = await provider.start(request, again=again is not None)
    except NotSignedIn as error:
        return _sign_in_page(request, safe_next(next), why=error.why, status=503)
    pending = {"kept": kept, "next": safe_next(next), "again": again.who.actor if again and again.who else None}
    answer = RedirectResponse(where, 303)
    await _begin(request, answer, None, pending=orjson.dumps(pending).decode())
    return answer


@router.get("/sign-in/return")
async def finish_sign_in(request: Request) -> Response:
    """Come back from the provider. What was begun in this browser, and only that, is finished here."""
    provider: Provider | None = request.app.state.provider
    begun, broker = await session_of(request), _broker(request)
    if provider is None or begun is None or begun.pending is None:
        return _sign_in_page(request, "/", why="sign_in.begin_again", status=400)
    await broker.store.write(sessions.end(begun.token_hash, broker.now()))
    pending: dict[str, Any] = orjson.loads(begun.pending)
    try:
        if broker.now() - begun.began_at > _SIGN_IN_LASTS:
            raise NotSignedIn("sign_in.begin_again")
        who = await provider.finish(request, pending["kept"])
        if pending["again"] not in (None, who.actor):
            raise NotSignedIn("sign_in.somebody_else")
    except NotSignedIn as error:
        return _sign_in_page(request, pending["next"], why=error.why, status=403)
    answer = RedirectResponse(pending["next"], 303)
    await _begin(request, answer, who)
    return answer


@router.post("/sign-in/demo")
async def demo_sign_in(request: Request) -> Response:
    """Become one of the demonstration's people; on this machine alone."""
    form = await _demo_form(request)
    people = demo_people(request.app.state.settings.council_gss)
    who = people.get(form.get("person", ""))
    if who is None:
        return _sign_in_page(request, safe_next(form.get("next", "/")), why="sign_in.choose", status=422)
    answer = RedirectResponse(safe_next(form.get("next", "/")), 303)
    await _end(request)
    await _begin(request, answer, who)
    return answer


@router.get("/prove")
async def ask_again(request: Request, next: str = "/") -> Response:
    """Ask for a sign-in again, before something that only the person themselves may do."""
    session = await _signed_in(request)
    if session is None:
        return RedirectResponse(f"/sign-in?next={quote(safe_next(next), safe='')}", 303)
    return page(
        request,
        "prove.html",
        session=session,
        next=safe_next(next),
        has_provider=request.app.state.provider is not None,
    )


@router.post("/prove/demo")
async def prove_in_demo(request: Request) -> Response:
    """In a demonstration, the same person's word is enough."""
    form, session = await _demo_form(request), await _signed_in(request)
    if session is None or session.who is None:
        return RedirectResponse("/sign-in", 303)
    check_token(request, form, session)
    answer = RedirectResponse(safe_next(form.get("next", "/")), 303)
    await _end(request)
    await _begin(request, answer, session.who)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session. Drafts stay for their day."""
    session = await session_of(request)
    if session is not None:
        check_token(request, await read_form(request), session)
    await _end(request)
    answer = RedirectResponse("/sign-in", 303)
    cookie = request.app.state.cookie
    answer.delete_cookie(cookie.name, secure=cookie.secure, httponly=True, samesite="lax")
    return answer


async def _demo_form(request: Request) -> Form:
    if not request.app.state.settings.demo_sign_in or not comes_from_here(request):
        raise not_found()
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refusal(403, "not_ours", "This form is not of this site.")
    return await read_form(request)


async def _signed_in(request: Request) -> Session | None:
    """The session, if it is not over."""
    session = await session_of(request)
    idle = timedelta(minutes=request.app.state.settings.idle_minutes)
    return None if session is None or session.is_over(_broker(request).now(), idle) else session


async def _begin(request: Request, answer: Response, who: Who | None, *, pending: str | None = None) -> None:
    """A new token at each sign-in, so that one known from before is worth nothing."""
    token, broker, cookie = sessions.new_token(), _broker(request), request.app.state.cookie
    await broker.store.write(sessions.begin(token, who, broker.now(), pending=pending))
    answer.set_cookie(cookie.name, token, secure=cookie.secure, httponly=True, samesite="lax", path="/")


async def _end(request: Request) -> None:
    session = await session_of(request)
    if session is not None:
        broker = _broker(request)
        await broker.store.write(sessions.end(session.token_hash, broker.now()))


def _sign_in_page(request: Request, next_page: str, *, why: str | None = None, status: int = 200) -> Response:
    settings = request.app.state.settings
    demo = settings.demo_sign_in and comes_from_here(request)
    people = demo_people(settings.council_gss) if demo else {}
    has_provider = request.app.state.provider is not None
    return page(
        request, "sign_in.html", status=status, next=next_page, people=people, has_provider=has_provider, why=why
    )


def _broker(request: Request) -> Broker:
    broker: Broker = request.app.state.broker
    return broker
