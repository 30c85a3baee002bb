"""The queue of clerical review: whose a case is for now, and second looks that hold nothing up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker import tables
from broker.choices import Choices
from broker.identity.origins import origin_of
from broker.ports import Broker
from broker.reviews import reviews
from broker.reviews.reviews import Answer, Reading
from broker.reviews.second_looks import Fairness, fairness, is_chosen
from broker.store import Store
from tests.broker.worlds import ADA, BEN, START, STRANGER, Clock, ListDirectory, death, make_broker, move, rows, tell

CLAIM = timedelta(minutes=15)
DOUBLE = replace(BEN, id="00000000-0000-4000-8000-00000000d0b1")


def take_next(store: Store, who: str, minutes: float = 0) -> str | None:
    at = START + timedelta(minutes=minutes)
    return store.write_now(reviews.claim_next(who, "the morning's queue", at, CLAIM))


def decide(store: Store, reference: str, answer: Answer, who: str, **said: str) -> bool:
    reading = Reading(
        reference=reference,
        answer=answer,
        person=said.get("person"),
        ask=said.get("ask"),
        actor=who,
        reason="Looked at both.",
    )
    return store.write_now(reviews.decide(reading, START))


async def unsure(store: Store, count: int) -> list[str]:
    """So many cases that wait, the oldest first."""
    clock = Clock()
    broker = make_broker(store, clock=clock, directory=ListDirectory(BEN, DOUBLE))
    told = []
    for day in range(count):
        told.append((await tell(broker, move(occurred_on=f"2026-10-0{day + 1}"))).reference)
        clock.pass_by(1)
    return told


async def test_two_reviewers_are_never_given_the_same_case(store: Store) -> None:
    first, second = await unsure(store, 2)
    assert take_next(store, "amara") == first
    assert take_next(store, "bede") == second
    assert take_next(store, "cole") is None
    assert take_next(store, "amara", 14) == first, "it is theirs until the claim runs out"


async def test_a_case_that_nobody_decided_in_time_is_given_to_the_next(store: Store) -> None:
    (only,) = await unsure(store, 1)
    take_next(store, "amara")
    assert take_next(store, "bede", 14.9) is None
    assert take_next(store, "bede", 15) == only


async def test_whoever_claims_is_in_the_audit_with_the_reason(store: Store) -> None:
    await unsure(store, 1)
    take_next(store, "amara")
    (claimed,) = rows(store, tables.audit, tables.audit.c.what == "review.claimed")
    assert (claimed.actor, claimed.said) == ("amara", "the morning's queue")


async def test_a_second_reader_is_given_what_the_first_has_read_and_the_first_is_not(store: Store) -> None:
    broker = make_broker(store, directory=ListDirectory(ADA, replace(ADA, id=DOUBLE.id)))
    reference = (await tell(broker, death())).reference
    assert take_next(store, "amara") == reference
    assert not decide(store, reference, Answer.SAME, "amara", person=ADA.id)
    assert take_next(store, "amara", 1) is None
    assert take_next(store, "bede", 1) == reference


def looking_again(store: Store, share: float = 1.0) -> Broker:
    return replace(make_broker(store, directory=ListDirectory(BEN, ADA)), choices=Choices(second_looks=share))


async def test_a_second_look_holds_nothing_up_and_looks_like_any_other_case(store: Store) -> None:
    told = await tell(looking_again(store), move())
    (row,) = rows(store, tables.event)
    assert (row.progress, row.match) == ("routed", "matched")
    (waiting,) = store.read_now(reviews.queue())
    (held,) = await unsure(store, 1)
    other = next(one for one in store.read_now(reviews.queue()) if one.reference == held)
    assert waiting.reference == told.reference
    assert [type(getattr(waiting, name)) for name in waiting.__slots__] == [
        type(getattr(other, name)) for name in other.__slots__
    ]
    assert (waiting.first_by, waiting.acts) == (other.first_by, other.acts)


@pytest.mark.parametrize(
    ("answer", "said", "expected"),
    [
        (Answer.SAME, {"person": BEN.id}, Fairness(chosen=1, read=1, agreed=1)),
        (Answer.CANNOT_TELL, {"ask": "subject.phone"}, Fairness(chosen=1, read=1)),
        (Answer.DIFFERENT, {}, None),
    ],
)
async def test_what_a_second_look_finds_is_counted_and_changes_nothing_by_itself(
    store: Store, answer: Answer, said: dict[str, str], expected: Fairness | None
) -> None:
    told = await tell(looking_again(store), move())
    before = rows(store, tables.event), rows(store, tables.delivery), rows(store, tables.step)
    assert decide(store, told.reference, answer, "amara", **said)
    assert (rows(store, tables.event), rows(store, tables.delivery), rows(store, tables.step)) == before
    reversed_ = Fairness(chosen=1, read=1, reversed=1, references=(told.reference,))
    found = store.read_now(fairness())
    assert found == {"african": expected or reversed_}
    assert store.read_now(reviews.queue()) == []
    assert found["african"].agreement == {Answer.SAME: 1.0, Answer.DIFFERENT: 0.0}.get(answer)


async def test_one_reader_is_enough_for_a_second_look_at_a_death(store: Store) -> None:
    told = await tell(looking_again(store), death())
    assert decide(store, told.reference, Answer.SAME, "amara", person=ADA.id)
    assert store.read_now(reviews.queue()) == []


async def test_whoever_is_unknown_or_not_chosen_is_not_looked_at_again(store: Store) -> None:
    await tell(looking_again(store), move(subject=STRANGER))
    await tell(looking_again(store, share=0.0), move())
    assert store.read_now(reviews.queue()) == []


def test_about_the_share_that_was_set_is_chosen_and_the_same_ones_each_time() -> None:
    ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(4000)]
    chosen = [one for one in ids if is_chosen(one, 0.05)]
    assert 140 < len(chosen) < 260
    assert set(chosen) <= {one for one in ids if is_chosen(one, 0.1)}
    assert all(is_chosen(one, 1.0) for one in ids)
    assert not any(is_chosen(one, 0.0) for one in ids)


@pytest.mark.parametrize(
    ("forenames", "surname", "expected"),
    [
        ("Amina", "Begum", "south asian"),
        ("Ben Idris", "Okafor", "african"),
        ("Mei", "Chan", "east asian"),
        ("Anna", "Kowalska", "east european"),
        ("Siân", "Pryce-Huws", "celtic"),
        ("Aoife", "O'Neill", "celtic"),
        ("María", "García López", "southern european"),
        ("Ada", "Thornbury", "other"),
        ("Ivo", "Nov", "other"),
        (None, "Suharjo", "one name only"),
        ("芳", "王", "another script"),
        ("", "", "one name only"),
    ],
)
def test_where_a_name_seems_to_come_from(forenames: str | None, surname: str, expected: str) -> None:
    assert origin_of(forenames, surname) == expected
