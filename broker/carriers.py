"""Carriers: how a conversation travels over HTTP. The only file that opens a connection to a back office."""

import asyncio
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from broker.adapter import Conversation, Inquiry
from broker.outcome import Deferred, Heard, Unheard
from broker.telemetry import log

#: a longer answer is cut: no acknowledgement is this long
MOST_BYTES = 65_536
#: seconds to reach a back office, of the whole time for one request
CONNECT_SECONDS = 3.0
T = TypeVar("T")


class _Stopped(Exception):
    """The conversation cannot go on; what was heard instead."""

    def __init__(self, heard: Deferred | Unheard) -> None:
        super().__init__(heard.reason)
        self.heard = heard


class HttpCarrier:
    """Carries conversations to one back office, and to nowhere else."""

    def __init__(self, base_url: str, *, token: str | None, timeout: float, in_flight: int) -> None:
        self._base = httpx.URL(base_url)
        self._token = token
        self._timeout = timeout
        # "No limit" must be said as a number: None would fall back to a hundred.
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        self._transport = AiohttpTransport(limits=limits, trust_env=False)

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        """Carry a conversation under our idempotency key. Whatever goes wrong is something heard."""
        return await self._carry(conversation, key)

    async def ask(self, inquiry: Inquiry, key: str) -> Heard | None:
        """Carry an inquiry: has the back office seen this key? None where it has not."""
        return await self._carry(inquiry, key)

    async def close(self) -> None:
        """Close what is open."""
        await self._transport.aclose()

    async def _carry(self, talk: Generator[httpx.Request, httpx.Response, T], key: str) -> T | Deferred | Unheard:
        try:
            request = next(talk)
            while True:
                response = await self._send(request, key)
                request = talk.send(response)
        except StopIteration as end:
            answer: T = end.value
            return answer
        except _Stopped as stopped:
            return stopped.heard
        except Exception as error:
            # An adapter's own fault becomes an attempt, never an escape: the lane must live.
            log.error("adapter.failed", error=type(error).__name__)
            return Unheard(reason="adapter-error")

    async def _send(self, request: httpx.Request, key: str) -> httpx.Response:
        addressed = self._addressed(request, key)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._transport.handle_async_request(addressed)
                return _judged(await _read(response))
        except (TimeoutError, httpx.HTTPError, aiohttp.ClientError) as error:
            raise _Stopped(_failed(error)) from None

    def _addressed(self, request: httpx.Request, key: str) -> httpx.Request:
        url = self._base.copy_with(raw_path=self._base.raw_path.rstrip(b"/") + request.url.raw_path)
        headers = {"idempotency-key": key, "accept": "application/json", "content-type": "application/json"}
        headers["accept-encoding"] = "identity"
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        limits = {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS, "read": self._timeout, "write": self._timeout}
        return httpx.Request(
            request.method, url, headers=headers, content=request.content, extensions={"timeout": limits}
        )


async def _read(response: httpx.Response) -> httpx.Response:
    body = bytearray()
    try:
        async for part in response.aiter_raw():
            body += part
            if len(body) > MOST_BYTES:
                raise _Stopped(Unheard(reason="answer-too-long"))
    finally:
        await response.aclose()
    # Not unpacked: what fits the limit when it is packed may not fit it afterwards.
    headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


def _failed(error: Exception) -> Deferred | Unheard:
    """What a request that failed was: not reached is only said where nothing can have been sent."""
    # The transport calls a connection that broke later a connect timeout too: only the cause tells them apart.
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Deferred(reason="not-reached")
    in_time = not isinstance(error, TimeoutError) and not isinstance(cause, TimeoutError)
    return Unheard(reason="connection-broke" if in_time else "no-answer-in-time")


def _judged(response: httpx.Response) -> httpx.Response:
    """What no adapter should have to read: a back office that is busy, ill, moved or does not know us."""
    match response.status_code:
        case 429 | 503:
            raise _Stopped(Deferred(reason=f"http-{response.status_code}", after=_retry_after(response)))
        case 401 | 403 | 410:
            raise _Stopped(Deferred(reason=f"http-{response.status_code}"))
        case status if 300 <= status < 400:
            raise _Stopped(Deferred(reason="redirected"))
        case status if status >= 500:
            raise _Stopped(Unheard(reason=f"http-{status}"))
        case _:
            return response


def _retry_after(response: httpx.Response) -> timedelta | None:
    """Seconds, or a date (RFC 9110, 10.2.3), which is read against the back office's own clock where it tells that."""
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return timedelta(seconds=int(said)) if len(said) < 9 else None
    try:
        theirs = response.headers.get("date")
        return _moment(said) - (_moment(theirs) if theirs else datetime.now(UTC))
    except ValueError:
        return None


def _moment(said: str) -> datetime:
    moment = parsedate_to_datetime(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
