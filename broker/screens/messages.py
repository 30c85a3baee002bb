"""Messages to callers: a receipt by e-mail or text, where they gave permission, through whatever carries messages here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, delete, insert, select, update

from broker.notifications import note_audit
from broker.ports import Broker
from broker.screens.tables import message
from schemas.email import Email
from schemas.phone import Phone
from schemas.problems import problems_of

KEPT: Final = timedelta(hours=24)
_MOST_SHOWN: Final = 50


class Way(StrEnum):
    """How a message goes."""

    EMAIL = "email"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one caller."""

    id: str
    reference: str
    way: Way
    address: str
    said: str
    made_at: datetime
    sent_at: datetime | None = None
    #: of an e-mail; it is not kept
    subject: str = ""


class Unsendable(Exception):
    """Nothing can be sent there; the text says what to do, and never names the address."""


class Messenger(Protocol):
    """What carries messages, such as a council's mail server or its GOV.UK Notify account."""

    @property
    def ways(self) -> frozenset[Way]:
        """How it can send."""
        ...

    async def send(self, message: Message) -> None:
        """Hand a message over. Raises ConnectionError where it could not be just now, Unsendable where it never can."""
        ...


class Outbox:
    """The demonstration's messenger: nothing leaves this machine, what would be sent is shown on a page."""

    @property
    def ways(self) -> frozenset[Way]:
        """How it would send."""
        return frozenset(Way)

    async def send(self, message: Message) -> None:
        """Leave it where it is."""


def read_address(way: Way, typed: str) -> str:
    """An e-mail address or phone number as it is kept. Raises Unsendable."""
    reader: TypeAdapter[str] = TypeAdapter(Email if way is Way.EMAIL else Phone)
    try:
        return reader.validate_python(typed)
    except ValidationError as error:
        problem = problems_of(error)[0]
    raise Unsendable(problem.message)


async def send(made: Message, actor: str, messenger: Messenger, broker: Broker) -> None:
    """Write a message down, then hand it to the messenger; one that was not taken is forgotten at once.

    Raises StoreUnavailable, ConnectionError or Unsendable.
    """
    row = {"id": made.id, "reference": made.reference, "way": made.way, "address": made.address, "said": made.said}

    def write(tx: Connection) -> None:
        tx.execute(insert(message), row | {"actor": actor, "made_at": made.made_at, "sent_at": None})
        note_audit(tx, made.made_at, actor, "caller.written_to", made.reference, made.way)

    def forget(tx: Connection) -> None:
        tx.execute(delete(message).where(message.c.id == made.id))
        note_audit(tx, broker.now(), actor, "caller.not_reached", made.reference, made.way)

    await broker.store.write(write)
    try:
        await messenger.send(made)
    except (ConnectionError, Unsendable):
        await broker.store.write(forget)
        raise
    done = update(message).where(message.c.id == made.id).values(sent_at=broker.now())
    await broker.store.write(lambda tx: (tx.execute(done), None)[1])


def outbox() -> Callable[[Connection], list[Message]]:
    """What was sent lately, the latest first."""
    wanted = select(message).order_by(message.c.made_at.desc()).limit(_MOST_SHOWN)
    return lambda tx: [_message(row) for row in tx.execute(wanted)]


def forget_old(now: datetime) -> Callable[[Connection], None]:
    """Forget messages of more than a day: whoever carries them keeps its own record."""
    old = delete(message).where(message.c.made_at < now - KEPT)
    return lambda tx: (tx.execute(old), None)[1]


def _message(row: Row[tuple[Any, ...]]) -> Message:
    return Message(
        id=row.id,
        reference=row.reference,
        way=Way(row.way),
        address=row.address,
        said=row.said,
        made_at=row.made_at,
        sent_at=row.sent_at,
    )
