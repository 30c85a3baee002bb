"""The control door: read an office's state and turn its switches."""

import json
from collections.abc import Mapping

from aiohttp import web

from tests.back_offices.desk import Desk
from tests.back_offices.modes import read_switch


class PortTaken(Exception):
    """Something else listens on a port we were told to use; the text says what to do."""


class Door:
    """An HTTP port that answers for one application."""

    def __init__(self, application: web.Application, host: str, port: int, name: str, option: str) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=5.0)
        self._host, self.port, self._name, self._option = host, port, name, option

    async def open(self) -> None:
        """Listen; `port` is then the real one. Raises PortTaken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            where, why = f"{self._host}:{self.port}", error.strerror or "cannot be used"
            raise PortTaken(
                f"{self._name}: {where} cannot be listened on ({why}); choose another {self._option}"
            ) from None
        self.port = self._runner.addresses[0][1]
        print(f"{self._name}: listening on http://{self._host}:{self.port}", flush=True)

    async def close(self) -> None:
        """Stop listening, after what is in hand."""
        await self._runner.cleanup()


def control_application(desks: Mapping[str, Desk]) -> web.Application:
    """`/state` and `/mode`, and the same with a department in front."""

    async def state(request: web.Request) -> web.Response:
        named = _named(request, desks)
        states = {name: desk.state() for name, desk in named.items()}
        return web.json_response(next(iter(states.values())) if len(named) == 1 else states)

    async def mode(request: web.Request) -> web.Response:
        asked = _json(await request.read())
        switch = read_switch(asked)
        if isinstance(switch, str):
            return web.json_response({"wrong": switch}, status=400)
        wanted = asked.get("department") if isinstance(asked, dict) else None
        if wanted is not None and wanted not in desks:
            return web.json_response({"wrong": f"department must be one of {', '.join(desks)}"}, status=400)
        named = _named(request, desks)
        for desk in [desks[wanted]] if wanted else list(named.values()):
            desk.switchboard.turn(switch)
        return await state(request)

    application = web.Application()
    for before in ("", "/{department}"):
        application.router.add_get(f"{before}/state", state)
        application.router.add_post(f"{before}/mode", mode)
    return application


def _named(request: web.Request, desks: Mapping[str, Desk]) -> Mapping[str, Desk]:
    department = request.match_info.get("department")
    if department is None:
        return desks
    if department not in desks:
        raise web.HTTPNotFound
    return {department: desks[department]}


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
