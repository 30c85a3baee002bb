"""Small worlds for the tests of the broker: invented people, three departments, and parts that do as they are told."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson
from sqlalchemy import ColumnElement, Table, select

from broker import journey, stream
from broker.adapter import Adapter
from broker.directory.search import Found, Wanted
from broker.ledger import Timing
from broker.notification import Recorded
from broker.person import Person
from broker.ports import Broker, Carrier, DirectoryUnavailable
from broker.recording import Door
from broker.store import Store
from schemas.address import Address, AddressState
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.move import Move
from schemas.name import Name
from schemas.subject import Subject
from schemas.withdrawal import Withdrawal
from tests.broker.departments import LIBRARIES, ScriptedCarrier, allotments, libraries, parking
from tests.ground.postgres import PostgresCluster

T = TypeVar("T")
START = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
ADVISER = Door(source="form", actor="adviser:amara")
REPUBLISH, LEASE = timedelta(seconds=60), timedelta(seconds=120)
WAITS = (1.0, 10.0, 100.0)


async def eventually(condition: Callable[[], Awaitable[T]], seconds: float = 20) -> T:
    """Wait until something is true, and give it back; the test fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := await condition()):
        assert time.monotonic() < deadline, f"it did not happen within {seconds:g} s"
        await asyncio.sleep(0.02)
    return found


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class ListDirectory:
    """A directory of a few people: all of them are candidates for everybody."""

    def __init__(self, *people: Person) -> None:
        self.people = list(people)
        self.down = False

    async def candidates_of(self, subjects: Sequence[Subject]) -> list[tuple[Person, ...]]:
        if self.down:
            raise DirectoryUnavailable("the directory is down")
        return [tuple(self.people) for _ in subjects]

    async def search(self, wanted: Wanted, *, reviewer: bool = False) -> Found:
        return Found(people=tuple(one for one in self.people if reviewer or not one.restricted), more=False)


def make_broker(
    store: Store,
    *,
    clock: Clock | None = None,
    directory: ListDirectory | None = None,
    adapters: Sequence[Adapter] | None = None,
    carriers: Mapping[str, Carrier] | None = None,
    topic_prefix: str = "",
    worker: str = "worker-1",
) -> Broker:
    """A broker of this world: its clock stands still, its waits are short and its chance is always the same."""
    return Broker(
        store=store,
        directory=directory or ListDirectory(BEN, ADA),
        adapters=adapters if adapters is not None else (libraries(), parking(), allotments()),
        carriers=dict(carriers) if carriers is not None else {LIBRARIES: ScriptedCarrier()},
        timing=Timing(republish_after=REPUBLISH, lease=LEASE, topic_prefix=topic_prefix),
        retry_waits=WAITS,
        worker=worker,
        now=clock or Clock(),
        rng=random.Random(7),
    )


def home(line: str, postcode: str) -> Address:
    return Address.model_construct(
        state=AddressState.UK, lines=(line, "Anytown"), postcode=postcode, uprn=None, country=None
    )


def person(number: int, forenames: str, surname: str, born: str, nino: str, address: Address) -> Person:
    return Person(
        id=f"00000000-0000-4000-8000-{number:012d}",
        names=(Name(forenames=forenames, surname=surname),),
        date_of_birth=born,
        nino=nino,
        addresses=(address,),
    )


#: the subjects of the schemas' own examples of a move and of a death
BEN = person(1, "Ben Idris", "Okafor", "1985-04-12", "QQ123456C", home("12 Mill Row", "AA1 1AA"))
ADA = person(2, "Ada Rose", "Penhaligon", "1938-11-02", "QQ345678B", home("7 Chapel Lane", "AA4 5EF"))
ADA_AS_SUBJECT = deepcopy(dict(Bereavement.EXAMPLE))["subject"]
STRANGER: dict[str, Any] = {
    "name": {"forenames": "Wren", "surname": "Testwell"},
    "date_of_birth": "1970-01-31",
    "address": {"state": "uk", "lines": ["1 Nowhere Street"], "postcode": "AA9 9ZZ"},
    "phone": "+447700900555",
}


def move(**changes: object) -> dict[str, Any]:
    """Ben's move."""
    return deepcopy(dict(Move.EXAMPLE)) | changes


def death(**changes: object) -> dict[str, Any]:
    """Ada's death."""
    return deepcopy(dict(Bereavement.EXAMPLE)) | changes


def contact_change(**changes: object) -> dict[str, Any]:
    """A new phone number for Ben, and no e-mail address."""
    document = deepcopy(dict(ContactChange.EXAMPLE)) | {"subject": move()["subject"]} | changes
    return {name: value for name, value in document.items() if value is not None}


def withdrawal(withdraws: str, **changes: object) -> dict[str, Any]:
    """What was told of Ben did not happen."""
    return deepcopy(dict(Withdrawal.EXAMPLE)) | {"withdraws": withdraws} | changes


def plain(document: Mapping[str, object]) -> bytes:
    return orjson.dumps(document)


def enveloped(document: Mapping[str, Any], *, id: str, source: str = "urn:example:registrar") -> bytes:
    """A letter as a feed puts it on the topic."""
    kind = f"uk.tell-us-once.life-event.{document['kind']}.v1"
    return orjson.dumps({"specversion": "1.0", "id": id, "source": source, "type": kind, "data": document})


async def tell(broker: Broker, document: Mapping[str, object], key: str | None = None) -> Recorded:
    """An adviser tells, and departments are chosen."""
    recorded = await take_in(broker, document, key)
    await stream.route_waiting(broker)
    return recorded


async def take_in(broker: Broker, document: Mapping[str, object], key: str | None = None) -> Recorded:
    door = Door(source=ADVISER.source, actor=ADVISER.actor, key=key)
    return await journey.intake(plain(document), door, broker)


@asynccontextmanager
async def running(*runs: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run parts while the block lasts; one that ends by itself fails the test with its own error."""
    tasks = [asyncio.ensure_future(run()) for run in runs]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        _, still = await asyncio.wait(tasks, timeout=30)
    assert not still, f"a part did not stop: {[task.get_stack() for task in still]}"
    for task in ended:
        task.result()


def rows(store: Store, table: Table, *where: ColumnElement[bool]) -> list[Any]:
    """What a table holds, as rows, by its first column."""
    wanted = select(table).where(*where).order_by(*table.primary_key.columns)
    return list(store.read_now(lambda tx: tx.execute(wanted).all()))


def stop_database(postgres: PostgresCluster, name: str) -> None:
    """To everybody who is connected or wants to be, the database is gone."""
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    ends = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    postgres.execute(ends)
