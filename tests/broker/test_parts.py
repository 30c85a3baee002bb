import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from broker import parts
from broker.parts import Part, keep_running, run_until
from tests.broker.worlds import eventually

_sleep = asyncio.sleep


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for; none is really waited for."""
    asked: list[float] = []

    async def note(seconds: float) -> None:
        asked.append(seconds)
        await _sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    return asked


def failing(times: int) -> tuple[Callable[[], Awaitable[None]], asyncio.Event]:
    steady, left = asyncio.Event(), times

    async def run() -> None:
        nonlocal left
        if left:
            left -= 1
            raise ZeroDivisionError("a text with somebody's name")
        steady.set()
        await asyncio.Event().wait()

    return run, steady


async def test_a_part_that_fails_is_started_again_ever_more_slowly(waits: list[float]) -> None:
    run, steady = failing(8)
    with capture_logs() as log:
        task = asyncio.create_task(keep_running(Part(name="relay", run=run)))
        await steady.wait()
        task.cancel()
        await asyncio.wait([task])
    assert waits == [0.5, 1, 2, 4, 8, 10, 10, 10]
    assert len(log) == 8
    assert log[0] == {"event": "part.failed", "part": "relay", "error": "ZeroDivisionError", "log_level": "error"}


async def test_a_cancellation_that_a_library_lets_out_ends_no_part_and_ours_does(waits: list[float]) -> None:
    """aiokafka 0.14 does so: its consumer awaits fetches that it has cancelled itself."""
    steady, runs = asyncio.Event(), 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            within = asyncio.create_task(_sleep(60))
            within.cancel()
            await within
        steady.set()
        await asyncio.Event().wait()

    with capture_logs() as log:
        task = asyncio.create_task(keep_running(Part(name="outcomes", run=run)))
        await steady.wait()
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
    assert [(line["part"], line["error"]) for line in log] == [("outcomes", "CancelledError")]


async def test_a_part_that_ends_by_itself_is_started_again(waits: list[float]) -> None:
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1

    task = asyncio.create_task(keep_running(Part(name="relay", run=run)))

    async def often() -> bool:
        await _sleep(0)
        return runs > 3

    while not await often():
        pass
    task.cancel()
    await asyncio.wait([task])
    assert len(waits) >= 3


async def test_a_part_that_was_steady_is_started_again_soon(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "STEADY", -1.0)  # any run counts as steady
    run, steady = failing(3)
    task = asyncio.create_task(keep_running(Part(name="relay", run=run)))
    await steady.wait()
    task.cancel()
    await asyncio.wait([task])
    assert waits == [0.5, 0.5, 0.5]


async def test_a_part_waits_for_what_must_be_there_first_each_time(waits: list[float]) -> None:
    told: list[str] = []
    run, steady = failing(2)

    async def after() -> None:
        told.append("after")

    async def noted() -> None:
        told.append("run")
        await run()

    task = asyncio.create_task(keep_running(Part(name="relay", run=noted, after=after)))
    await steady.wait()
    task.cancel()
    await asyncio.wait([task])
    assert told == ["after", "run"] * 3


async def test_one_part_that_fails_leaves_the_others_running(waits: list[float]) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await _sleep(0)

    bad, steady = failing(5)
    stop = asyncio.Event()
    whole = asyncio.create_task(run_until(stop, [Part(name="a", run=beat), Part(name="b", run=bad)]))
    await steady.wait()
    assert beats > 5
    stop.set()
    await whole


async def test_when_told_to_stop_each_part_finishes_what_is_under_way() -> None:
    finished: list[str] = []
    started = asyncio.Event()

    async def run() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await _sleep(0)
            finished.append("drained")

    stop = asyncio.Event()
    whole = asyncio.create_task(run_until(stop, [Part(name="a", run=run), Part(name="b", run=run)]))
    await started.wait()
    stop.set()

    async def over() -> bool:
        return whole.done()

    await eventually(over)
    assert finished == ["drained", "drained"]


async def test_a_part_in_which_the_word_to_end_was_swallowed_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LET_FINISH", 0.05)
    swallowed, stop = 0, asyncio.Event()

    async def run() -> None:
        nonlocal swallowed
        stop.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
        await asyncio.Event().wait()

    with capture_logs() as log:
        await asyncio.wait_for(run_until(stop, [Part(name="relay", run=run)]), 20)
    assert swallowed == 1
    assert [(line["event"], line["part"]) for line in log] == [("part.told-again", "relay")]
