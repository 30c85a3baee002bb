from hypothesis import given
from hypothesis import strategies as st

from broker.offsets import Offsets


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Offsets that rise with gaps, each registered and then perhaps finished, in any order between."""
    offsets = sorted(draw(st.sets(st.integers(0, 200), max_size=25)))
    reading, open_ = list(offsets), list[int]()
    steps: list[tuple[str, int]] = []
    while reading or open_:
        if reading and (not open_ or draw(st.booleans())):
            open_.append(reading.pop(0))
            steps.append(("read", open_[-1]))
        elif draw(st.integers(0, 9)):
            steps.append(("finished", open_.pop(draw(st.integers(0, len(open_) - 1)))))
        else:
            open_.pop(0)  # never finished: the process dies
    return steps


@given(history=histories())
def test_what_may_be_committed_is_all_before_the_first_that_is_not_finished(history: list[tuple[str, int]]) -> None:
    offsets, read, unfinished = Offsets(), [], set()
    before = -1
    for word, offset in history:
        if word == "read":
            offsets.register(offset)
            read.append(offset)
            unfinished.add(offset)
        else:
            offsets.finish(offset)
            unfinished.discard(offset)
        first = min(unfinished, default=None)
        done = [each for each in read if first is None or each < first]
        assert offsets.committable == (done[-1] + 1 if done else None)
        assert before <= (offsets.committable or -1)
        before = offsets.committable or -1
        assert offsets.unfinished == len([each for each in read if first is not None and each >= first])


def test_nothing_is_committed_before_anything_is_finished() -> None:
    offsets = Offsets()
    offsets.register(7)
    offsets.register(9)
    offsets.finish(9)
    assert offsets.committable is None
    offsets.finish(7)
    assert [offsets.committable, offsets.unfinished] == [10, 0]


def test_what_is_done_with_is_forgotten() -> None:
    offsets = Offsets()
    for offset in range(10_000):
        offsets.register(offset)
        offsets.finish(offset)
    assert (len(offsets._open), len(offsets._finished)) == (0, 0)
