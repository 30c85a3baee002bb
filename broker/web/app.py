"""The application: every route, each with the permission it needs, inside the limits and the envelope."""

from functools import partial
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from broker import pigeonhole
from broker.clients import KeyRing
from broker.grouping import Group
from broker.ports import Broker
from broker.settings import Settings
from broker.web import (
    administering,
    contracts,
    departments,
    health,
    operating,
    pigeonholes,
    previewing,
    protecting,
    relinking,
    replays,
    reviewing,
    searching,
    submitting,
    tracking,
)
from broker.web.describing import describe_by_schemas
from broker.web.envelope import Envelope
from broker.web.keys import Needs
from broker.web.limits import Limits
from broker.web.problem import answer_with_problems

API_VERSION: Final = "1.0"
#: the only addresses that need no key
OPEN: Final = frozenset({"/health/live", "/health/ready"})
ROUTERS: Final = (
    submitting.router,
    tracking.router,
    pigeonholes.router,
    contracts.router,
    departments.router,
    operating.router,
    replays.router,
    reviewing.router,
    previewing.router,
    searching.router,
    relinking.router,
    protecting.router,
    administering.router,
    health.router,
)


def make_app(broker: Broker, settings: Settings) -> FastAPI:
    """Build the application. Raises LookupError where a route has not declared who may use it."""
    app = FastAPI(
        title=f"Tell Us Once, {settings.council}",
        version=API_VERSION,
        description="Tell the council once what has happened, and follow what each department does.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.broker = broker
    app.state.acknowledging = Group(partial(pigeonhole.acknowledge_all, broker=broker))
    app.state.keys = KeyRing(broker.store)
    for router in ROUTERS:
        refuse_undeclared(router)
        app.include_router(router)
    answer_with_problems(app)
    describe_by_schemas(app)
    app.add_middleware(Limits)
    app.add_middleware(Envelope)
    return app


def refuse_undeclared(router: APIRouter) -> None:
    """Every route declares the permission it needs, or is open by name. Raises LookupError."""
    for route in router.routes:
        if not isinstance(route, APIRoute) or (route.path not in OPEN and not _declares(route.dependant)):
            raise LookupError(f"{getattr(route, 'path', route)} does not say who may use it")


def _declares(dependant: Dependant) -> bool:
    return any(isinstance(needed.call, Needs) for needed in dependant.dependencies)
