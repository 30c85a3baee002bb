import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.breaker import USUAL, Breaker, Meaning, Position, meaning
from broker.outcome import Accepted, Awaited, Deferred, Heard, NotHeld, Refused, Unheard


def breaker(most: int = 8) -> Breaker:
    return Breaker(most, random.Random(7))


def fail(one: Breaker, times: int, now: float) -> None:
    for _ in range(times):
        one.heard(Meaning.ILL, now, "not-reached")


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (Accepted(receipt="R"), Meaning.WELL),
        (NotHeld(), Meaning.WELL),
        (Awaited(), Meaning.WELL),
        (Refused(reason="closed-account"), Meaning.REFUSED),
        (Deferred(reason="http-401"), Meaning.REFUSED),
        (Deferred(reason="http-403"), Meaning.REFUSED),
        (Deferred(reason="http-410"), Meaning.REFUSED),
        (Deferred(reason="redirected"), Meaning.REFUSED),
        (Deferred(reason="http-429", after=timedelta(seconds=3)), Meaning.ILL),
        (Deferred(reason="http-503"), Meaning.ILL),
        (Deferred(reason="not-reached"), Meaning.ILL),
        (Deferred(reason="not-trusted"), Meaning.ILL),
        (Unheard(reason="no-answer-in-time"), Meaning.ILL),
        (Unheard(reason="connection-broke"), Meaning.ILL),
        (Unheard(reason="http-500"), Meaning.ILL),
        (Deferred(reason="closed"), Meaning.NOTHING),
        (Unheard(reason="adapter-error"), Meaning.NOTHING),
        (Unheard(reason="answer-without-receipt"), Meaning.NOTHING),
        (Deferred(reason="no-address"), Meaning.NOTHING),
    ],
)
def test_what_an_answer_says_of_the_whole_department(heard: Heard, said: Meaning) -> None:
    assert meaning(heard) is said


def test_it_opens_at_half_of_twenty_calls_within_thirty_seconds_and_not_before() -> None:
    one = breaker()
    for n in range(9):
        one.heard(Meaning.WELL, float(n))
    fail(one, 10, 10.0)
    assert one.position is Position.CLOSED, "nineteen calls"
    fail(one, 1, 11.0)
    assert (one.position, one.reason, one.limit) == (Position.OPEN, "not-reached", 1)


def test_failures_that_are_long_past_are_forgotten() -> None:
    one = breaker()
    fail(one, 19, 0.0)
    fail(one, 1, 100.0)
    assert one.position is Position.CLOSED


def test_a_healthy_department_with_some_failures_stays_closed() -> None:
    one = breaker()
    for n in range(200):
        one.heard(Meaning.ILL if n % 3 == 0 else Meaning.WELL, n / 10)
    assert one.position is Position.CLOSED


def test_while_it_is_open_one_probe_is_let_through_each_time_it_is_due_ever_more_rarely() -> None:
    one, at, waits = breaker(), 0.0, []
    fail(one, 20, at)
    for _ in range(7):
        assert not one.may_call(one.next_probe - 0.01)
        waits.append(one.next_probe - at)
        at = one.next_probe
        assert one.probe_is_due(at)
        assert one.may_call(at)
        assert not one.may_call(at), "one at a time"
        one.heard(Meaning.ILL, at, "http-500")
    for wait, wanted in zip(waits, (5, 10, 20, 40, 60, 60, 60), strict=True):
        assert 0.8 * wanted <= wait <= 1.2 * wanted


def test_a_probe_that_had_nothing_to_ask_leaves_the_next_one_to_ask() -> None:
    one = breaker()
    fail(one, 20, 0.0)
    assert one.may_call(10.0)
    one.probe_unused()
    assert one.may_call(10.0)


def test_after_a_probe_that_went_well_requests_grow_by_one_a_round_and_a_failure_opens_it_again() -> None:
    one = breaker(4)
    fail(one, 20, 0.0)
    assert one.may_call(10.0)
    assert one.heard(Meaning.WELL, 10.0)
    limits = []
    for n in range(6):
        limits.append(one.limit)
        one.heard(Meaning.WELL, 11.0 + n)
    assert limits == [1, 2, 2, 3, 3, 3]
    assert (one.position, one.limit) == (Position.CLOSED, 4)
    fail(one, 20, 60.0)
    assert one.may_call(one.next_probe)
    one.heard(Meaning.WELL, 70.0)
    one.heard(Meaning.ILL, 71.0, "http-502")
    assert one.position is Position.OPEN


def test_what_was_on_its_way_when_it_opened_neither_opens_it_anew_nor_closes_it() -> None:
    one = breaker()
    fail(one, 20, 0.0)
    due = one.next_probe
    fail(one, 30, 1.0)
    assert not one.heard(Meaning.WELL, 2.0)
    assert (one.position, one.next_probe) == (Position.OPEN, due)


def test_too_many_refusals_stop_everything_until_somebody_has_looked() -> None:
    one = breaker()
    for n in range(60):
        one.heard(Meaning.REFUSED if n % 4 == 0 else Meaning.WELL, float(n))
    assert not one.refusing, "a quarter is a department's own business"
    for n in range(60, 75):
        one.heard(Meaning.REFUSED, float(n))
    assert one.refusing
    assert one.position is Position.CLOSED, "it answers: it is not ill"
    one.heard(Meaning.WELL, 76.0)
    assert one.refusing
    one.resume()
    one.heard(Meaning.REFUSED, 77.0)
    assert not one.refusing


def test_what_was_open_before_a_restart_asks_first() -> None:
    one = breaker()
    one.restore(100.0, opened=True, refusing=True, reason="http-500")
    assert one.refusing
    assert one.probe_is_due(100.0)
    assert one.may_call(100.0)
    assert not one.may_call(100.0)


@given(st.lists(st.tuples(st.sampled_from(Meaning), st.floats(0, 20), st.booleans()), max_size=120))
def test_whatever_happens_it_never_sends_more_than_it_may_and_always_asks_again(
    history: list[tuple[Meaning, float, bool]],
) -> None:
    one, now = breaker(4), 0.0
    for what, passed, asks in history:
        now += passed
        if asks:
            one.may_call(now)
        one.heard(what, now, "x")
        assert 1 <= one.limit <= 4
        if one.position is Position.OPEN:
            assert one.limit == 1
            assert one.next_probe <= now + USUAL.longest_probe * (1 + USUAL.spread)
        if one.position is Position.CLOSED:
            assert one.limit == 4
