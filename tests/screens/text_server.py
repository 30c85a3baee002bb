"""A text service as GOV.UK Notify publishes its API (version 2): a real HTTP server that keeps what it is given."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from tests.ground.serving import serving

SERVICE: Final = "11111111-2222-4333-8444-555555555555"
SECRET: Final = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
KEY: Final = f"sampleton-{SERVICE}-{SECRET}"
TEMPLATE: Final = "99999999-8888-4777-8666-555555555555"
#: seconds that a token may be old
_LEEWAY: Final = 30


@dataclass(slots=True, kw_only=True)
class TextServer:
    """What it was given, and what it is to answer."""

    url: str = ""
    letters: list[dict[str, Any]] = field(default_factory=list)
    #: the status with which it refuses, or 0
    refuses: int = 0

    def answer(self, path: str, bearer: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """What Notify answers."""
        if path != "/v2/notifications/sms":
            return 404, {"errors": [{"error": "NotFound", "message": "The requested URL was not found"}]}
        if not _is_signed(bearer):
            return 403, {"errors": [{"error": "AuthError", "message": "Invalid token: signature, api token not found"}]}
        letter = json.loads(body)
        if set(letter) - {"phone_number", "template_id", "personalisation", "reference", "sms_sender_id"}:
            return 400, {"errors": [{"error": "ValidationError", "message": "Additional properties are not allowed"}]}
        if letter["template_id"] != TEMPLATE or set(letter["personalisation"]) != {"message"}:
            return 400, {"errors": [{"error": "BadRequestError", "message": "Missing personalisation: message"}]}
        if self.refuses:
            return self.refuses, {"errors": [{"error": "ValidationError", "message": "phone_number is not valid"}]}
        self.letters.append(letter)
        return 201, {"id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": letter["reference"]}


def _is_signed(bearer: str) -> bool:
    try:
        token = jwt.decode(bearer.removeprefix("Bearer "), OctKey.import_key(SECRET), algorithms=["HS256"])
    except (JoseError, ValueError):
        return False
    return bool(token.claims["iss"] == SERVICE and abs(time() - token.claims["iat"]) < _LEEWAY)


@contextmanager
def text_server() -> Iterator[TextServer]:
    """Serve until the block ends."""
    told = TextServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = told.answer(self.path, self.headers.get("Authorization", ""), body)
            written = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield told
