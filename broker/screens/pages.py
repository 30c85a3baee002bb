"""Pages: a template, filled in for whoever looks at it."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from broker.screens.navigation import links_for
from broker.screens.sessions import Session
from broker.screens.words import Tongue, Words

LANGUAGE_COOKIE = "tuo_lang"


def tongue_of(request: Request) -> Tongue:
    """The language that was asked for, now or before."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return Tongue.WELSH if asked == Tongue.WELSH else Tongue.ENGLISH


def page(
    request: Request,
    template: str,
    *,
    session: Session | None = None,
    status: int = 200,
    **facts: Any,  # noqa: ANN401
) -> HTMLResponse:
    """Fill a template in. It has ``say``, ``tongue``, ``council``, ``who``, ``links``, ``csrf`` and ``nonce``."""
    state = request.app.state
    templates: Environment = state.templates
    words = Words(tongue_of(request))
    who = session.who if session else None
    made = templates.get_template(template).render(
        say=words,
        tongue=words.tongue,
        council=state.settings.council,
        who=who,
        links=links_for(who, words, request.url.path) if who else (),
        csrf=session.csrf if session else "",
        cspNonce=request.scope["state"]["nonce"],
        path=request.url.path,
        is_demonstration=state.settings.demo_sign_in,
        **facts,
    )
    answer = HTMLResponse(made, status)
    if request.query_params.get("lang") in set(Tongue):
        answer.set_cookie(LANGUAGE_COOKIE, words.tongue, max_age=31536000, httponly=True, samesite="lax")
    return answer
