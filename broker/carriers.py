"""Carriers: how a conversation travels over HTTP, with our key and the department's token, to one back office alone."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ssl import create_default_context
from typing import TypeVar

import aiohttp
import httpx
from yarl import URL

from broker.adapter import Conversation, Inquiry
from broker.crash_points import crash_point
from broker.outcome import Deferred, Heard, Unheard
from broker.telemetry import log

T = TypeVar("T")
#: a longer answer is cut: no acknowledgement is this long
MOST_BYTES = 65_536
#: seconds to reach a back office, of the whole time for one request
CONNECT_SECONDS = 3.0


class _Stopped(Exception):
    """The conversation cannot go on; what was heard instead."""

    def __init__(self, heard: Deferred | Unheard) -> None:
        super().__init__(heard.reason)
        self.heard = heard


class HttpCarrier:
    """Carries conversations to one back office, and to nowhere else.

    Conversations are written in httpx's requests and responses; they travel over aiohttp, which takes half the CPU.
    """

    def __init__(self, base_url: str, *, token: str | None, timeout: float) -> None:
        self._base = base_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=CONNECT_SECONDS)
        # Not packed: what fits the limit when it is packed may not fit it afterwards.
        self._headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
        }
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self._opened: aiohttp.ClientSession | None = None

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        """Carry a conversation under our idempotency key. Whatever goes wrong is something heard."""
        return await self._carry(conversation, key)

    async def ask(self, inquiry: Inquiry, key: str) -> Heard | None:
        """Carry an inquiry: has the back office seen this key? None where it has not."""
        return await self._carry(inquiry, key)

    async def close(self) -> None:
        """Close what is open."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:  # it needs a running loop, which there is not yet when a carrier is made
            self._opened = aiohttp.ClientSession(
                # How many at once is the gate's to say. Certificates are trusted as they are on this machine now.
                connector=aiohttp.TCPConnector(limit=0, ssl=create_default_context()),
                timeout=self._timeout,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._opened

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
        url = _address(self._base, request.url.raw_path)
        headers, body = {"idempotency-key": key}, request.content or None
        try:
            async with self._session.request(
                request.method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                crash_point("delivery.after-send")
                return _judged(await _read(response))
        except (TimeoutError, aiohttp.ClientError) as error:
            raise _Stopped(_failed(error)) from None


@lru_cache(maxsize=256)
def _address(base: str, path: bytes) -> URL:
    """Where a request goes. httpx has escaped its path."""
    return URL(f"{base}/{path.decode().removeprefix('/')}", encoded=True)


async def _read(response: aiohttp.ClientResponse) -> httpx.Response:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > MOST_BYTES:
            response.close()
            raise _Stopped(Unheard(reason="answer-too-long"))
    # Whatever it says, it is not unpacked.
    headers = [(name, value) for name, value in response.raw_headers if name.lower() != b"content-encoding"]
    return httpx.Response(response.status, headers=headers, content=bytes(body))


def _failed(error: Exception) -> Deferred | Unheard:
    """What a request that failed was: not reached is only said where nothing can have been sent."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return Deferred(reason="not-trusted")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Deferred(reason="not-reached")
        case TimeoutError():
            return Unheard(reason="no-answer-in-time")
        case _:
            return Unheard(reason="connection-broke")


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
    except (ValueError, OverflowError):  # a zone or a year that no clock has
        return None


def _moment(said: str) -> datetime:
    moment = parsedate_to_datetime(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
