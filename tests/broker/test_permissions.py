"""A department that needs a permission is told on a yes and on nothing else, and sees nobody else's answer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import ledger, notifications, recording, stream, tables
from broker.adapter import Adapter, Ground, HandOver
from broker.checks import Known
from broker.disclosure import Disclosure, Sees
from broker.permissions import NO_LONGER, NOBODY_ASKED, NOT_AGREED
from broker.person import Matched
from broker.ports import Broker
from broker.record import Record
from broker.routing import Route
from broker.store import Store
from broker.tracker import Tracker, track
from broker.why import why
from schemas.move import Move
from schemas.problems import Invalid
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING, allotments, libraries, parking
from tests.broker.test_routing import choose, notification
from tests.broker.worlds import (
    ADVISER,
    BEN,
    Clock,
    contact_change,
    death,
    make_broker,
    move,
    plain,
    rows,
    take_in,
    tell,
    withdrawal,
)
from tests.broker.written import event_of, letters_of, told_to

EVERY = (LIBRARIES, PARKING, ALLOTMENTS)
MATCHED = Matched(person=BEN, comparisons=(), because="All agree.")
YES, NO = {LIBRARIES: True}, {LIBRARIES: False}
answers = st.none() | st.dictionaries(st.sampled_from([*EVERY, "nobody"]), st.booleans())


def departments(*needing: str) -> tuple[Adapter, ...]:
    """The three departments; these need a permission."""
    made = (libraries(), parking(), allotments())
    for one in made:
        one.ground = Ground.PERMISSION if one.department in needing else Ground.DUTY
    return made


@pytest.fixture
def broker(store: Store) -> Broker:
    """A broker whose libraries need a permission."""
    return make_broker(store, clock=Clock(), adapters=departments(LIBRARIES))


def routed(document: Mapping[str, Any], known: Known, adapters: tuple[Adapter, ...], corrects: str | None) -> Route:
    return choose(notification(document, corrects=corrects), known, adapters)


@given(
    document=st.sampled_from([move(), move(direction="out"), death(), contact_change(), withdrawal("TUO-1")]),
    needing=st.sets(st.sampled_from(EVERY)),
    answered=answers,
    had=st.dictionaries(st.sampled_from(EVERY), st.none() | st.uuids().map(str)),
    corrects=st.sampled_from([None, "earlier"]),
    held=st.booleans(),
)
def test_nothing_but_a_yes_lets_a_department_that_needs_one_be_told(
    document: dict[str, Any],
    needing: set[str],
    answered: dict[str, bool] | None,
    had: dict[str, str | None],
    corrects: str | None,
    held: bool,
) -> None:
    taken_back = document["kind"] == "withdrawal"
    corrects = None if taken_back else corrects
    replaces = "earlier" if corrects and held else None
    had = had if (corrects or taken_back) and not replaces else {}
    known = Known(match=MATCHED, had_earlier=had, replaces=replaces)
    told = {**document, **({} if answered is None else {"permissions": answered})}
    route = routed(told, known, departments(*needing), corrects)
    by_law = routed(document, known, departments(), corrects)
    agreed = {name for name, yes in (answered or {}).items() if yes}
    to = {one.department for one in route.deliveries}
    assert to & needing <= ({name for name, delivery in had.items() if delivery} if taken_back else agreed)
    assert to - needing == {one.department for one in by_law.deliveries} - needing, "nobody's duty is anybody's choice"
    assert not any(b"permissions" in one.letter for one in route.deliveries)
    assert to.isdisjoint(one.department for one in route.not_told)


@pytest.mark.parametrize(
    ("answered", "because"),
    [(None, NOBODY_ASKED), ({}, NOBODY_ASKED), ({PARKING: True}, NOBODY_ASKED), (NO, NOT_AGREED)],
)
async def test_no_and_nobody_asked_are_two_sentences_and_everybody_can_read_which(
    broker: Broker, answered: dict[str, bool] | None, because: str
) -> None:
    told = await tell(broker, move(permissions=answered))
    assert told_to(broker.store, told.reference) == [ALLOTMENTS, PARKING]
    (spared,) = tracker(broker, told.reference).not_told
    assert (spared.department, spared.title, spared.because) == (LIBRARIES, "Libraries", because)
    found = broker.store.read_now(why(told.reference))
    assert found is not None
    assert f"{LIBRARIES}: Not told: {because}" in found.departments
    assert f"{PARKING}: Will be told." in found.departments


def tracker(broker: Broker, reference: str) -> Tracker:
    found = broker.store.read_now(track(reference, broker.adapters))
    assert found is not None
    return found


async def test_a_yes_is_why_it_is_told_and_an_answer_for_a_department_that_needs_none_changes_nothing(
    broker: Broker,
) -> None:
    told = await tell(broker, move(permissions={**YES, PARKING: False, "nobody": True}))
    lines = {line.department: line.agreed for line in tracker(broker, told.reference).departments}
    assert lines == {LIBRARIES: True, PARKING: False, ALLOTMENTS: False}
    assert b"permissions" not in b"".join(
        orjson.dumps(one) for one in letters_of(broker.store, told.reference).values()
    )
    assert orjson.loads(event_of(broker.store, told.reference).body)["permissions"][PARKING] is False


def test_no_adapter_can_read_what_was_answered_for_another() -> None:
    class Nosy(Disclosure):
        """Asks for everybody's answers."""

        named: Annotated[object, Sees("event.permissions", "it is curious")] = None
        by_rule: Annotated[object, Sees(lambda facts: facts.event.as_document().get("permissions"), "it is")] = None

    nosy = Adapter("nosy", title="Nosy", hand_over=HandOver.COLLECTS, lawful_basis="none")
    nosy.tells(Move, sees=Nosy)
    (one,) = routed(move(permissions={"nosy": True, LIBRARIES: False}), Known(match=MATCHED), (nosy,), None).deliveries
    assert orjson.loads(one.letter)["data"] == {}


async def test_a_correction_that_says_no_after_a_yes_is_refused_and_leaves_nothing(broker: Broker) -> None:
    first = await tell(broker, move(permissions=YES))
    for answered in (NO, {}, None):
        with pytest.raises(Invalid) as refused:
            await take_in(broker, move(corrects=first.reference, permissions=answered))
        (problem,) = refused.value.problems
        assert (problem.field, problem.code) == (f"permissions.{LIBRARIES}", "told_already")
    assert len(rows(broker.store, tables.event)) == 1
    put_right = await tell(broker, move(corrects=first.reference, permissions=YES))
    originals, letters = (letters_of(broker.store, one.reference)[LIBRARIES] for one in (first, put_right))
    assert letters["corrects"] == originals["id"]


async def test_it_is_refused_too_where_the_original_waits_for_its_route(broker: Broker) -> None:
    first = await take_in(broker, move(permissions=YES))
    with pytest.raises(Invalid):
        await take_in(broker, move(corrects=first.reference, permissions=NO))


async def test_on_the_topic_it_is_buried_with_the_reason(broker: Broker) -> None:
    first = await tell(broker, move(permissions=YES))
    letter = plain(move(corrects=first.reference, permissions=NO))
    await stream.take_in(Record(topic="life-events", partition=0, position=1, key=b"k", value=letter), broker)
    (buried,) = rows(broker.store, tables.dead_letter)
    assert buried.reason == "told_already"


async def test_what_nobody_has_been_told_of_can_be_put_right_in_any_way(broker: Broker) -> None:
    held = await tell(broker, death(permissions=YES, subject={"name": {"surname": "Testwell"}}))
    assert event_of(broker.store, held.reference).progress == "held"
    put_right = await tell(broker, death(corrects=held.reference, permissions=NO))
    assert told_to(broker.store, put_right.reference) == [PARKING]


async def test_a_correction_that_says_yes_after_a_no_tells_it_as_news_and_later_ones_correct_that(
    broker: Broker,
) -> None:
    broker = replace(broker, timing=replace(broker.timing, cool_off=timedelta(minutes=15)))
    first = await tell(broker, death(permissions=NO))
    agreed = await tell(broker, death(corrects=first.reference, permissions=YES))
    letters = letters_of(broker.store, agreed.reference)
    assert {name: "corrects" in letter for name, letter in letters.items()} == {LIBRARIES: False, PARKING: True}
    (libraries_,) = rows(broker.store, tables.delivery, tables.delivery.c.department == LIBRARIES)
    assert libraries_.waits_for == ledger.COOL_OFF, "to them it is the first they hear of a death"
    again = await tell(broker, death(corrects=first.reference, permissions=YES, occurred_on="2026-09-30"))
    assert letters_of(broker.store, again.reference)[LIBRARIES]["corrects"] == letters[LIBRARIES]["id"]
    with pytest.raises(Invalid):
        await take_in(broker, death(corrects=first.reference, permissions=NO))


async def test_a_correction_that_still_says_no_says_so_again(broker: Broker) -> None:
    first = await tell(broker, move(permissions=NO))
    put_right = await tell(broker, move(corrects=first.reference, permissions=NO, occurred_on="2026-10-06"))
    assert told_to(broker.store, put_right.reference) == [ALLOTMENTS, PARKING]
    assert [one.because for one in tracker(broker, put_right.reference).not_told] == [NOT_AGREED]


async def test_a_withdrawal_reaches_whoever_agreed_and_nobody_else_whatever_it_says(broker: Broker) -> None:
    agreed = await tell(broker, contact_change(permissions=YES, new_email="ben@example.org"))
    refused = await tell(broker, contact_change(permissions=NO, new_email="ben.okafor@example.org"))
    claimed = rows(broker.store, tables.delivery)
    assert [one.department for one in claimed] == [LIBRARIES]
    broker.store.write_now(lambda tx: ledger.claim(tx, claimed[0].id, "worker-1", broker.now(), broker.timing))
    of_agreed = await tell(broker, withdrawal(agreed.reference, permissions=NO))
    of_refused = await tell(broker, withdrawal(refused.reference, permissions=YES))
    assert [told_to(broker.store, one.reference) for one in (of_agreed, of_refused)] == [[LIBRARIES], []]


async def test_a_withdrawal_of_the_original_reaches_whoever_heard_of_it_by_its_correction(broker: Broker) -> None:
    first = await tell(broker, move(permissions=NO))
    agreed = await tell(broker, move(corrects=first.reference, permissions=YES))
    withdrawn = await tell(broker, withdrawal(first.reference))
    had = letters_of(broker.store, agreed.reference)[LIBRARIES]["id"]
    assert letters_of(broker.store, withdrawn.reference)[LIBRARIES]["withdraws"] == had


async def test_a_no_that_came_past_every_door_tells_nothing_and_says_what_to_do(broker: Broker) -> None:
    first = await tell(broker, move(permissions=YES))
    told = recording.read(plain(move(corrects=first.reference, permissions=NO)), ADVISER, broker)
    put_right = broker.store.write_now(notifications.record(told))
    await stream.route_waiting(broker)
    assert told_to(broker.store, put_right.reference) == [ALLOTMENTS, PARKING]
    assert [one.because for one in tracker(broker, put_right.reference).not_told] == [NO_LONGER]
