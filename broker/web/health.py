"""Health: whether this process lives, whether it can take letters in, and its metrics."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from sqlalchemy import select

from broker.clients import Permission
from broker.telemetry import registry
from broker.web.keys import Needs, TheBroker
from broker.web.problem import described

router = APIRouter()
_FORWARDED = ("forwarded", "x-forwarded-for", "via")


class Health(BaseModel):
    """That all is well."""

    status: str = Field(description="always ok: anything else is another HTTP status")


@router.get("/health/live", summary="Whether this process lives")
async def live() -> Health:
    """Answer as long as this process can answer."""
    return Health(status="ok")


@router.get("/health/ready", responses=described(503), summary="Whether letters can be taken in")
async def ready(broker: TheBroker) -> Health:
    """Answer 200 while the database answers: intake needs nothing else, not even Kafka."""
    await broker.store.read(lambda tx: tx.execute(select(1)).scalar_one())
    return Health(status="ok")


class OrHere(Needs):
    """The permission, or a program on this very machine."""

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Pass. Raises Refusal."""
        if not _is_here(request):
            await super().__call__(request)


@router.get(
    "/metrics",
    responses=described(401, 403, 503) | {200: {"description": "Prometheus text", "content": {"text/plain": {}}}},
    summary="The metrics of this process",
)
async def metrics(_: Annotated[None, Depends(OrHere(Permission.METRICS))]) -> Response:
    """Answer the metrics of this process, in Prometheus' own format."""
    return Response(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)


def _is_here(request: Request) -> bool:
    """Whether the request comes from this machine itself, and is not passed on by a proxy on it."""
    peer = request.client.host if request.client else ""
    passed_on = any(name in request.headers for name in _FORWARDED)
    try:
        return ip_address(peer).is_loopback and not passed_on
    except ValueError:
        return False
