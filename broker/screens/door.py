"""One address for programs and people: what is the API's goes to the API, the rest to the screens."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_PROGRAMS: Final = ("/api/", "/health/", "/metrics")


def one_door(api: ASGIApp, screens: ASGIApp) -> ASGIApp:
    """Both behind one address."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        for_programs = scope["type"] != "http" or scope["path"].startswith(_PROGRAMS)
        await (api if for_programs else screens)(scope, receive, send)

    return door
