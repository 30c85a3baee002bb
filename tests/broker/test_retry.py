import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.adapter import CrashMode
from broker.outcome import (
    Accepted,
    Awaited,
    Deferred,
    Heard,
    NeedsInformation,
    NotHeld,
    Referred,
    Refused,
    Unheard,
)
from broker.retry import LONGEST_WAIT, SPREAD, AskAPerson, Await, GiveUp, Settle, TryAgain, after
from schemas.outcome import Question

ANSWERS = [
    Accepted(receipt="R-1"),
    NotHeld(),
    Referred(by=date(2026, 11, 20)),
    NeedsInformation(question=Question(field="", ask="When?")),
    Refused(reason="not-ours"),
]
modes = st.sampled_from(list(CrashMode))
waits = st.lists(st.floats(0.1, 1e6), max_size=20)
chances = st.randoms(use_true_random=False)


@pytest.mark.parametrize("heard", ANSWERS, ids=lambda heard: type(heard).__name__)
@given(attempts=st.integers(0, 50), mode=modes, waits=waits, rng=chances)
def test_an_answer_settles_whenever_it_comes(
    heard: Heard, attempts: int, mode: CrashMode, waits: list[float], rng: random.Random
) -> None:
    assert after(heard, attempts, mode, waits, rng) == Settle(outcome=heard)  # type: ignore[arg-type]


def test_an_answer_that_is_promised_is_awaited() -> None:
    heard = Awaited(receipt="R-1")
    assert after(heard, 99, CrashMode.HOLD, [], random.Random(1)) == Await(outcome=heard)


@given(attempts=st.integers(0, 50), mode=modes, waits=waits, rng=chances)
def test_a_busy_back_office_is_tried_again_until_the_waits_are_used_up(
    attempts: int, mode: CrashMode, waits: list[float], rng: random.Random
) -> None:
    decided = after(Deferred(reason="busy"), attempts, mode, waits, rng)
    tries = max(attempts, 1)
    if tries > len(waits):
        assert decided == GiveUp(reason="busy")
        return
    assert isinstance(decided, TryAgain)
    ratio = decided.after / timedelta(seconds=waits[tries - 1])
    assert 1 - SPREAD - 1e-3 <= ratio <= 1 + SPREAD + 1e-3


@given(asked=st.floats(-1e6, 1e7), wait=st.floats(0.1, 1e5), rng=chances)
def test_a_wait_that_the_back_office_names_is_honoured_up_to_an_hour(
    asked: float, wait: float, rng: random.Random
) -> None:
    decided = after(Deferred(reason="busy", after=timedelta(seconds=asked)), 1, CrashMode.RESEND, [wait], rng)
    assert isinstance(decided, TryAgain)
    wanted = max(wait, min(asked, LONGEST_WAIT.total_seconds()))
    assert 1 - SPREAD - 1e-3 <= decided.after.total_seconds() / wanted <= 1 + SPREAD + 1e-3


@pytest.mark.parametrize("mode", [CrashMode.RESEND, CrashMode.VERIFY])
def test_silence_is_tried_again_where_the_back_office_can_tell_a_repeat(mode: CrashMode) -> None:
    assert isinstance(after(Unheard(reason="http-500"), 1, mode, [1.0], random.Random(1)), TryAgain)
    assert after(Unheard(reason="http-500"), 2, mode, [1.0], random.Random(1)) == GiveUp(reason="http-500")


@given(attempts=st.integers(0, 50), waits=waits, rng=chances)
def test_silence_is_left_to_a_person_where_a_repeat_could_do_it_twice(
    attempts: int, waits: list[float], rng: random.Random
) -> None:
    heard = Unheard(reason="no-answer-in-time")
    assert after(heard, attempts, CrashMode.HOLD, waits, rng) == AskAPerson(reason="no-answer-in-time")


def test_retries_of_many_are_spread() -> None:
    rng = random.Random(1)
    found = {after(Deferred(reason="busy"), 1, CrashMode.RESEND, [100.0], rng) for _ in range(100)}
    assert len(found) == 100
