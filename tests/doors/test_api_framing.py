"""What HTTP clients never send: raw bytes at the door."""

import json
import socket
import time

import pytest
from fastapi import FastAPI

from broker.web.listener import Listener
from schemas.move import Move
from tests.doors.office import Office, served, told

CHUNKED = b"Transfer-Encoding: chunked\r\n"
SECOND = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


def head(office: Office, *lines: bytes) -> bytes:
    signed = f"Authorization: Bearer {office.keys['adviser']}\r\n".encode()
    return b"POST /api/v1/life-events HTTP/1.1\r\nHost: x\r\n" + signed + b"".join(lines)


def answered(heard: bytes) -> tuple[bytes, str]:
    """The status and the code of the only answer that came."""
    assert heard.count(b"HTTP/1.1 ") == 1
    start, _, body = heard.partition(b"\r\n\r\n")
    assert b"application/problem+json" in start
    return start[9:12], json.loads(body)["code"]


JSON = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        ([JSON, b"Content-Length: 5\r\n", CHUNKED, b"\r\n0\r\n\r\n"], b"400", "bad_framing"),
        ([JSON, CHUNKED, b"Content-Length: 5\r\n", b"\r\n0\r\n\r\n"], b"400", "bad_framing"),
        ([JSON, b"Content-Length: -1\r\n\r\n"], b"400", "bad_request"),
        ([JSON, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n"], b"400", "bad_request"),
        ([JSON, b"Content-Length: 99999999999999999999\r\n\r\n"], b"413", "body_too_large"),
        ([JSON, b"Content-Length: 209715211\r\n\r\n{"], b"413", "body_too_large"),
        ([JSON, b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"], b"400", "bad_request"),
        ([JSON, CHUNKED, b"\r\nnot-a-length\r\n\r\n"], b"400", "bad_request"),
        ([JSON, b"X-Long: " + b"a" * 20_000 + b"\r\n\r\n"], b"431", "headers_too_large"),
        ([b"X-Null: a\0b\r\n\r\n"], b"400", "bad_request"),
        ([b"Broken header\r\n\r\n"], b"400", "bad_request"),
        ([JSON, JSON, b"Content-Length: 2\r\n\r\n{}"], b"415", "unsupported_media_type"),
    ],
)
def test_a_request_that_two_programs_could_read_differently_is_refused_and_the_connection_closed(
    long_office: Office, lines: list[bytes], status: bytes, code: str
) -> None:
    heard = long_office.exchange(head(long_office, *lines) + SECOND)
    assert answered(heard) == (status, code)


def test_a_body_without_end_is_cut_off_at_the_limit(long_office: Office) -> None:
    chunk = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    heard = long_office.exchange(head(long_office, JSON, CHUNKED, b"\r\n") + chunk * 3)
    assert answered(heard) == (b"413", "body_too_large")


def test_what_is_no_http_at_all_is_told_so(long_office: Office) -> None:
    assert answered(long_office.exchange(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")) == (
        b"400",
        "bad_request",
    )
    assert answered(long_office.exchange(b"GET\r\n\r\n")) == (b"400", "bad_request")


def test_a_body_in_chunks_within_the_limit_is_taken(long_office: Office) -> None:
    body = json.dumps(told(Move)).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:]))
    heard = long_office.exchange(head(long_office, JSON, CHUNKED, b"Connection: close\r\n\r\n") + chunks + b"0\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 202 ")


def test_headers_that_never_end_are_not_waited_for() -> None:
    class Hurried(Listener):
        header_seconds = 0.3

    app = FastAPI()
    with served(app, Hurried) as port:
        began = time.monotonic()
        assert Office.exchange_at(port, b"POST /api/v1/life-events HTTP/1.1\r\nHost: x\r\n") == b""
        assert (
            Office.exchange_at(port, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\n").count(b"HTTP/1.1 404")
            == 1
        )
        assert time.monotonic() - began < 5


def test_a_sender_who_leaves_in_the_middle_harms_nobody(long_office: Office) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", long_office.port)) as sender:
            sender.sendall(head(long_office, JSON, b"Content-Length: 500\r\n\r\n{"))
    with long_office.client() as adviser:
        assert adviser.get("/health/ready").status_code == 200
