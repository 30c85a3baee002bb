"""Visits: one request of somebody who is signed in, and may do what it asks."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from broker.ports import Broker
from broker.screens import sessions
from broker.screens.forms import Form, check_token, read_form
from broker.screens.pages import page, tongue_of
from broker.screens.sessions import Session, Who
from broker.screens.who_may import May
from broker.screens.words import Words
from broker.web.problem import Refusal

#: how lately one must have proved who one is before approving
PROVED_WITHIN: Final = timedelta(minutes=5)
_NO_FIELDS: Final = ()


def _no_form() -> Form:
    return Form(_NO_FIELDS)


class SignInFirst(Exception):
    """They must sign in, and then go on where they were."""


class ProveFirst(Exception):
    """They must prove again who they are, and then go on where they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of one person."""

    request: Request
    session: Session
    who: Who
    say: Words
    #: what was sent, its token checked; empty for a GET
    form: Form = field(default_factory=_no_form)
    #: their session ended while they typed: keep what they typed, do nothing else, and send them to sign in
    idle: bool = False

    def page(self, template: str, status: int = 200, **facts: Any) -> HTMLResponse:  # noqa: ANN401 - facts of any kind
        """A page for this person."""
        return page(self.request, template, session=self.session, status=status, **facts)


class Shows:
    """Lets a request pass if somebody is signed in here whose roles declare this; answers the visit."""

    def __init__(self, what: May, *, proved: bool = False, keeps_typed: bool = False) -> None:
        self.what = what
        self._proved = proved
        self._keeps_typed = keeps_typed

    async def __call__(self, request: Request) -> Visit:
        """The visit. Raises SignInFirst, ProveFirst, or Refusal with 403."""
        state = request.app.state
        broker: Broker = state.broker
        now = broker.now()
        session = await session_of(request)
        if session is None or session.who is None:
            raise SignInFirst
        form = _no_form()
        if request.method not in ("GET", "HEAD"):
            form = await read_form(request)
            check_token(request, form, session)
        idle = session.is_over(now, timedelta(minutes=state.settings.idle_minutes))
        if idle and not (self._keeps_typed and form):
            raise SignInFirst
        if not session.may(self.what, state.settings.council_gss):
            raise Refusal(403, "not_allowed", "Your role does not allow this. Ask your team leader if it should.")
        if self._proved and now - session.proved_at > PROVED_WITHIN:
            raise ProveFirst
        if not idle and (noted := sessions.note_seen(session, now)) is not None:
            await broker.store.write(noted)
        return Visit(
            request=request, session=session, who=session.who, say=Words(tongue_of(request)), form=form, idle=idle
        )


async def session_of(request: Request) -> Session | None:
    """The session that the request's cookie names, whether or not it is over."""
    token = request.cookies.get(request.app.state.cookie.name)
    if not token or len(token) > 100:
        return None
    broker: Broker = request.app.state.broker
    return await broker.store.read(sessions.find(token))


def shows(what: May, *, proved: bool = False, keeps_typed: bool = False) -> Any:  # noqa: ANN401 - as FastAPI's Depends
    """Declare what somebody must be allowed to do to see a route.

    ``proved``: they must have proved who they are in the last minutes. ``keeps_typed``: a form that comes after the
    session has ended is handed over with ``visit.idle``, so that what was typed can be kept.
    """
    return Depends(Shows(what, proved=proved, keeps_typed=keeps_typed))
