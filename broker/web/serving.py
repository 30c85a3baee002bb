"""Serving: how the application listens."""

import os
import socket

import uvicorn
from starlette.types import ASGIApp

from broker.parts import CannotListen
from broker.settings import Settings
from broker.web.listener import Listener


def listen(settings: Settings) -> socket.socket:
    """Take the API's address, before anything else is started. Raises CannotListen."""
    try:
        return socket.create_server((settings.web_host, settings.web_port), backlog=2048)
    except OSError as error:
        address = f"{settings.web_host}:{settings.web_port}"
        advice = "choose another with TUO_WEB_PORT, or stop what uses it"
        raise CannotListen(
            f"The address {address} cannot be used ({os.strerror(error.errno or 0)}): {advice}."
        ) from None


def listening(app: ASGIApp, settings: Settings, listener: type[Listener] = Listener) -> uvicorn.Config:
    """Serve with no banner, no access log (an address is somebody's), and no word of a proxy believed."""
    return uvicorn.Config(
        app,
        host=settings.web_host,
        port=settings.web_port,
        http=listener,
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=16_384,
    )
