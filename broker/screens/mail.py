"""Mail: receipts to callers through the council's own mail server (SMTP, RFC 5321; STARTTLS, RFC 3207)."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final

from broker.screens.messages import Message, Unsendable, Way

#: seconds in which the mail server must answer each word: an adviser waits for it
_PATIENCE: Final = 10.0
#: from here on a reply says: never (RFC 5321, 4.2.1)
_FOR_EVER: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail server, and the address that receipts come from. It carries e-mail, and no text messages."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    ca_file: Path | None = None

    @property
    def ways(self) -> frozenset[Way]:
        """How it can send."""
        return frozenset({Way.EMAIL})

    async def send(self, message: Message) -> None:
        """Hand a message over, in a thread. Raises Unsendable or ConnectionError; neither says to whom it was."""
        if message.way is not Way.EMAIL:
            raise Unsendable("This council sends no text messages. Ask for an e-mail address.")
        await asyncio.to_thread(self._send, self._letter(message))

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self.sender
        letter["To"] = message.address
        letter["Subject"] = message.subject
        letter["Date"] = format_datetime(message.made_at)
        letter["Message-ID"] = make_msgid(idstring=message.id, domain=self._domain)
        # No out-of-office reply is wanted (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.said)
        return letter

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2]

    def _send(self, letter: EmailMessage) -> None:
        try:
            with smtplib.SMTP(self.host, self.port, local_hostname=self._domain, timeout=_PATIENCE) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context(cafile=self.ca_file))
                if self.user is not None and self.password is not None:
                    server.login(self.user, self.password)
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= _FOR_EVER for code, _ in error.recipients.values()):
                raise Unsendable("The mail server does not take this address. Check it with the caller") from None
            raise ConnectionError("the mail server did not take a message") from None
        except (OSError, smtplib.SMTPException) as error:
            # Its text could hold the address.
            raise ConnectionError(f"the mail server did not take a message ({type(error).__name__})") from None
