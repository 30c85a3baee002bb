"""Three small departments, one for each way of handing over, and a carrier that answers as it is told."""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import httpx
import orjson

from broker.adapter import Adapter, Conversation, CrashMode, HandOver, Inquiry, answered
from broker.disclosure import Disclosure, Sees
from broker.facts import Facts
from broker.outcome import Accepted, Heard
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.move import Direction, Move
from schemas.withdrawal import Withdrawal

T = TypeVar("T")
LIBRARIES, PARKING, ALLOTMENTS = "libraries", "parking", "allotments"


@dataclass
class ScriptedCarrier:
    """A carrier that runs a conversation against answers laid out beforehand; without any, all is taken."""

    answers: list[httpx.Response | Heard] = field(default_factory=list)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    #: while it is clear, no answer comes
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    most_at_once: int = 0
    now: int = 0
    #: under these keys the HTTP library lets a cancellation of its own out
    losing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.answering.set()

    @property
    def keys(self) -> list[str]:
        """The idempotency key of every request, in order."""
        return [key for _, _, key in self.seen]

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        return await self._carry(conversation, key)

    async def ask(self, inquiry: Inquiry, key: str) -> Heard | None:
        return await self._carry(inquiry, key)

    async def close(self) -> None:
        return

    async def _carry(self, talk: Generator[httpx.Request, httpx.Response, T], key: str) -> T | Heard:
        try:
            request = next(talk)
            while True:
                answer = await self._answer(request, key)
                if not isinstance(answer, httpx.Response):
                    return answer
                request = talk.send(answer)
        except StopIteration as end:
            told: T = end.value
            return told

    async def _answer(self, request: httpx.Request, key: str) -> httpx.Response | Heard:
        self.seen.append((request.method, request.url.path, key))
        if key in self.losing:
            raise asyncio.CancelledError
        if request.content:
            self.bodies.append(orjson.loads(request.content))
        self.now += 1
        self.most_at_once = max(self.most_at_once, self.now)
        try:
            await self.answering.wait()
        finally:
            self.now -= 1
        if self.answers:
            return self.answers.pop(0)
        return Accepted(receipt=f"R-{len(self.seen)}")


class MovedPerson(Disclosure):
    """What these departments see of a move."""

    notification: Annotated[str, Sees("notification", "the case is filed under it")]
    surname: Annotated[str | None, Sees("subject.name.surname", "the card is in this name")] = None
    postcode: Annotated[str | None, Sees("event.new_address.postcode", "the home decides the branch")] = None
    original: Annotated[str | None, Sees("earlier_delivery", "what is put right")] = None


class DeadPerson(Disclosure):
    """What these departments see of a death."""

    notification: Annotated[str, Sees("notification", "the case is filed under it")]
    original: Annotated[str | None, Sees("earlier_delivery", "what is put right")] = None


class ReachedPerson(Disclosure):
    """What the libraries see of a contact change; without an e-mail address they can do nothing."""

    email: Annotated[str, Sees("event.new_email", "letters go there")]


def within_the_area(facts: Facts) -> bool:
    return isinstance(facts.event, Move) and facts.event.direction is not Direction.OUT


HAND_OVERS = {LIBRARIES: HandOver.CALLED, PARKING: HandOver.SUBSCRIBES, ALLOTMENTS: HandOver.COLLECTS}
ONLY_WITHIN = "Parking is told of moves within the area."


def libraries(crash_mode: CrashMode = CrashMode.RESEND) -> Adapter:
    """A department that is called."""
    adapter = Adapter(
        LIBRARIES, title="Libraries", hand_over=HandOver.CALLED, crash_mode=crash_mode, lawful_basis="Public task"
    )
    for kind, sees, path in (
        (Move, MovedPerson, "/moves"),
        (Bereavement, DeadPerson, "/deaths"),
        (Withdrawal, DeadPerson, "/withdrawals"),
        (ContactChange, ReachedPerson, "/contacts"),
    ):
        adapter.on(kind, sees=sees)(_posting(path))
    if crash_mode is CrashMode.VERIFY:
        adapter.asks_by_key(_asking)
    return adapter


def _posting(path: str) -> Callable[[Disclosure], Conversation]:
    def talk(told: Disclosure) -> Conversation:
        response = yield httpx.Request("POST", path, json=told.model_dump(mode="json", exclude_none=True))
        return answered(response)

    return talk


def _asking(key: str) -> Inquiry:
    response = yield httpx.Request("GET", f"/by-key/{key}")
    return None if response.status_code == httpx.codes.NOT_FOUND else answered(response)


def parking() -> Adapter:
    """A department that subscribes to its own topic."""
    adapter = Adapter(PARKING, title="Parking", hand_over=HandOver.SUBSCRIBES, lawful_basis="Public task")
    adapter.tells(Move, sees=MovedPerson, when=within_the_area, otherwise=ONLY_WITHIN)
    adapter.tells(Bereavement, sees=DeadPerson)
    adapter.tells(Withdrawal, sees=DeadPerson)
    return adapter


def allotments() -> Adapter:
    """A department that collects."""
    adapter = Adapter(ALLOTMENTS, title="Allotments", hand_over=HandOver.COLLECTS, lawful_basis="Public task")
    adapter.tells(Move, sees=MovedPerson)
    adapter.tells(Withdrawal, sees=DeadPerson)
    return adapter
