"""How many may be parked: one of each five that are taken, of the last five minutes, and one in any case."""

from hypothesis import given
from hypothesis import strategies as st

from broker.permits import SECONDS, SUCCESSES, Permits

#: what happens, and how many seconds after what happened before
histories = st.lists(
    st.tuples(st.sampled_from([0, 1, 99, 100, 150, 300]), st.sampled_from(["taken"] * 5 + ["fails", "again"])),
    min_size=1,
    max_size=150,
)


@given(histories)
def test_whatever_happens_no_more_are_parked_than_others_are_taken_for_and_one_always_may(
    history: list[tuple[int, str]],
) -> None:
    now, last = 0, ""
    parked: dict[str, int] = {}
    taken: list[int] = []
    permits = Permits(lambda: now)

    def lately(moments: list[int]) -> int:
        return sum(at > now - SECONDS for at in moments)

    for n, (passed, what) in enumerate(history):
        now += passed
        if what == "taken":
            permits.earn()
            taken.append(now)
            continue
        known = what == "again" and last in parked and parked[last] > now - SECONDS
        last = last if what == "again" and last else str(n)
        may = max(1, lately(taken) // SUCCESSES)
        before = lately(list(parked.values()))
        assert permits.take(last) == (known or before < may)
        if not known and before < may:
            parked[last] = now


def test_twenty_who_fail_among_hundreds_who_are_taken_are_all_parked() -> None:
    permits = Permits(lambda: 10.0)
    for _ in range(100):
        permits.earn()
    assert [permits.take(str(n)) for n in range(21)] == [True] * 20 + [False]
