"""Carriers: how a conversation travels over HTTP, with our key and the department's token, to one back office alone."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from broker.adapter import Conversation, Inquiry
from broker.crash_points import crash_point
from broker.outcome import Deferred, Heard, Unheard
from broker.telemetry import log
from broker.wire import Stopped, Wire

T = TypeVar("T")


class HttpCarrier:
    """Carries conversations to one back office, and to nowhere else.

    Conversations are written in httpx's requests and responses; they travel over libcurl, at a fraction of the CPU.
    """

    def __init__(self, base_url: str, *, token: str | None, timeout: float) -> None:
        self._base = base_url.rstrip("/")
        # Not packed: what fits the limit when it is packed may not fit it afterwards.
        headers = {"accept": "application/json", "accept-encoding": "identity", "content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        self._wire = Wire(headers, timeout)

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        """Carry a conversation under our idempotency key. Whatever goes wrong is something heard."""
        return await self._carry(conversation, key)

    async def ask(self, inquiry: Inquiry, key: str) -> Heard | None:
        """Carry an inquiry: has the back office seen this key? None where it has not."""
        return await self._carry(inquiry, key)

    async def close(self) -> None:
        """Close what is open."""
        await self._wire.close()

    async def _carry(self, talk: Generator[httpx.Request, httpx.Response, T], key: str) -> T | Deferred | Unheard:
        try:
            request = next(talk)
            while True:
                response = await self._send(request, key)
                request = talk.send(response)
        except StopIteration as end:
            answer: T = end.value
            return answer
        except Stopped as stopped:
            return stopped.heard
        except Exception as error:
            # An adapter's own fault becomes an attempt, never an escape: the lane must live.
            log.error("adapter.failed", error=type(error).__name__)
            return Unheard(reason="adapter-error")

    async def _send(self, request: httpx.Request, key: str) -> httpx.Response:
        url = f"{self._base}/{request.url.raw_path.decode().removeprefix('/')}"
        answer = await self._wire.send(request.method, url, key, request.content)
        crash_point("delivery.after-send")
        # Whatever it says, it is not unpacked.
        headers = [(name, value) for name, value in answer.headers() if name.lower() != b"content-encoding"]
        return _judged(httpx.Response(answer.status, headers=headers, content=bytes(answer.body)))


def _judged(response: httpx.Response) -> httpx.Response:
    """What no adapter should have to read: a back office that is busy, ill, moved or does not know us."""
    match response.status_code:
        case 429 | 503:
            raise Stopped(Deferred(reason=f"http-{response.status_code}", after=_retry_after(response)))
        case 401 | 403 | 410:
            raise Stopped(Deferred(reason=f"http-{response.status_code}"))
        case status if 300 <= status < 400:
            raise Stopped(Deferred(reason="redirected"))
        case status if status >= 500:
            raise Stopped(Unheard(reason=f"http-{status}"))
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
