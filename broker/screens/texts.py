"""Text messages: receipts to callers through GOV.UK Notify, or whatever else speaks its API (version 2).

The template there holds one place, ``((message))``, and nothing else.
Source: https://docs.notifications.service.gov.uk/rest-api.html#send-a-text-message
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson

from broker.screens.messages import Message, Unsendable, Way

PATH: Final = "/v2/notifications/sms"
#: seconds in which it must answer: an adviser waits for it
_PATIENCE: Final = 10.0
_UUID_LENGTH: Final = 36
#: it will never take this message to this number
_NEVER: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """An account there: its address, the template, and an API key as it is given out (name, service and secret)."""

    url: str
    template: str
    key: str = field(repr=False)

    @property
    def ways(self) -> frozenset[Way]:
        """How it can send."""
        return frozenset({Way.TEXT})

    async def send(self, message: Message) -> None:
        """Hand a message over. Raises Unsendable or ConnectionError; neither says to whom it was."""
        if message.way is not Way.TEXT:
            raise Unsendable("This council sends no e-mail. Ask for a mobile number.")
        letter = {
            "phone_number": message.address,
            "template_id": self.template,
            "personalisation": {"message": message.said},
            # Notify knows what it was given already only by its own id; this one finds it in its records.
            "reference": message.id,
        }
        try:
            status = await self._post(orjson.dumps(letter))
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            # Its text could hold what was sent.
            raise ConnectionError(f"the text service does not answer ({type(error).__name__})") from None
        if status == _NEVER:
            raise Unsendable("The text service does not take this number. Check it with the caller")
        if not 200 <= status < 300:
            raise ConnectionError(f"the text service did not take a message (HTTP {status})")

    async def _post(self, letter: bytes) -> int:
        headers = {"Authorization": f"Bearer {bearer(self.key, int(time.time()))}", "Content-Type": "application/json"}
        url = f"{self.url.rstrip('/')}{PATH}"
        async with (
            asyncio.timeout(_PATIENCE),
            httpx.AsyncClient(trust_env=False, timeout=_PATIENCE) as session,
            session.stream("POST", url, content=letter, headers=headers) as answer,
        ):
            return answer.status_code


def bearer(key: str, at: int) -> str:
    """The token of one request (JWT, RFC 7519, signed with HS256), good for half a minute around ``at``."""
    secret, service = key[-_UUID_LENGTH:], key[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1]
    signed = b".".join((_packed({"typ": "JWT", "alg": "HS256"}), _packed({"iss": service, "iat": at})))
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return b".".join((signed, _urlsafe(signature))).decode()


def _packed(part: Mapping[str, object]) -> bytes:
    return _urlsafe(orjson.dumps(part))


def _urlsafe(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
