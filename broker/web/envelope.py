"""The envelope of every answer: a correlation id, safe headers, and a problem document where our own code failed."""

from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.telemetry import log
from broker.web.problem import refusal_of, response_to


class Envelope:
    """The outermost layer of the application (ASGI)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing that our code raises leaves here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["correlation_id"] = correlation_id = str(uuid4())
        begun = False

        async def send_enveloped(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _envelop(MutableHeaders(scope=message), correlation_id)
            await send(message)

        try:
            await self._app(scope, receive, send_enveloped)
        except Exception as error:
            # Its text could hold what was sent, so only its kind is told.
            log.error("request.failed", error=type(error).__name__, correlation_id=correlation_id)
            if not begun:
                await response_to(refusal_of(error), scope)(scope, receive, send_enveloped)


def _envelop(headers: MutableHeaders, correlation_id: str) -> None:
    headers["X-Correlation-Id"] = correlation_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Cache-Control", "no-store")
