"""The wire: one HTTP request of one department, and its answer, over libcurl; it says whether anything can have left."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import get_default_verify_paths

import pycurl  # type: ignore[import-untyped]  # it has stubs, and does not say so

from broker.outcome import Deferred, Unheard

#: a longer answer is cut: no acknowledgement is this long
MOST_BYTES = 65_536
#: seconds to reach a back office, of the whole time for one request
CONNECT_SECONDS = 3.0
#: seconds after which a connection that nothing was sent on is not trusted to be there still
IDLE_SECONDS = 15
#: so many connections are kept at most; how many are used at once is the gate's to say
_KEPT = 1_024
#: asked twice, the answer is the same: libcurl may repeat what a connection that broke left without an answer
_ONLY_ASK = frozenset({"GET", "HEAD"})
_BLANK = frozenset({b"\r\n", b"\n"})
#: what a failure is called where not a byte of the request has left, and what else
_UNSENT = {
    pycurl.E_PEER_FAILED_VERIFICATION: "not-trusted",
    pycurl.E_COULDNT_RESOLVE_HOST: "not-reached",
    pycurl.E_COULDNT_CONNECT: "not-reached",
    pycurl.E_SSL_CONNECT_ERROR: "not-reached",
    pycurl.E_OPERATION_TIMEDOUT: "not-reached",
}
_SENT = {pycurl.E_OPERATION_TIMEDOUT: "no-answer-in-time", pycurl.E_FILESIZE_EXCEEDED: "answer-too-long"}


class Stopped(Exception):
    """A conversation cannot go on; what was heard instead."""

    def __init__(self, heard: Deferred | Unheard) -> None:
        super().__init__(heard.reason)
        self.heard = heard


@dataclass(slots=True)
class Answer:
    """What came back, as it came."""

    status: int = 0
    #: the lines of its head, and of what came before it
    lines: list[bytes] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of the last head: a 1xx may come before it. Raises Stopped where it does not end."""
        begins = max(at for at, line in enumerate(self.lines) if line.startswith(b"HTTP/"))
        if not _BLANK.intersection(self.lines[begins:]):
            raise Stopped(Unheard(reason="connection-broke"))
        named = (line.partition(b":") for line in self.lines[begins + 1 :])
        return [(name, value.strip()) for name, colon, value in named if colon]


class Wire:
    """Connections to one back office. What is sent leaves once: whatever happens, no letter is sent again unasked."""

    def __init__(self, headers: Mapping[str, str], timeout: float) -> None:
        self._headers = [f"{name}: {value}" for name, value in headers.items()]
        self._milliseconds = int(timeout * 1000)
        self._multi = pycurl.AsyncCurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _KEPT)
        self._idle: list[pycurl.Curl] = []

    async def send(self, method: str, url: str, key: str, body: bytes) -> Answer:
        """Send a request under our key, and read its answer. Raises Stopped."""
        curl, answer = self._idle.pop() if self._idle else self._made(), Answer()
        self._prepare(curl, method, url, key, body)
        curl.setopt(pycurl.HEADERFUNCTION, answer.lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, answer.body.extend)
        try:
            await self._multi.add_handle(curl)
        except pycurl.error as error:
            raise Stopped(_failed(error.args[0], curl)) from None
        answer.status = curl.getinfo(pycurl.RESPONSE_CODE)
        self._idle.append(curl)
        return answer

    async def close(self) -> None:
        """Close every connection."""
        await self._multi.aclose()

    def _made(self) -> pycurl.Curl:
        curl, trusted = pycurl.Curl(), get_default_verify_paths()
        for option, value in (
            (pycurl.NOSIGNAL, True),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PROXY, ""),
            (pycurl.PATH_AS_IS, True),
            (pycurl.TIMEOUT_MS, self._milliseconds),
            (pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000)),
            (pycurl.MAXAGE_CONN, IDLE_SECONDS),
            (pycurl.MAXFILESIZE, MOST_BYTES),
            # Certificates are trusted as they are on this machine now.
            (pycurl.CAINFO, trusted.cafile),
            (pycurl.CAPATH, trusted.capath),
        ):
            if value is not None:
                curl.setopt(option, value)
        return curl

    def _prepare(self, curl: pycurl.Curl, method: str, url: str, key: str, body: bytes) -> None:
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, [*self._headers, f"idempotency-key: {key}"])
        curl.setopt(pycurl.POST if body else pycurl.HTTPGET, True)
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        curl.setopt(pycurl.NOBODY, method == "HEAD")
        curl.setopt(pycurl.POSTFIELDSIZE, len(body))
        # libcurl sends again on a new connection what an old one broke off without a word. It cannot where it would
        # have to read the body a second time, nor where the connection was new.
        curl.setopt(pycurl.READFUNCTION, io.BytesIO(body).read)
        curl.setopt(pycurl.FRESH_CONNECT, not body and method not in _ONLY_ASK)


def _failed(code: int, curl: pycurl.Curl) -> Deferred | Unheard:
    """What a request that failed was: not reached is only said where nothing has left."""
    if code in _UNSENT and not curl.getinfo(pycurl.REQUEST_SIZE):
        return Deferred(reason=_UNSENT[code])
    return Unheard(reason=_SENT.get(code, "connection-broke"))
