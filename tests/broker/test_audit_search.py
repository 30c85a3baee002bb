"""The audit is searched by whom it is about, who did it, what and when; a case belongs to whoever claimed it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.audit_search import Sought, entries
from broker.notifications import note_audit
from broker.ports import Broker
from broker.reviews import claims as review_claims
from broker.reviews import reviews
from broker.reviews.reviews import Answer, Reading, ReviewRefused
from broker.store import Store
from broker.tables import delivery
from tests.broker.worlds import ADA, START, ListDirectory, death, make_broker, move, rows, tell

DAY = timedelta(days=1)
CLAIM = timedelta(minutes=15)


def found(store: Store, **sought: object) -> list[tuple[str, str]]:
    lines = store.read_now(entries(Sought(**sought), 50))  # type: ignore[arg-type]
    return [(line.what, line.reference or line.about) for line in lines]


async def test_a_reference_stands_for_its_deliveries_too(broker: Broker) -> None:
    reference = (await tell(broker, move())).reference
    await tell(broker, death(), key="another")
    one = rows(broker.store, delivery)[0]
    broker.store.write_now(lambda tx: note_audit(tx, START, "department", "delivery.answered", one.id, "accepted"))
    about = found(broker.store, about=reference.lower())
    assert ("delivery.answered", reference) in about
    assert {reference} == {each for _, each in about}
    assert found(broker.store, about=one.id) == [("delivery.answered", reference)]


def test_a_code_is_found_by_its_beginning_and_its_signs_mean_themselves(store: Store) -> None:
    for what in ("review.same", "review.shown", "protected.shown", "reviewXsame"):
        store.write_now(lambda tx, what=what: note_audit(tx, START, "amara", what, "event"))  # type: ignore[misc]
    assert {what for what, _ in found(store, what="review.")} == {"review.same", "review.shown"}
    assert found(store, what="review_same") == []
    assert found(store, what="%") == []
    assert found(store, what="protected.") == []
    assert found(store, what="protected.", of_the_team=True) == [("protected.shown", "event")]


def test_a_day_is_a_day_in_london_from_midnight_to_midnight(store: Store) -> None:
    midnight = START.replace(year=2026, month=7, day=1, hour=23, minute=0)  # the second of July has begun in London
    for name, at in (("before", midnight - timedelta(microseconds=1)), ("after", midnight)):
        store.write_now(lambda tx, name=name, at=at: note_audit(tx, at, name, "letter.buried", "x"))  # type: ignore[misc]
    second = midnight.date() + DAY
    assert [e.actor for e in store.read_now(entries(Sought(first=second, last=second), 5))] == ["after"]
    assert [e.actor for e in store.read_now(entries(Sought(last=midnight.date()), 5))] == ["before"]


async def test_a_case_is_opened_by_one_reviewer_and_by_no_first_reader_again(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(ADA, replace(ADA, id="00000000-0000-4000-8000-00000000d0b1")))
    told = await tell(broker, death())
    take = review_claims.claim(told.reference, "amara", "She rang.", START, CLAIM)
    assert store.write_now(take)
    assert store.read_now(review_claims.reason_of(told.id, "amara", START)) == "She rang."
    assert store.read_now(review_claims.reason_of(told.id, "bede", START)) is None
    assert store.read_now(review_claims.reason_of(told.id, "amara", START + CLAIM)) is None
    with pytest.raises(ReviewRefused, match="colleague"):
        store.write_now(review_claims.claim(told.reference, "bede", "He rang.", START, CLAIM))
    reading = Reading(
        reference=told.reference, answer=Answer.SAME, person=ADA.id, ask=None, actor="amara", reason="Both agree."
    )
    store.write_now(reviews.decide(reading, START))
    with pytest.raises(ReviewRefused, match="somebody else"):
        store.write_now(take)
    assert store.write_now(review_claims.claim(told.reference, "bede", "He rang.", START, CLAIM))
    assert not store.write_now(review_claims.claim("TUO-0000-0000-0000", "bede", "He rang.", START, CLAIM))
