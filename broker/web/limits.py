"""Limits of a request: its framing, its media type, its size and the time it takes, all before anything reads it."""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.problem import Refusal, response_to
from schemas.reading import LARGEST_BODY

#: seconds in which a whole body must have come
BODY_SECONDS: Final = 10.0
LARGEST_HEADERS: Final = 16 * 1024
#: an answer that leaves a body unread cannot be followed by another request
_CLOSE: Final = {"Connection": "close"}
_JSON: Final = re.compile(rb'application/(?:json|cloudevents\+json)\s*(?:;\s*charset="?utf-8"?\s*)?', re.IGNORECASE)
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


class Limits:
    """Reads a body up to its limits, then hands it on whole (ASGI)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_seconds: float = BODY_SECONDS,
        answer: Callable[[Refusal, Scope], Response] = response_to,
    ) -> None:
        self._app = app
        self._body_seconds = body_seconds
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that is outside the limits; else pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check(scope)
            async with asyncio.timeout(self._body_seconds):
                body = await _read(receive)
        except Refusal as refusal:
            await self._answer(refusal, scope)(scope, receive, send)
        except TimeoutError:
            slow = f"The whole body must come within {self._body_seconds:g} seconds. Send it again."
            late = Refusal(408, "body_too_slow", slow, headers=_CLOSE)
            await self._answer(late, scope)(scope, receive, send)
        else:
            if body is not None:
                await self._app(scope, _replay(body, receive), send)


def _check(scope: Scope) -> None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS:
        detail = f"Send at most {LARGEST_HEADERS} bytes of headers."
        raise Refusal(431, "headers_too_large", detail, headers=_CLOSE)
    lengths, codings = _values(headers, b"content-length"), _values(headers, b"transfer-encoding")
    if lengths and codings:
        # RFC 9112 section 6.3: two programs in a row could disagree where this request ends.
        detail = "Send Content-Length or Transfer-Encoding, not both."
        raise Refusal(400, "bad_framing", detail, headers=_CLOSE)
    if any(not length.isdigit() or int(length[:20]) > LARGEST_BODY for length in lengths):
        raise _too_large()
    if any(coding.strip().lower() != b"identity" for coding in _values(headers, b"content-encoding")):
        detail = "Send the body as it is, without Content-Encoding."
        raise Refusal(415, "unsupported_encoding", detail, headers=_CLOSE)
    if scope["method"] in _WITH_BODY and scope["path"].startswith("/api/"):
        _check_media_type(_values(headers, b"content-type"))


def _check_media_type(types: list[bytes]) -> None:
    if len(types) != 1 or not _JSON.fullmatch(types[0].strip()):
        detail = "Send application/json or application/cloudevents+json, in UTF-8."
        raise Refusal(415, "unsupported_media_type", detail, headers=_CLOSE)


def _values(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _too_large() -> Refusal:
    return Refusal(413, "body_too_large", f"Send at most {LARGEST_BODY} bytes.", headers=_CLOSE)


async def _read(receive: Receive) -> bytes | None:
    """The body, or None where the sender went away."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def once() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
