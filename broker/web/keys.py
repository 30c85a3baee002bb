"""Keys: who sends a request, and whether their role may do what it asks."""

from typing import Annotated, Any

from fastapi import Depends, Request

from broker.clients import Client, KeyRing, Permission
from broker.ports import Broker
from broker.web.problem import Refusal

_LONGEST_KEY = 255


async def _broker(request: Request) -> Broker:
    broker: Broker = request.app.state.broker
    return broker


#: the broker that this application is the door of
TheBroker = Annotated[Broker, Depends(_broker)]


class Needs:
    """Lets a request pass if its key belongs to a client whose role has this permission; answers the client."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Client:
        """The client. Raises Refusal: 401 without a good key, 403 without the permission."""
        client = await client_of(request)
        if not client.may(self.permission):
            raise Refusal(403, "not_allowed", "The role of this key does not allow this.")
        return client


async def client_of(request: Request) -> Client:
    """Whose key the request brings. Raises Refusal with 401."""
    ring: KeyRing = request.app.state.keys
    key = _key(request)
    client = None if key is None else await ring.holder(key)
    if client is None:
        detail = "Send one header, Authorization: Bearer and your key."
        raise Refusal(401, "not_signed_in", detail, headers={"WWW-Authenticate": "Bearer"})
    return client


def _key(request: Request) -> str | None:
    # Of two headers, a proxy could look at one and we at the other.
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        return None
    scheme, _, key = given[0].partition(" ")
    fits = scheme.lower() == "bearer" and 0 < len(key) <= _LONGEST_KEY and key.isascii()
    return key.strip() if fits else None


def needs(permission: Permission) -> Any:  # noqa: ANN401 - what FastAPI's own Depends returns
    """Declare the permission that a route needs."""
    return Depends(Needs(permission))
