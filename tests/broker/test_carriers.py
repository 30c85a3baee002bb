import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from aiohttp import web

from broker.adapter import Conversation, answered
from broker.carriers import HttpCarrier
from broker.outcome import Accepted, Deferred, Heard, NotHeld, Refused, Unheard
from broker.wire import MOST_BYTES
from tests.broker.http_office import KEY, BackOffice, ask, breaking, breaking_later, carrier_to, tell
from tests.ground.ports import free_ports


@pytest.fixture
async def back_office() -> AsyncIterator[BackOffice]:
    office = BackOffice()
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", office.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    office.port = runner.addresses[0][1]
    yield office
    await runner.cleanup()


@pytest.fixture
async def carrier(back_office: BackOffice) -> AsyncIterator[HttpCarrier]:
    async with carrier_to(back_office.address) as made:
        yield made


async def test_a_conversation_goes_under_our_key_and_with_the_department_s_token(
    back_office: BackOffice, carrier: HttpCarrier
) -> None:
    assert await carrier.converse(tell("/moves?dry=no"), KEY) == Accepted(receipt="R-1")
    ((method, path, headers, body),) = back_office.requests
    assert (method, path, body) == ("POST", "/moves?dry=no", b'{"postcode":"AA2 4BB"}')
    assert headers["idempotency-key"] == KEY
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{back_office.port}"


async def test_without_a_token_none_is_sent_and_the_address_may_have_a_path(back_office: BackOffice) -> None:
    async with carrier_to(back_office.address + "/api/v1/", token=None) as carrier:
        await carrier.converse(tell(), KEY)
    ((_, path, headers, _),) = back_office.requests
    assert path == "/api/v1/moves"
    assert "authorization" not in headers


async def test_a_conversation_may_have_several_requests_all_under_one_key(
    back_office: BackOffice, carrier: HttpCarrier
) -> None:
    def talk() -> Conversation:
        yield httpx.Request("GET", "/accounts")
        response = yield httpx.Request("PUT", "/accounts/9")
        return answered(response)

    assert await carrier.converse(talk(), KEY) == Accepted(receipt="R-1")
    assert [(method, headers["idempotency-key"]) for method, _, headers, _ in back_office.requests] == [
        ("GET", KEY),
        ("PUT", KEY),
    ]


@pytest.mark.parametrize(
    ("status", "heard"),
    [
        (200, Accepted(receipt="R-1")),
        (201, Accepted(receipt="R-1")),
        (404, NotHeld()),
        (400, Refused(reason="closed-account")),
        (409, Refused(reason="closed-account")),
        (422, Refused(reason="closed-account")),
        (401, Deferred(reason="http-401")),
        (403, Deferred(reason="http-403")),
        (410, Deferred(reason="http-410")),
        (429, Deferred(reason="http-429")),
        (503, Deferred(reason="http-503")),
        (500, Unheard(reason="http-500")),
        (502, Unheard(reason="http-502")),
        (504, Unheard(reason="http-504")),
    ],
)
async def test_each_answer_is_heard_for_what_it_is(
    back_office: BackOffice, carrier: HttpCarrier, status: int, heard: Heard
) -> None:
    back_office.says(status, {"receipt": "R-1", "reason": "closed-account"})
    assert await carrier.converse(tell(), KEY) == heard
    assert len(back_office.requests) == 1  # nothing is repeated behind our back


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"receipt":', b'{"receipt":""}', b'{"receipt":7}', b"\xff"])
async def test_a_success_without_a_receipt_is_no_acknowledgement(
    back_office: BackOffice, carrier: HttpCarrier, body: bytes
) -> None:
    back_office.says(200, body)
    assert await carrier.converse(tell(), KEY) == Unheard(reason="answer-without-receipt")


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("31536000", timedelta(days=365)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 40, None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_that_is_named_in_seconds_is_heard_and_nonsense_is_not(
    back_office: BackOffice, carrier: HttpCarrier, status: int, said: str, after: timedelta | None
) -> None:
    back_office.says(status, Retry_After=said)
    assert await carrier.converse(tell(), KEY) == Deferred(reason=f"http-{status}", after=after)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_that_is_named_as_a_date_is_heard_by_the_back_office_s_own_clock(
    back_office: BackOffice, carrier: HttpCarrier, status: int
) -> None:
    theirs = datetime(2031, 1, 1, 12, tzinfo=UTC)
    opens = format_datetime(theirs + timedelta(minutes=10), usegmt=True)
    back_office.says(status, Retry_After=opens, Date=format_datetime(theirs, usegmt=True))
    heard = await carrier.converse(tell(), KEY)
    assert heard == Deferred(reason=f"http-{status}", after=timedelta(minutes=10))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(back_office: BackOffice, carrier: HttpCarrier, status: int) -> None:
    back_office.says(status, Location="/elsewhere")
    assert await carrier.converse(tell(), KEY) == Deferred(reason="redirected")
    assert [path for _, path, _, _ in back_office.requests] == ["/moves"]


async def test_nothing_but_its_own_back_office_is_ever_called(back_office: BackOffice, carrier: HttpCarrier) -> None:
    """Whatever an adapter names as host: only the path is taken."""
    await carrier.converse(tell("http://169.254.169.254/latest/meta-data"), KEY)
    assert [path for _, path, _, _ in back_office.requests] == ["/latest/meta-data"]


async def test_an_answer_that_does_not_end_is_cut(back_office: BackOffice, carrier: HttpCarrier) -> None:
    sent = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while sent < 50_000_000:
                await response.write(b" " * 16_384)
                sent += 16_384
        except ConnectionError:
            pass
        return response

    back_office.answer = pour
    assert await carrier.converse(tell(), KEY) == Unheard(reason="answer-too-long")
    assert sent < 20_000_000


async def test_an_answer_of_just_the_longest_length_is_heard(back_office: BackOffice, carrier: HttpCarrier) -> None:
    body = b'{"receipt":"R-1"}'
    back_office.says(200, body + b" " * (MOST_BYTES - len(body)))
    assert await carrier.converse(tell(), KEY) == Accepted(receipt="R-1")
    back_office.says(200, body + b" " * (MOST_BYTES - len(body) + 1))
    assert await carrier.converse(tell(), KEY) == Unheard(reason="answer-too-long")


async def test_a_small_answer_cannot_grow_large(back_office: BackOffice, carrier: HttpCarrier) -> None:
    """A compressed answer is not unpacked: 64 KiB could hold 64 MiB."""
    packed = gzip.compress(b'{"receipt":"R-1"}' + b" " * 50_000_000)
    assert len(packed) < MOST_BYTES
    back_office.says(200, packed, Content_Encoding="gzip")
    read: list[int] = []

    def talk() -> Conversation:
        response = yield httpx.Request("POST", "/moves")
        read.append(len(response.content))
        return answered(response)

    assert await carrier.converse(talk(), KEY) == Unheard(reason="answer-without-receipt")
    assert read == [len(packed)]
    assert back_office.requests[0][2]["accept-encoding"] == "identity"


@pytest.mark.parametrize("slowly", ["never answers", "a byte at a time"])
async def test_the_whole_of_a_request_has_one_deadline(back_office: BackOffice, slowly: str) -> None:
    gone = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if slowly != "never answers":
            await response.prepare(request)
        while not gone.is_set():
            if slowly != "never answers":
                await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    back_office.answer = trickle
    async with carrier_to(back_office.address, timeout=0.3) as carrier:
        began = time.monotonic()
        assert await carrier.converse(tell(), KEY) == Unheard(reason="no-answer-in-time")
        assert time.monotonic() - began < 5
    gone.set()


async def test_a_back_office_that_is_not_there_was_not_told() -> None:
    async with carrier_to(f"http://127.0.0.1:{free_ports()}") as carrier:
        assert await carrier.converse(tell(), KEY) == Deferred(reason="not-reached")


async def test_a_name_that_nobody_has_was_not_told() -> None:
    async with carrier_to("http://nobody.invalid:80") as carrier:
        assert await carrier.converse(tell(), KEY) == Deferred(reason="not-reached")


async def test_an_office_that_lets_us_in_and_does_not_say_who_it_is_was_not_told() -> None:
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent, carrier_to(f"https://127.0.0.1:{port}", timeout=0.3) as carrier:
        assert await carrier.converse(tell(), KEY) == Deferred(reason="not-reached")


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-le", b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{", b"nonsense\r\n\r\n"],
    ids=["before the answer", "in the head", "in the body", "after nonsense"],
)
async def test_a_connection_that_breaks_after_the_request_may_have_had_its_effect(answer: bytes, reset: bool) -> None:
    """Never "not reached": in hold mode it would be sent again without anybody having looked."""
    async with breaking(answer, reset=reset) as address, carrier_to(address) as carrier:
        assert await carrier.converse(tell(), KEY) == Unheard(reason="connection-broke")


@pytest.mark.parametrize("body", [b'{"postcode":"AA2 4BB"}', b"x" * 200_000, b""], ids=["small", "large", "none"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_a_kept_connection_broke_off_is_not_sent_again_behind_our_back(method: str, body: bytes) -> None:
    def talk() -> Conversation:
        response = yield httpx.Request(method, "/moves", content=body)
        return answered(response)

    requests: list[bytes] = []
    async with breaking_later(requests) as address, carrier_to(address) as carrier:
        assert await carrier.ask(ask(), KEY) == Accepted(receipt="R-1")
        heard = await carrier.converse(talk(), KEY)
    # Without a body it goes on a connection of its own, which is answered.
    assert heard == (Unheard(reason="connection-broke") if body else Accepted(receipt="R-1"))
    assert requests == [b"GET ", method.encode() + b" " + body]


async def test_what_an_office_had_that_died_before_it_answered_was_not_simply_not_reached() -> None:
    """Whoever carries may try a new connection, and finds nobody there."""
    requests: list[bytes] = []
    async with breaking_later(requests, dies=True) as address, carrier_to(address) as carrier:
        await carrier.ask(ask(), KEY)
        assert await carrier.converse(tell(), KEY) == Unheard(reason="connection-broke")
        assert await carrier.converse(tell(), KEY) == Deferred(reason="not-reached")
    assert len(requests) == 2


async def test_an_adapter_that_breaks_is_one_attempt_that_nothing_was_heard_of(
    back_office: BackOffice, carrier: HttpCarrier
) -> None:
    def talk() -> Conversation:
        response = yield httpx.Request("POST", "/moves")
        raise KeyError(response.json()["receipt"])

    assert await carrier.converse(talk(), KEY) == Unheard(reason="adapter-error")
    assert await carrier.converse(tell(), KEY) == Accepted(receipt="R-1")


async def test_an_inquiry_tells_what_the_back_office_has_seen_from_what_it_has_not(
    back_office: BackOffice, carrier: HttpCarrier
) -> None:
    assert await carrier.ask(ask(), KEY) == Accepted(receipt="R-1")
    back_office.says(404)
    assert await carrier.ask(ask(), KEY) is None
    back_office.says(500)
    assert await carrier.ask(ask(), KEY) == Unheard(reason="http-500")
    back_office.says(503)
    assert await carrier.ask(ask(), KEY) == Deferred(reason="http-503")


async def test_many_conversations_go_on_side_by_side(back_office: BackOffice, carrier: HttpCarrier) -> None:
    here, most, together = 0, 0, asyncio.Event()

    async def gather(_: web.Request) -> web.StreamResponse:
        nonlocal here, most
        here += 1
        most = max(most, here)
        if here == 4:
            together.set()
        await together.wait()
        here -= 1
        return web.json_response({"receipt": "R-1"})

    back_office.answer = gather
    heard = await asyncio.gather(*[carrier.converse(tell(), KEY) for _ in range(8)])
    assert heard == [Accepted(receipt="R-1")] * 8
    assert most == 4
