import asyncio
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from broker import ids, journey, ledger, recording, stream, tables
from broker.notification import EarlierNotFound, KeyReused
from broker.notifications import Told
from broker.ports import Broker
from broker.recording import Door
from schemas.letter import read_letter
from schemas.problems import Invalid
from schemas.reading import Unreadable
from tests.broker.steps import published
from tests.broker.worlds import (
    ADVISER,
    REPUBLISH,
    START,
    Clock,
    death,
    enveloped,
    move,
    plain,
    rows,
    take_in,
    tell,
    withdrawal,
)
from tests.broker.written import TOPIC, event_of, everything, letters_of


async def test_a_telling_is_written_down_with_its_outbox_row_first_step_and_audit_row(broker: Broker) -> None:
    recorded = await take_in(broker, move(), key="call-1")
    event = event_of(broker.store, recorded.reference)
    assert (event.id, event.progress, event.kind, event.source) == (recorded.id, "received", "move", "form")
    assert (event.recorded_at, event.due_at, event.occurred_on) == (START, START + REPUBLISH, "2026-10-05")
    assert published(broker.store) == [("life-events", recorded.id)]
    assert [(row.step, row.said) for row in rows(broker.store, tables.step)] == [("intake", "Written down.")]
    (audit,) = rows(broker.store, tables.audit)
    assert (audit.actor, audit.what, audit.about) == ("adviser:amara", "notification.recorded", recorded.id)


async def test_what_cannot_be_written_down_whole_is_not_written_at_all(broker: Broker) -> None:
    told = recording.read(plain(move()), ADVISER, broker)
    broken = Told(**{name: getattr(told, name) for name in told.__slots__} | {"actor": None})
    with pytest.raises(Exception, match="database"):
        await recording.write(broken, broker)
    assert not any(everything(broker.store).values())


async def test_the_same_telling_under_the_same_key_has_one_notification_and_the_first_answer(broker: Broker) -> None:
    first = await take_in(broker, move(), key="call-1")
    before = everything(broker.store)
    turned = dict(reversed(move().items()))
    again = await take_in(broker, turned, key="call-1")
    assert (again.id, again.reference, again.repeat) == (first.id, first.reference, True)
    assert not first.repeat
    assert everything(broker.store) == before


async def test_twenty_tellings_at_once_under_one_key_are_one(broker: Broker) -> None:
    answers = await asyncio.gather(*[take_in(broker, move(), key="call-1") for _ in range(20)])
    assert len({answer.id for answer in answers}) == 1
    assert sorted(answer.repeat for answer in answers) == [False] + [True] * 19
    assert len(rows(broker.store, tables.event)) == 1


async def test_a_key_that_was_used_for_other_words_is_refused_and_the_first_stays(broker: Broker) -> None:
    first = await take_in(broker, move(), key="call-1")
    before = rows(broker.store, tables.event)
    with pytest.raises(KeyReused):
        await take_in(broker, move(occurred_on="2026-10-06"), key="call-1")
    assert rows(broker.store, tables.event) == before
    assert len(published(broker.store)) == 1
    assert event_of(broker.store, first.reference).id == first.id


async def test_the_same_key_at_another_door_is_another_telling(broker: Broker) -> None:
    form = await take_in(broker, move(), key="call-1")
    other = await journey.intake(plain(move()), Door(source="client:crm", actor="client:crm", key="call-1"), broker)
    assert form.id != other.id


async def test_two_feeds_may_use_the_same_id_and_one_feed_may_repeat_it(broker: Broker) -> None:
    one = await journey.intake(enveloped(move(), id="7", source="urn:example:a"), TOPIC, broker)
    other = await journey.intake(enveloped(move(), id="7", source="urn:example:b"), TOPIC, broker)
    again = await journey.intake(enveloped(move(), id="7", source="urn:example:a"), TOPIC, broker)
    assert one.id != other.id
    assert (again.id, again.repeat) == (one.id, True)
    assert published(broker.store) == []  # they came on the topic


async def test_what_the_outbox_publishes_comes_back_as_the_same_telling(broker: Broker, clock: Clock) -> None:
    told = await take_in(broker, move(), key="call-1")
    (letter,) = rows(broker.store, tables.outbox)
    clock.pass_by(3600)
    back = await journey.intake(letter.value, TOPIC, broker)
    assert (back.id, back.reference, back.repeat) == (told.id, told.reference, True)
    assert read_letter(letter.value).canonical == event_of(broker.store, told.reference).body


async def test_only_the_topic_may_bring_an_identity_of_ours(broker: Broker) -> None:
    ours = str(ids.notification_id("form", "call-1"))
    letter = enveloped(move(), id=ours, source=ledger.BROKER_SOURCE)
    by_form = await journey.intake(letter, ADVISER, broker)
    assert by_form.id != ours
    assert (await journey.intake(letter, TOPIC, broker)).id == ours


@pytest.mark.parametrize("forged", ["not-a-uuid", "urn:uuid:6f1c3f0e-4d0b-5a53-9a3c-6b7d4f2f7a10", "x" * 200])
async def test_an_identity_that_is_not_written_as_ours_is_never_stored(broker: Broker, forged: str) -> None:
    letter = enveloped(move(), id=forged, source=ledger.BROKER_SOURCE)
    try:
        await journey.intake(letter, TOPIC, broker)
    except (ValueError, Unreadable, Invalid):
        assert rows(broker.store, tables.event) == []
    else:
        assert all(str(UUID(row.id)) == row.id for row in rows(broker.store, tables.event))


async def test_an_identity_that_would_share_another_s_reference_is_refused(broker: Broker) -> None:
    told = await take_in(broker, move(), key="call-1")
    twin = str(UUID(int=UUID(told.id).int ^ 1))
    with pytest.raises(KeyReused):
        await journey.intake(enveloped(move(), id=twin, source=ledger.BROKER_SOURCE), TOPIC, broker)


async def test_when_the_council_was_told_never_changes(broker: Broker, clock: Clock) -> None:
    said = move()
    del said["told_at"]
    told = await take_in(broker, said, key="call-1")
    clock.pass_by(86_400)
    await take_in(broker, said, key="call-1")
    await stream.route_waiting(broker)
    row = event_of(broker.store, told.reference)
    assert (row.told_at, row.recorded_at) == (START, START)
    assert {letter["toldat"] for letter in letters_of(broker.store, told.reference).values()} == {
        "2026-11-02T10:00:00Z"
    }


async def test_the_time_on_the_letter_counts_where_the_event_says_none(broker: Broker) -> None:
    said = move()
    del said["told_at"]
    letter = orjson.loads(enveloped(said, id="7")) | {"time": "2026-10-30T12:00:00Z"}
    told = await journey.intake(orjson.dumps(letter), TOPIC, broker)
    assert event_of(broker.store, told.reference).told_at == datetime(2026, 10, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("letter", [b"", b"{", b"[]", b'{"kind":"move","kind":"move"}', b"{}", b'{"kind":"flood"}'])
async def test_what_cannot_be_read_is_not_written_down(broker: Broker, letter: bytes) -> None:
    with pytest.raises((Unreadable, Invalid)):
        await journey.intake(letter, ADVISER, broker)
    assert not any(everything(broker.store).values())


@pytest.mark.parametrize("field", ["corrects", "withdraws"])
async def test_what_puts_right_a_reference_we_do_not_hold_is_refused(broker: Broker, field: str) -> None:
    document = move(corrects="TUO-0000-0000-0000") if field == "corrects" else withdrawal("TUO-0000-0000-0000")
    with pytest.raises(EarlierNotFound):
        await take_in(broker, document)
    assert rows(broker.store, tables.event) == []


async def test_a_correction_and_a_withdrawal_name_the_notification_that_they_put_right(broker: Broker) -> None:
    first = await take_in(broker, move())
    correction = await take_in(broker, move(corrects=first.reference, occurred_on="2026-10-04"))
    taken_back = await take_in(broker, withdrawal(first.reference))
    assert event_of(broker.store, correction.reference).corrects == first.id
    assert event_of(broker.store, taken_back.reference).withdraws == first.id


@pytest.mark.parametrize("at", ["2026-06-30T22:59:00+00:00", "2026-06-30T23:01:00+00:00", "2026-07-01T00:01:00+00:00"])
async def test_what_happened_today_in_london_is_routed_around_midnight_too(
    broker: Broker, clock: Clock, at: str
) -> None:
    """Just after midnight in summer it is still yesterday in UTC."""
    clock.at = datetime.fromisoformat(at)
    today = "2026-06-30" if at.startswith("2026-06-30T22") else "2026-07-01"
    told = await tell(broker, death(occurred_on=today, told_at=at, registration=None))
    assert event_of(broker.store, told.reference).progress == "routed"
