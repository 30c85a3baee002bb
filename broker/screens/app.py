"""The screens as one application: every route, each with what one must be allowed to do, inside limits and envelope."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from broker.ports import Broker
from broker.screens import (
    amending,
    as_typed,
    assets,
    halting,
    home,
    knock_ons,
    receipts,
    signing_in,
    telling,
    telling_before,
    telling_check,
    telling_form,
    tracking,
)
from broker.screens.auditor import searching
from broker.screens.drawn import Drawn
from broker.screens.envelope import PageEnvelope
from broker.screens.errors import answer_with_pages, refused_by_limits
from broker.screens.loopback import is_loopback
from broker.screens.manager import month
from broker.screens.messengers import messenger_of
from broker.screens.oidc import provider_of
from broker.screens.operator import books, console
from broker.screens.reviewer import case, decided, fairness, protected, waiting
from broker.screens.templating import environment
from broker.screens.visit import Shows
from broker.settings import Settings
from broker.web.limits import Limits

#: pages of the people's own work; each route declares what one must be allowed to do
ROUTERS: Final[tuple[APIRouter, ...]] = (
    home.router,
    telling.router,
    as_typed.router,
    telling_before.router,
    telling_form.router,
    telling_check.router,
    tracking.router,
    amending.router,
    halting.router,
    knock_ons.router,
    receipts.router,
    waiting.router,
    case.router,
    decided.router,
    fairness.router,
    protected.router,
    month.router,
    searching.router,
    *console.ROUTERS,
)
#: what can be reached without having signed in, by name
OPEN: Final = frozenset(
    {
        "/static/{name}",
        "/sign-in",
        "/sign-in/start",
        "/sign-in/return",
        "/sign-in/demo",
        "/sign-out",
        "/prove",
        "/prove/demo",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """The cookie that holds a session's token."""

    name: str
    secure: bool


def make_screens(broker: Broker, settings: Settings) -> ASGIApp:
    """Build the screens. Raises LookupError where a route has not declared who may see it."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.broker = broker
    app.state.settings = settings
    app.state.assets = assets.load_assets()
    app.state.templates = environment(app.state.assets)
    app.state.provider = provider_of(settings)
    app.state.months = Drawn(fresh_for=month.FRESH_FOR)
    app.state.books = Drawn(fresh_for=books.FRESH_FOR)
    app.state.messenger = messenger_of(settings)
    secure = settings.screens_address.startswith("https://") or not is_loopback(settings.web_host)
    app.state.cookie = Cookie(name="__Host-tuo" if secure else "tuo", secure=secure)
    for router in (assets.router, signing_in.router, *ROUTERS):
        refuse_undeclared(router)
        app.include_router(router)
    answer_with_pages(app)
    return PageEnvelope(Limits(app, answer=refused_by_limits), whole=app, secure=secure)


def refuse_undeclared(router: APIRouter) -> None:
    """Every route declares who may see it, or is open by name. Raises LookupError."""
    for route in router.routes:
        if not isinstance(route, APIRoute) or (route.path not in OPEN and not declared(route.dependant)):
            raise LookupError(f"{getattr(route, 'path', route)} does not say who may see it")


def declared(dependant: Dependant) -> list[Shows]:
    """What a route declares."""
    return [needed.call for needed in dependant.dependencies if isinstance(needed.call, Shows)]
