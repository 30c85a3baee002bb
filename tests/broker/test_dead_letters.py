"""A record that cannot be read is described without what is in it, and nobody's later events overtake it."""

import pytest
from sqlalchemy import select

from broker import stream
from broker.decision import HOLD_CAPTIONS, HoldReason
from broker.directory.tables import resident
from broker.failures import dead_letters, keeping_waiting
from broker.failures.failures import DEAD_LETTER
from broker.ports import Broker
from broker.record import Record
from broker.replays.replaying import Order, replay
from broker.replays.tables import kept_waiting
from broker.standing import Progress
from broker.tables import audit, dead_letter, delivery, event
from broker.tracker import timeline
from tests.broker.departments import ScriptedCarrier
from tests.broker.replays import offered, serve
from tests.broker.worlds import BEN, enveloped, make_broker, move, rows, take_in, tell

ORDER = Order(actor="operator:olu", reason="the feed is mended")
UNREADABLE = enveloped(move(occurred_on="31 October"), id="feed-1")


def known_resident(broker: Broker) -> None:
    """Ben stands in the directory's tables under his own id."""
    row = {"own": BEN.id, "person": BEN.id, "source_id": "r-1", "record": b"{}", "composed": False}
    broker.store.write_now(lambda tx: tx.execute(resident.insert(), row).rowcount)


async def bury(broker: Broker, key: bytes = BEN.id.encode(), value: bytes = UNREADABLE, position: int = 7) -> int:
    """A record on the topic that cannot be taken in; the dead letter's number."""
    headers: dict[str, bytes | None] = {"sender": b"registrar", "traceparent": b"00-0af7651916cd43dd8448eb211c80319c"}
    record = Record(topic="life-events", partition=0, position=position, key=key, value=value, headers=headers)
    await stream.take_in(record, broker)
    number = broker.store.read_now(
        lambda tx: tx.execute(select(dead_letter.c.id).order_by(dead_letter.c.id.desc())).scalar()
    )
    assert number is not None
    return int(number)


def events(broker: Broker) -> list[tuple[str, str | None]]:
    return [(row.progress, row.reason) for row in rows(broker.store, event)]


async def test_a_dead_letter_is_described_without_a_value_of_it(broker: Broker) -> None:
    known_resident(broker)
    number = await bury(broker)
    found = broker.store.read_now(lambda tx: dead_letters.describe(tx, number, broker.now()))
    assert found is not None
    assert (found.topic, found.partition, found.position) == ("life-events", 0, 7)
    assert found.key == "names a person of ours"
    assert found.headers == {"sender": 9, "traceparent": 35}
    assert found.envelope == ("data", "id", "source", "specversion", "type")
    assert any(problem.startswith("occurred_on: ") for problem in found.problems)
    for word in ("Okafor", "Ben", "31 October", BEN.id, "registrar", "QQ123456C"):
        assert word not in str(found)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (b"\xff\xfe", "2 bytes, not JSON"),
        (b"[1]", "3 bytes, JSON, not an object"),
        (b'{"Ben Okafor": 1}', "17 bytes, JSON, an object"),
        (b"[" * 5000, "5000 bytes, not JSON"),
    ],
)
async def test_whatever_was_sent_can_be_described(sqlite_broker: Broker, value: bytes, shape: str) -> None:
    number = await bury(sqlite_broker, b"\xff", value)
    found = sqlite_broker.store.read_now(lambda tx: dead_letters.describe(tx, number, sqlite_broker.now()))
    assert found is not None
    assert (found.value, found.key, found.waiting) == (shape, "1 bytes, nobody of ours", None)
    assert found.problems
    assert "Okafor" not in str(found)


async def test_the_bytes_are_shown_only_after_the_audit_says_to_whom_and_why(sqlite_broker: Broker) -> None:
    number = await bury(sqlite_broker)
    unit = dead_letters.reveal(number, actor="olu", reason="to mend the feed", now=sqlite_broker.now())
    raw = sqlite_broker.store.write_now(unit)
    assert raw is not None
    assert (raw.key, raw.value, raw.headers["sender"]) == (BEN.id.encode(), UNREADABLE, b"registrar")
    (noted,) = rows(sqlite_broker.store, audit, audit.c.what == "letter.revealed")
    assert (noted.actor, noted.about, noted.said) == ("olu", f"{DEAD_LETTER}{number}", "to mend the feed")


async def test_later_events_of_the_person_wait_until_the_record_is_taken_in_and_then_come_after_it(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    known_resident(broker)
    number = await bury(broker)
    held = [await tell(broker, move(), key) for key in ("second", "third")]
    assert events(broker) == [(Progress.HELD, HoldReason.UNREAD_BEFORE)] * 2
    assert rows(broker.store, delivery) == []
    assert broker.store.read_now(lambda tx: keeping_waiting.waits_behind(tx, number)) == 2

    failed = f"{DEAD_LETTER}{number}"
    assert "occurred_on" in (await replay([failed], ORDER, broker)).skipped[0].because
    mended = enveloped(move(), id="feed-1")
    broker.store.write_now(lambda tx: tx.execute(dead_letter.update().values(value=mended)).rowcount)
    assert (await replay([failed], ORDER, broker)).replayed == (failed,)
    await stream.route_waiting(broker)
    told = [row.id for row in rows(broker.store, event)]
    assert told[1:] == [one.id for one in held], "the record has the place that it had"
    order = []
    while going := offered(broker):
        order += [row.event_id for row in rows(broker.store, delivery, delivery.c.id.in_(going))]
        await serve(broker, carrier, going)
    assert order == told
    journeys = [broker.store.read_now(timeline(row.reference)) for row in rows(broker.store, event)]
    assert [[line.step for line in journey].count("intake") for journey in journeys] == [1, 1, 1]
    waited = [any(HOLD_CAPTIONS[HoldReason.UNREAD_BEFORE] in line.said for line in journey) for journey in journeys]
    assert waited == [False, True, True], "each took its journey with it"


async def test_an_operator_may_let_the_person_go_on_without_the_record(broker: Broker) -> None:
    known_resident(broker)
    number = await bury(broker)
    await tell(broker, move(), "second")
    unit = keeping_waiting.let_go(number, actor="olu", reason="sent again by hand", now=broker.now())
    assert broker.store.write_now(unit) == 1
    await stream.route_waiting(broker)
    assert [progress for progress, _ in events(broker)] == [Progress.ROUTED]
    assert broker.store.write_now(unit) is None, "it keeps nobody waiting any more"
    (noted,) = rows(broker.store, audit, audit.c.what == "person.released")
    assert (noted.about, noted.said) == (f"{DEAD_LETTER}{number}", "sent again by hand")


async def test_two_unread_records_keep_a_person_waiting_until_both_are_dealt_with(broker: Broker) -> None:
    known_resident(broker)
    first = await bury(broker)
    second = await bury(broker, position=8, value=UNREADABLE + b" ")
    await tell(broker, move(), "later")
    for number, went in ((first, 0), (second, 1)):
        unit = keeping_waiting.let_go(number, actor="olu", reason="sent again", now=broker.now())
        assert broker.store.write_now(unit) == went


async def test_a_key_of_our_notification_names_its_person_and_any_other_names_nobody(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    told = await tell(broker, move())
    await bury(broker, told.id.encode())
    assert [row.person for row in rows(broker.store, kept_waiting)] == [BEN.id]
    for n, key in enumerate((b"somebody", b"\x00\xff", b"00000000-0000-4000-8000-00000000ffff")):
        await bury(broker, key, position=20 + n)
    assert len(rows(broker.store, kept_waiting)) == 1


async def test_nobody_else_waits(broker: Broker) -> None:
    known_resident(broker)
    await bury(broker)
    other = make_broker(broker.store, directory=None, adapters=broker.adapters)
    other.directory.people[:] = []  # type: ignore[attr-defined]
    await take_in(other, move(), "somebody new")
    await stream.route_waiting(other)
    assert HoldReason.UNREAD_BEFORE not in [reason for _, reason in events(broker)]
