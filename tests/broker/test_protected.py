"""People who are known to a named team alone: the team hears of them, and to everybody else they are not there."""

from dataclasses import replace
from itertools import count
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import tables
from broker.person import Person
from broker.reviews import protected, reviewing, reviews
from broker.reviews.tables import protected_match
from broker.store import Store
from broker.stream import route_waiting
from broker.tracker import timeline, track
from broker.why import why
from tests.broker.worlds import ADA, BEN, ListDirectory, death, make_broker, move, rows, tell

HIDDEN = replace(BEN, restricted=True)
#: of another home, so that it could be either
NEARLY = replace(HIDDEN, id="00000000-0000-4000-8000-00000000d0b1")
NUMBERS = count()
DROPPED = ("nino", "date_of_birth", "address", "name")


async def seen(store: Store, document: dict[str, Any], *people: Person) -> tuple[Any, ...]:
    """All that anybody outside the team can see of one telling, without what names this telling alone."""
    broker = make_broker(store, directory=ListDirectory(*people))
    # With a reference of the sender's own, or it would be the same telling.
    told = await tell(broker, {**document, "client_reference": f"telling-{next(NUMBERS)}"})
    queue = [one for one in store.read_now(reviews.queue()) if one.reference == told.reference]
    case = await reviewing.look(told.reference, "amara", "the morning's queue", broker) if queue else None
    shown = store.read_now(
        lambda tx: (track(told.reference, broker.adapters)(tx), timeline(told.reference)(tx), why(told.reference)(tx))
    )
    (row,) = rows(store, tables.event, tables.event.c.reference == told.reference)
    deliveries = rows(store, tables.delivery, tables.delivery.c.event_id == row.id)
    letters = [{**orjson.loads(one.letter), "subject": "", "sequence": 0} for one in deliveries if one.letter]
    text = orjson.dumps([repr(shown), letters]).decode()
    for own, common in [(told.reference, "REF"), (told.id, "EVENT"), *((one.id, one.department) for one in deliveries)]:
        text = text.replace(own, common)
    kept = (row.progress, row.reason, row.match, row.variant, row.weighed, row.person == BEN.id)
    return text, kept, len(queue), case


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    dropped=st.sets(st.sampled_from(DROPPED), max_size=3),
    people=st.sampled_from([(HIDDEN,), (NEARLY,), (HIDDEN, NEARLY)]),
    dies=st.booleans(),
)
async def test_whoever_is_protected_is_not_there_for_anybody_else(
    sqlite_store: Store, dropped: set[str], people: tuple[Person, ...], dies: bool
) -> None:
    document = death(subject=dict(move()["subject"])) if dies else move()
    subject = {field: value for field, value in document["subject"].items() if field not in dropped}
    if not {"name", "nino"} & subject.keys():
        subject["nino"] = BEN.nino
    document = {**document, "subject": subject}
    assert await seen(sqlite_store, document, *people) == await seen(sqlite_store, document)


async def test_the_team_hears_of_it_and_sees_the_record_beside_it(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(HIDDEN, ADA))
    told = await tell(broker, move())
    (waiting,) = store.read_now(protected.listed())
    assert (waiting.reference, waiting.sure, waiting.candidates) == (told.reference, "matched", (BEN.id,))
    case = await protected.look(told.reference, "team-member", "daily list", broker)
    assert case is not None
    assert [record.person for record in case.records] == [BEN.id]
    assert case.waits_for == "Protection team"
    audited = [(row.actor, row.what) for row in rows(store, tables.audit) if row.what.startswith("protected")]
    assert audited == [("team-member", "protected.shown")]


async def test_one_of_the_team_takes_it_and_it_leaves_the_list(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(HIDDEN))
    told = await tell(broker, move())
    take = protected.take(told.reference, "team-member", "I ring the refuge.", broker.now())
    assert store.write_now(take)
    assert not store.write_now(take)
    assert store.read_now(protected.listed()) == []


async def test_nothing_is_held_of_them_in_what_departments_are_told(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(HIDDEN))
    told = await tell(broker, move(subject={"nino": BEN.nino}))
    (row,) = rows(store, tables.event)
    assert (row.progress, row.reason, row.person) == ("held", "identity-incomplete", None)
    assert rows(store, tables.delivery) == []
    assert store.read_now(track(told.reference, broker.adapters)) is not None


async def test_whoever_is_not_protected_is_nothing_for_the_team(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(BEN, ADA))
    await tell(broker, move())
    assert rows(store, protected_match) == []
    assert store.read_now(protected.listed()) == []
    assert await protected.look("TUO-0000-0000-0000", "team-member", "daily list", broker) is None


async def test_whoever_came_to_be_protected_is_no_longer_shown_to_a_reviewer(store: Store) -> None:
    people = ListDirectory(BEN, replace(BEN, id=NEARLY.id))
    broker = make_broker(store, directory=people)
    told = await tell(broker, move())
    people.people[:] = [HIDDEN, NEARLY]
    case = await reviewing.look(told.reference, "amara", "the morning's queue", broker)
    assert case is not None
    assert case.records == ()
    store.write_now(lambda tx: reviews.judge_again(tx, broker.now()))
    await route_waiting(broker)
    assert await reviewing.look(told.reference, "amara", "the morning's queue", broker) is None
    assert [one.reference for one in store.read_now(protected.listed())] == [told.reference]
