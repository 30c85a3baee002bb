"""The envelope of every page: a reference for faults, a nonce, headers that keep others out, and a page for our faults."""

import secrets
from typing import Final
from uuid import uuid4

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.screens.errors import error_page
from broker.telemetry import log
from broker.web.problem import refusal_of

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(nonce: str) -> str:
    """What a page may load and where its forms may go (CSP level 3): only here."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


class PageEnvelope:
    """The outermost layer of the screens (ASGI)."""

    def __init__(self, app: ASGIApp, *, whole: ASGIApp, secure: bool) -> None:
        self._app = app
        self._whole = whole
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing that our code raises leaves here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["correlation_id"], state["nonce"] = str(uuid4()), secrets.token_urlsafe(16)
        scope["app"] = self._whole  # for a page that is made outside the application's own layers
        begun = False

        async def send_enveloped(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._envelop(MutableHeaders(scope=message), state)
            await send(message)

        try:
            await self._app(scope, receive, send_enveloped)
        except Exception as error:
            # Its text could hold what was typed, so only its kind is told.
            log.error("request.failed", error=type(error).__name__, correlation_id=state["correlation_id"])
            if not begun:
                await error_page(Request(scope), refusal_of(error))(scope, receive, send_enveloped)

    def _envelop(self, headers: MutableHeaders, state: dict[str, str]) -> None:
        headers["X-Correlation-Id"] = state["correlation_id"]
        headers["Content-Security-Policy"] = policy(state["nonce"])
        headers.setdefault("Cache-Control", "no-store")
        for name, value in _HEADERS.items():
            headers[name] = value
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
