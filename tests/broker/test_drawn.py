"""What takes seconds is drawn up beside the pages: whoever looks waits a moment, and finds it later."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from broker.screens.drawn import Drawn
from broker.store import StoreUnavailable

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def test_who_looks_waits_a_moment_then_is_told_and_finds_it_later() -> None:
    drawn, may_end = Drawn[str, int](fresh_for=MINUTE, patience=0.01), asyncio.Event()
    begun = 0

    async def draw() -> int:
        nonlocal begun
        begun += 1
        await may_end.wait()
        return begun

    first = await drawn.look("a", draw, NOW)
    second = await drawn.look("a", draw, NOW)
    assert (first.what, first.moving, second.moving, begun) == (None, True, True, 1)
    waits = asyncio.create_task(drawn.whole("a", draw, NOW))
    may_end.set()
    assert await waits == 1
    third = await drawn.look("a", draw, NOW)
    assert (third.what, third.drawn_at, third.moving) == (1, NOW, False)


async def test_what_is_old_is_shown_until_the_new_one_is_there() -> None:
    drawn, may_end = Drawn[str, int](fresh_for=MINUTE, patience=0.01), asyncio.Event()

    async def at_once() -> int:
        return 1

    async def in_a_while() -> int:
        await may_end.wait()
        return 2

    await drawn.look("a", at_once, NOW)
    old = await drawn.look("a", in_a_while, NOW + MINUTE)
    assert (old.what, old.drawn_at, old.moving) == (1, NOW, True)
    may_end.set()
    assert await drawn.whole("a", in_a_while, NOW + MINUTE) == 2
    assert (await drawn.look("a", in_a_while, NOW + MINUTE)).what == 2


async def test_what_could_not_be_drawn_up_is_begun_again_by_whoever_looks_next() -> None:
    drawn = Drawn[str, int](fresh_for=MINUTE, patience=5)

    async def away() -> int:
        raise StoreUnavailable("away")

    async def back() -> int:
        return 7

    with pytest.raises(StoreUnavailable):
        await drawn.look("a", away, NOW)
    assert (await drawn.look("a", back, NOW)).what == 7
