"""What the sentence needs from the world, and the broker that holds it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from broker.adapter import Adapter, Conversation, Inquiry
from broker.ledger import Timing
from broker.outcome import Heard
from broker.person import Person
from broker.store import Store
from schemas.subject import Subject


class Directory(Protocol):
    """The people the council already knows. It finds; it never decides."""

    async def candidates_of(self, subjects: Sequence[Subject]) -> list[tuple[Person, ...]]:
        """Who could be meant, for each. Raises DirectoryUnavailable: "could not ask" is never "nobody found"."""
        ...


class Carrier(Protocol):
    """How a conversation travels to one back office."""

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        """Carry every request of the conversation, under our key, and return what was heard in the end."""
        ...

    async def ask(self, inquiry: Inquiry, key: str) -> Heard | None:
        """Ask whether the back office has our key; None where it has never seen it."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class DirectoryUnavailable(Exception):
    """The directory could not be asked."""


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Everything the journey needs, handed in by the composition root."""

    store: Store
    directory: Directory
    adapters: Sequence[Adapter]
    carriers: dict[str, Carrier]
    timing: Timing
    retry_waits: Sequence[float]
    #: who claims deliveries: new for each process
    worker: str
    now: Callable[[], datetime] = utc_now
    rng: random.Random = field(default_factory=random.SystemRandom)

    def topic(self, name: str) -> str:
        """A topic's full name."""
        return f"{self.timing.topic_prefix}{name}"

    def adapter(self, department: str) -> Adapter | None:
        """The adapter of a department."""
        return next((adapter for adapter in self.adapters if adapter.department == department), None)
