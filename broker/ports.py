"""What the sentence needs from the world, and the broker that holds it."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from broker.adapter import Adapter, Conversation, Inquiry
from broker.choices import Choices
from broker.directory.search import Found, Wanted
from broker.outcome import Heard
from broker.permits import Permits
from broker.person import Person
from broker.replays.plan import Limits
from broker.store import Store
from broker.timing import Timing
from broker.windows import Window
from schemas.subject import Subject


class Directory(Protocol):
    """The people the council already knows. It finds; it never decides."""

    async def candidates_of(self, subjects: Sequence[Subject]) -> list[tuple[Person, ...]]:
        """Who could be meant, for each. Raises DirectoryUnavailable: "could not ask" is never "nobody found"."""
        ...

    async def search(self, wanted: Wanted, *, reviewer: bool = False) -> Found:
        """Who fits what an adviser typed. Raises TooLittle or DirectoryUnavailable."""
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
    #: seconds between attempts at what is parked
    park_waits: Sequence[float] = ()
    #: by department: when it is closed
    windows: Mapping[str, Sequence[Window]] = field(default_factory=dict)
    #: who claims deliveries: new for each process
    worker: str
    now: Callable[[], datetime] = utc_now
    #: what the council has chosen for itself
    choices: Choices = field(default_factory=Choices)
    #: what the settings say of replays
    replays: Limits = field(default_factory=Limits)
    rng: random.Random = field(default_factory=random.SystemRandom)
    #: when each department last answered this process; the sweeper writes it down
    answered: dict[str, datetime] = field(default_factory=dict)
    #: how many may be parked, of each department that this process calls
    permits: dict[str, Permits] = field(default_factory=dict)

    def topic(self, name: str) -> str:
        """A topic's full name."""
        return f"{self.timing.topic_prefix}{name}"

    def adapter(self, department: str) -> Adapter | None:
        """The adapter of a department."""
        return next((adapter for adapter in self.adapters if adapter.department == department), None)
