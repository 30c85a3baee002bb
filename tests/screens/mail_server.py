"""A mail server of the tests' own: real SMTP on a real socket, with STARTTLS and a password (RFC 5321, 3207, 4954)."""

import base64
import contextlib
import socket
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ground.serving import serving

USER, PASSWORD = "council", "a-password-of-the-tests"


@dataclass(kw_only=True)
class MailServer:
    """What it was given, and how it answers."""

    certificate: Path
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    #: whether each letter came encrypted, and from somebody who had signed in
    safely: list[bool] = field(default_factory=list)
    #: its answer to a recipient, where it takes none
    refuses: str = ""
    offers_starttls: bool = True


def _self_signed(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = made.add_extension(here, critical=False).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    whole = signed.sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "mail.pem"
    path.write_bytes(secret + whole.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def mail_server(folder: Path) -> Iterator[MailServer]:
    """Serve until the block ends."""
    told = MailServer(certificate=_self_signed(folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(told.certificate)

    class Conversation(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), ExitStack() as opened:
                _converse(self.request, told, context, opened)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    told.port = server.server_address[1]
    with serving(server):
        yield told


def _converse(connection: socket.socket, told: MailServer, context: ssl.SSLContext, opened: ExitStack) -> None:
    encrypted = signed_in = False
    reading = opened.enter_context(connection.makefile("rb"))

    def say(line: str) -> None:
        connection.sendall(f"{line}\r\n".encode())

    say("220 mail.example.org")
    while line := reading.readline():
        word = line.decode().strip()
        match word.upper().split(" ")[0]:
            case "EHLO":
                offered = ["AUTH PLAIN"] if encrypted else ["STARTTLS"] if told.offers_starttls else []
                for one in ("mail.example.org", *offered):
                    say(f"250-{one}")
                say("250 8BITMIME")
            case "STARTTLS":
                say("220 go on")
                connection = opened.enter_context(context.wrap_socket(connection, server_side=True))
                reading, encrypted = opened.enter_context(connection.makefile("rb")), True
            case "AUTH":
                signed_in = base64.b64decode(word.split(" ")[2]) == f"\0{USER}\0{PASSWORD}".encode()
                say("235 welcome" if signed_in else "535 no")
            case "RCPT" if told.refuses:
                say(told.refuses)
            case "DATA":
                say("354 go on")
                body = b"".join(iter(reading.readline, b".\r\n"))
                letter = message_from_bytes(body, policy=policy.default)
                assert isinstance(letter, EmailMessage)
                told.letters.append(letter)
                told.safely.append(encrypted and signed_in)
                say("250 taken")
            case "QUIT":
                say("221 bye")
                return
            case _:
                say("250 fine")
