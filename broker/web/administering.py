"""Administering: which programs may speak to the broker. A key is shown once, in the answer that makes it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from broker import clients
from broker.clients import Client, ClientUnsuitable, Permission, Role
from broker.web.bodies import read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import Refusal, described, not_found

router = APIRouter()
Administrator = Annotated[Client, needs(Permission.CLIENTS)]


class ClientView(BaseModel):
    """One program that may speak to the broker; never its key."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="its name, as in the audit")
    role: Role = Field(description="what it may do")
    department: str | None = Field(description="for a back office: whose deliveries it collects")
    made_at: datetime = Field(description="when it was added")
    revoked_at: datetime | None = Field(description="when its key was taken away, or null")


class Clients(BaseModel):
    """Every client, the revoked too."""

    items: list[ClientView] = Field(description="the clients by name")


class NewClient(BaseModel):
    """A client to add."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(max_length=40, description="small letters, digits and hyphens")
    role: Role = Field(description="what it may do")
    department: str | None = Field(default=None, max_length=40, description="for a back office, and no other client")


class NewKey(BaseModel):
    """A new client's key."""

    name: str = Field(description="the client's name")
    key: str = Field(description="its key, shown this once and kept nowhere")


@router.get("/api/v1/clients", responses=described(401, 403, 503), summary="Which programs may speak to the broker")
async def list_clients(_: Administrator, broker: TheBroker) -> Clients:
    """Answer every client, without keys."""
    found = await broker.store.read(clients.listing())
    return Clients(items=[ClientView.model_validate(one) for one in found])


@router.post(
    "/api/v1/clients",
    status_code=201,
    responses=described(400, 401, 403, 408, 413, 415, 422, 503),
    summary="Add a client",
)
async def add_client(request: Request, administrator: Administrator, broker: TheBroker) -> NewKey:
    """Add a client and answer its key, this once."""
    wanted = read_body(NewClient, await request.body())
    try:
        unit = clients.add(wanted.name, wanted.role, wanted.department, broker.now(), actor=administrator.name)
        key = await broker.store.write(unit)
    except ClientUnsuitable as error:
        raise Refusal(422, "client_unsuitable", str(error)) from None
    return NewKey(name=wanted.name, key=key)


@router.delete(
    "/api/v1/clients/{name}", status_code=204, responses=described(401, 403, 404, 503), summary="Take a key away"
)
async def revoke_client(name: str, administrator: Administrator, broker: TheBroker) -> Response:
    """Take a client's key away; it stops working within a second."""
    known = clients.is_name(name) and await broker.store.write(
        clients.revoke(name, broker.now(), actor=administrator.name)
    )
    if not known:
        raise not_found()
    return Response(status_code=204)
