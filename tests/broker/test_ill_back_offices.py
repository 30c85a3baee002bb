"""Back offices that hang, keep us waiting, send us elsewhere or cannot show who they are: over a real connection."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker.breaker import Position
from broker.department_state import State
from broker.gate import Gate, Moment
from broker.outcome import Accepted, Deferred, Unheard
from broker.standing import BY_TOPIC, URGENT
from tests.broker.departments import LIBRARIES
from tests.broker.http_office import KEY, BackOffice, carrier_to, tell
from tests.broker.worlds import START, eventually

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@asynccontextmanager
async def served(office: BackOffice, certificate: ssl.SSLContext | None = None) -> AsyncIterator[web.AppRunner]:
    """The office on a port of its own; with a certificate it speaks TLS."""
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", office.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", office.port, ssl_context=certificate).start()
    office.port = runner.addresses[0][1]
    try:
        yield runner
    finally:
        await runner.cleanup()


async def test_an_office_that_hangs_keeps_neither_connections_nor_whoever_comes_next_waiting() -> None:
    office, hanging = BackOffice(), True

    async def hang(request: web.Request) -> web.StreamResponse:
        if hanging:
            await asyncio.Event().wait()
        return await office.take(request)

    office.answer = hang
    async with served(office) as runner, carrier_to(office.address, timeout=0.4) as carrier:
        server = runner.server
        assert server is not None
        for _ in range(3):
            heard = await asyncio.gather(*[carrier.converse(tell(), KEY) for _ in range(30)])
            assert heard == [Unheard(reason="no-answer-in-time")] * 30

            async def all_hung_up() -> bool:
                return not server.connections

            await eventually(all_hung_up)
        hanging = False
        assert await carrier.converse(tell(), KEY) == Accepted(receipt="R-1")
        assert len(server.connections) == 1


async def test_a_redirect_to_another_host_is_never_called_and_our_token_stays_at_home() -> None:
    here, there = BackOffice(), BackOffice()
    async with served(there), served(here), carrier_to(here.address) as carrier:
        here.says(307, Location=f"{there.address}/moves")
        assert await carrier.converse(tell(), KEY) == Deferred(reason="redirected")
    assert (len(here.requests), there.requests) == (1, [])


@pytest.mark.parametrize(
    ("said", "theirs", "after"),
    [
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 09:28:00 GMT", timedelta(hours=-2)),
        ("Wed, 21 Oct 2026 07:28:00", "Wed, 21 Oct 2026 07:27:30 GMT", timedelta(seconds=30)),
        ("Wed, 32 Oct 2026 07:28:00 GMT", None, None),
        ("tomorrow at noon", None, None),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999999999", None, None),
        ("Thu, 01 Jan 99999999999999999999 00:00:00 GMT", None, None),
    ],
    ids=["a date that is past", "a date without a zone", "no day", "words", "no zone", "no year"],
)
async def test_a_wait_until_a_date_that_is_past_or_none_is_no_wait(
    said: str, theirs: str | None, after: timedelta | None
) -> None:
    office = BackOffice()
    async with served(office), carrier_to(office.address) as carrier:
        office.says(429, Retry_After=said, **({"Date": theirs} if theirs else {}))
        assert await carrier.converse(tell(), KEY) == Deferred(reason="http-429", after=after)


class Clocks:
    """The loop's clock, which never falls, and the wall's, which may be set wrong."""

    def __init__(self) -> None:
        self.loop, self.wall = 100.0, START

    def __call__(self) -> Moment:
        return Moment(self.loop, self.wall)


def leaves_at_once(gate: Gate) -> bool:
    return not gate._is_shut(BY_TOPIC)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(seconds=120), 120.0),
        (timedelta(days=365), 3600.0),
        (timedelta(days=-365), 0.0),
        (timedelta(0), 0.0),
        (None, 0.0),
    ],
)
def test_a_department_waits_as_long_as_its_office_asks_and_an_hour_at_most(
    asked: timedelta | None, waits: float
) -> None:
    clocks = Clocks()
    gate = Gate(LIBRARIES, 4, random.Random(1), clocks)
    gate.heard(Deferred(reason="http-429", after=asked))
    for wrongly in (timedelta(hours=1), timedelta(hours=-2)):
        clocks.wall += wrongly  # a clock that is set wrong makes no wait longer or shorter
        assert leaves_at_once(gate) is (waits == 0)
    clocks.loop += waits + 0.6
    assert leaves_at_once(gate)


@pytest.mark.parametrize("reason", ["redirected", "http-401", "http-403", "http-410"])
def test_an_office_that_knows_us_no_more_or_sends_us_elsewhere_is_left_alone_until_somebody_has_looked(
    reason: str,
) -> None:
    """A key has run out, or a sign-in page was put before it: the fault is in a setting, and no letter's."""
    gate = Gate(LIBRARIES, 4, random.Random(1), Clocks())
    for _ in range(60):
        gate.heard(Deferred(reason=reason))
    assert gate.breaker.refusing
    assert not leaves_at_once(gate)
    assert gate._is_shut(URGENT), "not even what is urgent"
    assert gate.breaker.position is Position.CLOSED
    said = gate.to_write("1")
    assert said["refusing_since"] == START
    gate.has_written(refusing_since=START)
    gate.look(State(department=LIBRARIES))  # an operator's word
    assert leaves_at_once(gate)


class Authority:
    """Signs certificates, good and bad ones."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's own authority")])
        self.own = self._signed(self._name, self._key, authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self.own.public_bytes(serialization.Encoding.PEM))

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        authority: bool = False,
        host: str = "localhost",
        ends: datetime = NOW + DAY,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 30 * DAY)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def certificate(self, *, host: str = "localhost", ends: datetime = NOW + DAY) -> ssl.SSLContext:
        """What an office shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        file = self._folder / "office.pem"
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        shown = self._signed(name, key, host=host, ends=ends).public_bytes(serialization.Encoding.PEM)
        file.write_bytes(key.private_bytes(*form) + shown)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


async def test_a_certificate_may_be_renewed_while_we_speak(authority: Authority) -> None:
    office = BackOffice()
    async with served(office, authority.certificate()):
        carrier_s = f"https://localhost:{office.port}"
        async with carrier_to(carrier_s) as carrier:
            assert await carrier.converse(tell(), KEY) == Accepted(receipt="R-1")
    async with served(office, authority.certificate()), carrier_to(carrier_s) as carrier:
        assert await carrier.converse(tell(), KEY) == Accepted(receipt="R-1")
    assert len(office.requests) == 2


@pytest.mark.parametrize("how", ["expired", "of another name", "of an authority that we do not know"])
async def test_an_office_whose_certificate_is_no_good_is_told_nothing(
    authority: Authority, tmp_path: Path, how: str
) -> None:
    match how:
        case "expired":
            shown = authority.certificate(ends=NOW - DAY)
        case "of another name":
            shown = authority.certificate(host="example.org")
        case _:
            (tmp_path / "other").mkdir()
            shown = Authority(tmp_path / "other").certificate()
    office = BackOffice()
    async with served(office, shown), carrier_to(f"https://localhost:{office.port}") as carrier:
        assert await carrier.converse(tell(), KEY) == Deferred(reason="not-trusted")
    assert office.requests == []
