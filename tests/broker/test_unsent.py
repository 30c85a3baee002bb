"""While Kafka is away, a department that reads its topic has not been told, and the tracker does not say that it was."""

from sqlalchemy import delete, insert

from broker import sweeper, tables
from broker.ports import Broker
from broker.screens.operator.timeline import timeline
from broker.standing import Standing
from broker.tracker import DepartmentLine, track
from tests.broker.departments import ALLOTMENTS, PARKING
from tests.broker.worlds import Clock, move, rows, tell


def line(broker: Broker, reference: str, department: str = PARKING) -> DepartmentLine:
    found = broker.store.read_now(track(reference, broker.adapters, broker.now()))
    assert found is not None
    return next(one for one in found.departments if one.department == department)


def kafka_takes(broker: Broker, how_many: int) -> None:
    """The relay publishes the oldest, and the outbox forgets them."""
    oldest = [row.id for row in rows(broker.store, tables.outbox)][:how_many]
    broker.store.write_now(lambda tx: tx.execute(delete(tables.outbox).where(tables.outbox.c.id.in_(oldest))))


async def test_until_kafka_has_its_letter_a_subscriber_is_about_to_be_told(broker: Broker) -> None:
    moved = await tell(broker, move())
    told = line(broker, moved.reference)
    assert (told.standing, told.caption) == (Standing.WAITING, "Waiting to be sent")
    assert told.sentence.startswith("We are about to tell ")
    assert line(broker, moved.reference, ALLOTMENTS).standing is Standing.HANDED_OVER, "who collects needs no Kafka"
    kafka_takes(broker, len(rows(broker.store, tables.outbox)))
    told = line(broker, moved.reference)
    assert told.standing is Standing.HANDED_OVER
    assert "has been told" in told.sentence


async def test_offered_again_it_has_been_told_once_any_copy_is_gone(broker: Broker, clock: Clock) -> None:
    moved = await tell(broker, move())
    clock.pass_by(3600)
    await sweeper.sweep(broker)
    (delivery,) = rows(broker.store, tables.delivery, tables.delivery.c.department == PARKING)
    copies = [row for row in rows(broker.store, tables.outbox) if row.value == delivery.letter]
    assert delivery.attempts == len(copies) == 2
    assert line(broker, moved.reference).standing is Standing.WAITING
    broker.store.write_now(lambda tx: tx.execute(delete(tables.outbox).where(tables.outbox.c.id == copies[0].id)))
    assert line(broker, moved.reference).standing is Standing.HANDED_OVER


async def test_what_was_published_before_kafka_went_away_stays_told(broker: Broker, clock: Clock) -> None:
    before = await tell(broker, move())
    kafka_takes(broker, len(rows(broker.store, tables.outbox)))
    clock.pass_by(60)
    later = await tell(broker, move(), key="later")
    assert line(broker, before.reference).standing is Standing.HANDED_OVER
    assert line(broker, later.reference).standing is Standing.WAITING


async def test_an_operator_reads_the_same_on_the_timeline(broker: Broker) -> None:
    moved = await tell(broker, move())
    shown = broker.store.read_now(timeline(moved.reference))
    assert shown is not None
    assert {leg.department: leg.standing for leg in shown.legs}[PARKING] is Standing.WAITING
    assert "Kafka has not taken it yet" in " ".join(entry.detail for entry in shown.entries)


async def test_behind_very_many_letters_it_waits_as_long_as_the_oldest(broker: Broker) -> None:
    moved = await tell(broker, move())
    (first, *_) = rows(broker.store, tables.outbox)
    far = {"id": first.id + 1_000_000, "topic": "t", "key": "somebody", "value": first.value}
    broker.store.write_now(lambda tx: tx.execute(insert(tables.outbox), far))
    assert line(broker, moved.reference).standing is Standing.WAITING
