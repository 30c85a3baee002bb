"""Deliveries made ready: written in a ledger by the first leg itself, and laid on topics for who hands them over."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer
from sqlalchemy import Connection, delete, select

from adapters.council_tax import adapter as council_tax
from bench.people import changes, write_residents
from broker import journey, kafka, main, stream
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.ports import Broker
from broker.recording import Door
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store
from broker.tables import delivery, outbox

AT_ONCE = 200
Keyed = tuple[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A ledger in which every delivery waits, and its letters, each with its person as key."""

    database: Path
    #: every letter, in the order of acceptance
    letters: Sequence[Keyed]
    #: those that the ledger offers at once: the first of each person
    offered: Sequence[Keyed]


def prepare(folder: Path, *, people: int, each: int = 1, waves: bool = False) -> Prepared:
    """Take in, match, validate and route a change of telephone number for everybody; council tax alone is told."""
    settings = Settings(home=folder, republish_seconds=600)
    with Store(settings.store_url) as store:
        bring_up_to_date(store)
        residents = write_residents(folder / "residents.jsonl", people)
        load(store, (Resident.model_validate_json(line) for line in residents.read_text().splitlines()))
        told = changes(people, each, waves=waves)
        asyncio.run(first_leg(replace(main.build(settings, store), adapters=(council_tax,)), told))
        letters = store.read_now(lambda tx: _keyed(tx, every=True))
        offered = store.read_now(lambda tx: _keyed(tx, every=False))
        store.write_now(lambda tx: tx.execute(delete(outbox)).rowcount)
    return Prepared(database=folder / "tuo.db", letters=letters, offered=offered)


async def first_leg(broker: Broker, told: Iterator[bytes]) -> None:
    """Take in and route letters as fast as it goes, in this process."""
    numbered = iter(enumerate(told))
    while some := list(islice(numbered, AT_ONCE)):
        doors = [(letter, Door(source="bench", actor="bench", key=str(n))) for n, letter in some]
        await asyncio.gather(*[journey.intake(letter, door, broker) for letter, door in doors])
        await stream.route_waiting(broker)


def _keyed(tx: Connection, *, every: bool) -> list[Keyed]:
    wanted = select(delivery.c.person, delivery.c.letter).order_by(delivery.c.seq)
    rows = tx.execute(wanted if every else wanted.where(delivery.c.released))
    return [(row.person, bytes(row.letter)) for row in rows]


async def publish(prepared: Prepared, servers: str, prefix: str) -> None:
    """Lay what is offered on our department's topic, and every letter on a topic of the rivals'."""
    settings = Settings(kafka=servers, topic_prefix=prefix)
    await kafka.make_topics(settings, ["council-tax", "housing-benefit", "electoral-registration", "letters"])
    producer = AIOKafkaProducer(**kafka.connection(settings), acks="all", linger_ms=5)
    await producer.start()
    try:
        for topic, letters in _laid_out(prepared, settings):
            sent = [await producer.send(topic, letter, person.encode()) for person, letter in letters]
            await asyncio.gather(*sent)
    finally:
        await producer.stop()


def _laid_out(prepared: Prepared, settings: Settings) -> Iterator[tuple[str, Sequence[Keyed]]]:
    yield settings.topic("departments.council-tax"), prepared.offered
    yield settings.topic("departments.letters"), prepared.letters
