"""A broker behind its real door: the application on a port of its own, over a real database, without Kafka."""

import asyncio
import copy
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import uvicorn
from sqlalchemy import select

from broker import clients, journey, notifications
from broker.adapter import Adapter, HandOver
from broker.clients import Role
from broker.directory.search import Found, Wanted
from broker.disclosure import Disclosure, Sees
from broker.ledger import Timing
from broker.person import Person
from broker.ports import Broker
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store
from broker.tables import audit
from broker.web.app import make_app
from broker.web.listener import Listener
from broker.web.serving import listening
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.life_event import LifeEvent
from schemas.move import Move
from schemas.outcome import OutcomeKind
from schemas.subject import Subject

#: back offices that collect have a pigeonhole; the other department subscribes
COLLECTING, OTHER_COLLECTING, SUBSCRIBING = "electoral-registration", "libraries", "housing-benefit"
FIRST_WAIT = 0.5


class View(Disclosure):
    """What the departments of these tests see."""

    occurred_on: Annotated[str, Sees(lambda facts: str(facts.event.happened), "to date the change")]


def told(kind: type[LifeEvent], **changes: object) -> dict[str, Any]:
    """The example of a kind, as if it had happened yesterday; ``subject__nino="..."`` reaches inside."""
    document: dict[str, Any] = copy.deepcopy(dict(kind.EXAMPLE))
    document.pop("told_at", None)
    document["occurred_on"] = str(datetime.now(UTC).date() - timedelta(days=1))
    for dated in (document, document.get("registration", {})):
        dated.pop("registered_on", None)
    for path, value in changes.items():
        *outer, last = path.split("__")
        place: Any = document
        for step in outer:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value
    return document


def adapters() -> list[Adapter]:
    """Three departments: two that collect, one that subscribes."""
    electoral = Adapter(COLLECTING, title="Electoral Registration", hand_over=HandOver.COLLECTS, lawful_basis="reg. 26")
    says = {OutcomeKind.REFERRED: "They will write to you by {by}. Their reference is {receipt}."}
    electoral.tells(Move, sees=View, says=says)
    electoral.tells(Bereavement, sees=View)
    libraries = Adapter(OTHER_COLLECTING, title="Libraries", hand_over=HandOver.COLLECTS, lawful_basis="a task")
    libraries.tells(Move, sees=View, when=lambda _: False, otherwise="They hold no address.")
    libraries.tells(ContactChange, sees=View)
    benefit = Adapter(SUBSCRIBING, title="Housing Benefit", hand_over=HandOver.SUBSCRIBES, lawful_basis="s. 1")
    benefit.tells(Move, sees=View)
    benefit.tells(Bereavement, sees=View)
    return [electoral, libraries, benefit]


class ListedResidents:
    """A directory whose residents stand in a list; it finds them by National Insurance number."""

    def __init__(self, residents: Sequence[Person]) -> None:
        self._residents = residents

    async def candidates_of(self, subjects: Sequence[Subject]) -> list[tuple[Person, ...]]:
        """Everybody who holds the number that was told."""
        return [
            tuple(one for one in self._residents if subject.nino is not None and one.nino == subject.nino)
            for subject in subjects
        ]

    async def search(self, wanted: Wanted, *, reviewer: bool = False) -> Found:
        """Nobody, whoever is wanted: the tests of searching have a directory of their own."""
        return Found(people=(), more=False)


def resident_of(event: LifeEvent) -> Person:
    """The subject of a life event, as the council already knows them."""
    told = event.subject
    assert told.name is not None
    return Person(
        id="6d1f4b52-0000-4000-8000-000000000001",
        names=(told.name,),
        date_of_birth=str(told.date_of_birth),
        nino=told.nino,
        addresses=(told.address,) if told.address else (),
    )


@dataclass(frozen=True, kw_only=True)
class Office:
    """The broker, its address, and a key of every role."""

    broker: Broker
    url: str
    port: int
    keys: dict[str, str]

    def client(self, name: str | None = "adviser") -> httpx.Client:
        """A client that signs in with the key of this name, or with none."""
        headers = {"Authorization": f"Bearer {self.keys[name]}"} if name else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)

    def tell(self, event: dict[str, object], key: str | None = None) -> dict[str, Any]:
        """Submit a life event as an adviser would; the receipt."""
        with self.client() as adviser:
            headers = {"Idempotency-Key": key} if key else {}
            answer = adviser.post("/api/v1/life-events", json=event, headers=headers)
        assert answer.status_code == 202, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def tracked(self, reference: str) -> dict[str, Any]:
        """Where a notification is, as an adviser is told."""
        with self.client() as adviser:
            tracker: dict[str, Any] = adviser.get(f"/api/v1/life-events/{reference}").json()
        return tracker

    def route(self) -> None:
        """Walk the first leg for everything that waits, as the router does."""
        waiting = self.broker.store.read_now(notifications.waiting_for_a_route(100))
        asyncio.run(journey.tell(waiting, self.broker))

    def audited(self) -> list[tuple[str, str, str]]:
        """Actor, what and about, in order."""
        rows = self.broker.store.read_now(lambda tx: tx.execute(select(audit).order_by(audit.c.id)).all())
        return [(row.actor, row.what, row.about) for row in rows]

    def exchange(self, raw: bytes, within: float = 10) -> bytes:
        """Send bytes as they are, and read until the other side closes."""
        return self.exchange_at(self.port, raw, within)

    @staticmethod
    def exchange_at(port: int, raw: bytes, within: float = 10) -> bytes:
        """The same at another port."""
        with socket.create_connection(("127.0.0.1", port), timeout=within) as sender:
            sender.sendall(raw)
            heard = b""
            while part := sender.recv(65536):
                heard += part
        return heard


def broker_over(store: Store) -> Broker:
    """A broker with the departments of these tests, that knows the subjects of the examples."""
    known = [resident_of(Move.example()), resident_of(ContactChange.example())]
    return Broker(
        store=store,
        directory=ListedResidents(known),
        adapters=adapters(),
        carriers={},
        timing=Timing(republish_after=timedelta(seconds=60), lease=timedelta(seconds=60)),
        retry_waits=[FIRST_WAIT, 60],
        worker="test",
    )


def add_clients(store: Store) -> dict[str, str]:
    """A client of every role, and a second back office; their keys by name."""
    wanted: dict[str, tuple[Role, str | None]] = {
        "adviser": (Role.ADVISER, None),
        "source": (Role.SOURCE, None),
        "back-office": (Role.BACK_OFFICE, COLLECTING),
        "other-back-office": (Role.BACK_OFFICE, OTHER_COLLECTING),
        "operator": (Role.OPERATOR, None),
        "administrator": (Role.ADMINISTRATOR, None),
        "reviewer": (Role.REVIEWER, None),
        "second-reviewer": (Role.REVIEWER, None),
        "protection": (Role.PROTECTION, None),
    }
    now = datetime.now(UTC)
    return {
        name: store.write_now(clients.add(name, role, department, now, actor="test"))
        for name, (role, department) in wanted.items()
    }


@contextmanager
def open_office(database_url: str) -> Iterator[Office]:
    """Serve a broker on a free port until the block ends."""
    with Store(database_url) as store:
        bring_up_to_date(store)
        broker, keys = broker_over(store), add_clients(store)
        with served(make_app(broker, Settings(council="Sampleton Council"))) as port:
            yield Office(broker=broker, url=f"http://127.0.0.1:{port}", port=port, keys=keys)


@contextmanager
def served(app: Any, listener: type[Listener] = Listener) -> Iterator[int]:  # noqa: ANN401 - any ASGI application
    """Serve an application in a thread, as the broker serves it; the port."""
    listening_at = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(listening(app, Settings(), listener))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # not the main thread
    thread = threading.Thread(target=server.run, args=([listening_at],), name="door")
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield int(listening_at.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listening_at.close()


def wait_until(holds: Any, within: float = 10) -> None:  # noqa: ANN401 - any question
    """Wait for a condition. Raises AssertionError at the deadline."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.01)
