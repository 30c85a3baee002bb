"""The council tax office: a revenues system with an HTTP API."""

import argparse
import asyncio
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import assert_never

from aiohttp import web

from tests.back_offices.answers import Answer
from tests.back_offices.control import Door
from tests.back_offices.council_tax_forms import FORMS, letter_of
from tests.back_offices.council_tax_rules import decide, find_account
from tests.back_offices.desk import Answered, Desk, Garbled, Reply, Silent, Trade, Unavailable
from tests.back_offices.letters import Unreadable, digest_of, token
from tests.back_offices.residents import seed_accounts
from tests.back_offices.running import common_options, directory_of, main_of

TRADE = Trade(
    department="council-tax",
    receipts="CT",
    case_number="99{:07}".format,
    find_case=find_account,
    decide=decide,
    question=("moved_on", "On what date did it happen?"),
    hang_seconds=300.0,
)
STATUS = {"accepted": 201, "referred": 202, "not_held": 404, "needs_information": 409, "refused": 422}
RESULT = {
    "accepted": "applied",
    "referred": "queued-for-officer",
    "not_held": "no-account",
    "needs_information": "needs-information",
    "refused": "refused",
}
LONGEST_BODY = 64 * 1024


class CouncilTax:
    """The office and its HTTP door."""

    def __init__(self, desk: Desk, *, host: str, port: int, key: str) -> None:
        self.desk, self._key = desk, key.encode()
        self.door = Door(self.application(), host, port, "council tax", "--port")

    async def open(self) -> None:
        """Begin to listen."""
        await self.door.open()

    async def run(self) -> None:
        """Be there; the door does the work."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Finish what is in hand, and let the directory go."""
        self.desk.switchboard.stop()
        await self.door.close()
        self.desk.close()

    def application(self) -> web.Application:
        """The routes of the contract."""
        application = web.Application(client_max_size=LONGEST_BODY)
        application.router.add_post("/revenues/v1/changes/{collection}", self._change)
        application.router.add_get("/revenues/v1/changes/{key}", self._look_up)
        application.router.add_get("/revenues/v1/up", self._up)
        return application

    async def _up(self, request: web.Request) -> web.Response:
        return web.json_response({"up": True})

    async def _change(self, request: web.Request) -> web.StreamResponse:
        form, raw = FORMS.get(request.match_info["collection"]), await request.read()
        if form is None:
            raise web.HTTPNotFound
        delivery, signed_in = token(request.headers.get("Idempotency-Key")), self._signed_in(request)
        body = _json(raw)
        if not signed_in or delivery is None or body is None:
            return await self._turned_away(raw, delivery, signed_in)
        letter = letter_of(body, form, delivery, raw)
        kept = self.desk.memory.answer_to(delivery)
        if kept and kept.sense != letter.sense:
            return await self._turned_away(raw, delivery, True, "key-used-for-another")
        reply = await self.desk.receive(letter, lambda: _gone(request))
        return self._said(request, reply)

    async def _turned_away(
        self, raw: bytes, delivery: str | None, signed_in: bool, reason: str | None = None
    ) -> web.Response:
        reason = reason or ("not-json" if delivery else "no-key")
        fault = reason if signed_in else "not-signed-in"
        self.desk.note_unreadable(Unreadable(fault=fault, digest=digest_of(raw), delivery=delivery))
        await self.desk.journal.synced()
        if not signed_in:
            return web.json_response({"result": "not-signed-in"}, status=401)
        return web.json_response({"result": "refused", "reason": reason}, status=422)

    async def _look_up(self, request: web.Request) -> web.StreamResponse:
        if not self._signed_in(request):
            return web.json_response({"result": "not-signed-in"}, status=401)
        delivery = token(request.match_info["key"])
        reply = await self.desk.look_up(delivery, lambda: _gone(request)) if delivery else None
        if reply is None:
            return web.json_response({"result": "never-seen"}, status=404)
        return self._said(request, reply, looked_up=True)

    def _signed_in(self, request: web.Request) -> bool:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(errors="surrogateescape"), self._key)

    def _said(self, request: web.Request, reply: Reply, *, looked_up: bool = False) -> web.StreamResponse:
        match reply:
            case Answered():
                return _written(reply, self.desk.now(), looked_up)
            case Unavailable(after=after):
                return web.json_response({"result": "unavailable"}, status=503, headers=_retry_after(after))
            case Garbled():
                return web.Response(body=b"\x00\xff<html><body>ORA-03113: end-of-file", content_type="text/html")
            case Silent():
                if request.transport:
                    request.transport.abort()
                return web.Response(status=500)
            case _:
                assert_never(reply)


def _written(reply: Answered, now: datetime, looked_up: bool) -> web.Response:
    if reply.due:
        pending = {"result": "pending", "again_at": reply.due.isoformat()}
        left = (reply.due - now).total_seconds()
        return web.json_response(pending, status=202, headers=_retry_after(left))
    body, status = _body(reply.answer), STATUS[reply.answer.outcome]
    if reply.repeat:
        body["repeat"] = True
    if looked_up:
        body["answered"], status = status, 200
    return web.json_response(body, status=status)


def _body(answer: Answer) -> dict[str, object]:
    no_change = answer.outcome == "not_held" and answer.reason == "no-such-change"
    question = answer.question
    body: Mapping[str, object] = {
        "result": "no-such-change" if no_change else RESULT[answer.outcome],
        "receipt": answer.receipt,
        "account": answer.case,
        "reason": None if answer.outcome == "not_held" else answer.reason,
        "field": answer.field,
        "question": {"field": question.field, "ask": question.ask} if question else None,
        "by": answer.by.isoformat() if answer.by else None,
    }
    return {field: value for field, value in body.items() if value is not None}


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, ceil(seconds)))}


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def options(parser: argparse.ArgumentParser) -> None:
    """What only this office is told at the start."""
    parser.add_argument("--port", type=int, default=8601, help="for the revenues API; 0 takes a free one")
    parser.add_argument("--key", default="demo-council-tax", help="what callers send as their bearer key")


def build(told: argparse.Namespace) -> CouncilTax:
    """The office that the command line describes. Raises DirectoryTaken."""
    desk = Desk(TRADE, directory_of(told, TRADE.department), mode=told.mode, latency=told.latency or 0.0)
    if told.residents:
        seed_accounts(desk.memory, told.residents, desk.now().date())
    return CouncilTax(desk, host=told.host, port=told.port, key=told.key)


if __name__ == "__main__":
    main_of("council_tax", __doc__ or "", (common_options(8611), options), (build,))
