"""Messengers: what carries receipts here, each message by what carries its way."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.screens.mail import Mail
from broker.screens.messages import Message, Messenger, Outbox, Unsendable, Way
from broker.screens.texts import Texts
from broker.settings import Settings


@dataclass(frozen=True, slots=True)
class ByWay:
    """E-mail by one carrier, texts by another."""

    carriers: Mapping[Way, Messenger]

    @property
    def ways(self) -> frozenset[Way]:
        """How it can send."""
        return frozenset(self.carriers)

    async def send(self, message: Message) -> None:
        """Hand a message to what carries its way. Raises Unsendable or ConnectionError."""
        if (carrier := self.carriers.get(message.way)) is None:
            raise Unsendable("This council sends no such messages. Choose another way.")
        await carrier.send(message)


def messenger_of(settings: Settings) -> Messenger | None:
    """What carries receipts here: the demonstration's outbox, the council's carriers, or nothing."""
    if settings.demo_sign_in:
        return Outbox()
    told: list[Messenger | None] = [_mail(settings), _texts(settings)]
    carriers = {way: carrier for carrier in told if carrier is not None for way in carrier.ways}
    return ByWay(carriers) if carriers else None


def _mail(settings: Settings) -> Mail | None:
    if settings.messages_smtp_host is None or settings.messages_smtp_from is None:
        return None
    secret = settings.messages_smtp_password
    return Mail(
        host=settings.messages_smtp_host,
        port=settings.messages_smtp_port,
        sender=settings.messages_smtp_from,
        user=settings.messages_smtp_user,
        password=secret.get_secret_value().strip() if secret else None,
        starttls=settings.messages_smtp_starttls,
        ca_file=settings.messages_smtp_ca_file,
    )


def _texts(settings: Settings) -> Texts | None:
    template, key = settings.messages_notify_template, settings.messages_notify_key
    if template is None or key is None:
        return None
    return Texts(url=settings.messages_notify_url, template=template, key=key.get_secret_value().strip())
