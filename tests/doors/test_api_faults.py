"""What we answer when our own code fails."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from broker.web.app import ROUTERS, refuse_undeclared
from broker.web.envelope import Envelope
from broker.web.limits import Limits
from tests.doors.office import Office, served


async def _break() -> None:
    raise ZeroDivisionError("Ben Okafor QQ123456C")


async def _no_policy() -> None:
    """A route that says nothing of who may use it."""


def test_a_fault_of_ours_is_a_problem_document_that_tells_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    app = FastAPI()
    app.add_api_route("/break", _break)
    app.add_middleware(Envelope)
    with served(app) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/break")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    said = "".join(capfd.readouterr())
    assert answer.headers["x-correlation-id"] in said
    assert "QQ123456C" not in answer.text + said


def test_a_body_that_drips_is_not_waited_for() -> None:
    app = FastAPI()
    app.add_api_route("/health", _no_policy, methods=["POST"])
    with served(Envelope(Limits(app, body_seconds=0.2))) as port:
        heard = Office.exchange_at(port, b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in heard


def test_a_route_that_declares_no_permission_is_not_served() -> None:
    router = APIRouter()
    router.add_api_route("/open-by-mistake", _no_policy)
    with pytest.raises(LookupError, match="/open-by-mistake does not say who may use it"):
        refuse_undeclared(router)
    for declared in ROUTERS:
        refuse_undeclared(declared)
