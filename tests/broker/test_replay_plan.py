"""The pure part of a plan: digest, stages, differences, and who must agree."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from broker.failures.causes import Cause, group_id, normalised
from broker.replays.differences import differences
from broker.replays.plan import Limits, PlannedItem, digest_of, needs_second, staged, stages_of, too_many
from tests.broker.worlds import START

LIMITS = Limits()


def item(n: int, person: int | None = None, **changes: object) -> PlannedItem:
    made = PlannedItem(
        failure_id=f"failure-{n}",
        cause=Cause.REFUSED,
        department="libraries",
        sequence_of=f"person-{n if person is None else person}",
        seq=n,
        failed_at=START,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 20)), unique_by=lambda each: each[0]), st.randoms())
def test_a_plan_orders_whole_sequences_head_first_whatever_order_they_were_found_in(
    found: list[tuple[int, int]], rng: object
) -> None:
    items = [item(n, person) for n, person in found]
    ordered = staged(items)
    shuffled = list(items)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert staged(shuffled) == ordered
    assert digest_of(shuffled) == digest_of(items) == digest_of(ordered)
    sequences: dict[str, list[PlannedItem]] = {}
    for one in ordered:
        sequences.setdefault(one.sequence_of, []).append(one)
    assert [one for each in sequences.values() for one in each] == list(ordered), "one person's stand together"
    for each in sequences.values():
        assert [one.seq for one in each] == sorted(one.seq for one in each)
        assert len({(one.stage, one.sequence) for one in each}) == 1


@given(st.integers(0, 100_000))
def test_stages_are_one_ten_a_tenth_and_the_rest(sequences: int) -> None:
    stages = stages_of(sequences)
    assert sum(stages) == sequences
    assert all(stages)
    if sequences > 200:
        assert stages[:3] == (1, 10, -(-sequences // 10))


def test_the_digest_is_over_the_sorted_ids_and_over_a_letter_that_takes_ones_place() -> None:
    one, two = item(1), item(2)
    assert digest_of([one, two]) == digest_of([two, one])
    assert digest_of([one]) != digest_of([one, two])
    assert digest_of([replace(one, letter=b"{}")]) != digest_of([replace(one, letter=b"[]")]) != digest_of([one])
    # printf 'failure-1\nfailure-2' | sha256sum
    assert digest_of([one, two]) == "eb80536affaafd8eabfa1b0555746b75b373075561298731a7554bc71866e956"


def test_a_second_person_is_needed_for_many_for_the_blind_and_for_what_is_changed() -> None:
    fifty = [item(n) for n in range(50)]
    assert needs_second(fifty, (), LIMITS) == ()
    assert len(needs_second([*fifty, item(50)], (), LIMITS)) == 1
    assert needs_second([*fifty, item(50, because="overtaken")], (), LIMITS) == ()
    assert len(needs_second([item(1)], ("libraries",), LIMITS)) == 1
    assert len(needs_second([item(1, letter=b"{}")], (), LIMITS)) == 1
    assert len(needs_second([item(1)], (), LIMITS, before=50)) == 1


def test_a_stage_stops_at_the_first_of_one_the_third_of_ten_and_early_in_the_rest() -> None:
    assert too_many(1, 1, 1, 20)
    assert not too_many(2, 3, 10, 20)
    assert too_many(3, 3, 10, 20)
    assert not too_many(4, 4, 900, 20)
    assert too_many(5, 5, 900, 20)
    assert not too_many(20, 100, 900, 20)
    assert too_many(21, 100, 900, 20)


def test_one_cause_has_one_name_whatever_number_the_back_office_put_in_it() -> None:
    assert group_id(Cause.REFUSED, "housing", "case-48213-locked") == group_id(
        Cause.REFUSED, "housing", "case-99871-locked"
    )
    assert group_id(Cause.DEAD, "housing", "http-503") != group_id(Cause.DEAD, "housing", "http-500")
    assert group_id(Cause.DEAD, "housing", "x") != group_id(Cause.REFUSED, "housing", "x")
    assert normalised(None) == "not-said"


@given(st.dictionaries(st.sampled_from("abc"), st.text(min_size=8, max_size=20), max_size=3))
def test_differences_name_fields_and_never_say_what_is_in_them(was: dict[str, str]) -> None:
    now = {name: value + "x" for name, value in was.items()} | {"added": {"inner": [1, 2]}}
    found = differences(was, now)
    assert {each.field for each in found} == {*was, "added.inner.0", "added.inner.1"}
    said = " ".join(f"{each.was} {each.now}" for each in found)
    assert all(value not in said for value in was.values())
    assert differences(was, was) == ()
