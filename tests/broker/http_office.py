"""A real HTTP server in the place of a back office, and conversations with it."""

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from aiohttp import web

from broker.adapter import Conversation, Inquiry, answered
from broker.carriers import HttpCarrier

KEY = "0c5d7d1e-0000-5000-8000-000000000001"
TOKEN = "s3cret"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BackOffice:
    """A real HTTP server that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = self.take
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def hear(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, request.path_qs, headers, await request.read()))
        return await self.answer(request)

    async def take(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"receipt": "R-1"})

    def says(self, status: int, body: object = None, **headers: str) -> None:
        """Answer everything in this way."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.Request) -> web.StreamResponse:
            if isinstance(body, bytes):
                return web.Response(status=status, body=body, headers=named)
            return web.json_response(body if body is not None else {}, status=status, headers=named)

        self.answer = answer


@asynccontextmanager
async def carrier_to(address: str, *, token: str | None = TOKEN, timeout: float = 5) -> AsyncIterator[HttpCarrier]:
    made = HttpCarrier(address, token=token, timeout=timeout)
    try:
        yield made
    finally:
        await made.close()


def tell(path: str = "/moves") -> Conversation:
    response = yield httpx.Request("POST", path, json={"postcode": "AA2 4BB"})
    return answered(response)


def ask() -> Inquiry:
    response = yield httpx.Request("GET", f"/by-key/{KEY}")
    return None if response.status_code == httpx.codes.NOT_FOUND else answered(response)


@asynccontextmanager
async def breaking(answer: bytes, *, reset: bool) -> AsyncIterator[str]:
    """A back office that reads the request, says a little, and breaks the connection."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"AA2 4BB")
        writer.write(answer)
        await writer.drain()
        if reset:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


class Fickle(asyncio.Protocol):
    """A connection to a back office that answers its first request, and breaks after reading the second."""

    def __init__(self, requests: list[bytes], breaks: Callable[[], None]) -> None:
        self._requests = requests
        self._breaks = breaks
        self._heard = b""
        self._answered = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, _, body = self._heard.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if self._transport is None or len(body) < (int(length[1]) if length else 0):
            return
        self._requests.append(head.partition(b" ")[0] + b" " + body)
        if self._answered:
            self._breaks()
            self._transport.close()
        else:
            self._transport.write(b'HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"receipt":"R-1"}')
        self._heard, self._answered = b"", True


@asynccontextmanager
async def breaking_later(requests: list[bytes], *, dies: bool = False) -> AsyncIterator[str]:
    """A back office of such connections, which enters what it reads in ``requests``, and may die with the first."""

    def breaks() -> None:
        if dies:
            server.close()

    server = await asyncio.get_running_loop().create_server(lambda: Fickle(requests, breaks), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
