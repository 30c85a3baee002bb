import asyncio

from hypothesis import given
from hypothesis import strategies as st

from broker.rate import Bucket
from broker.slots import Slots


@given(st.floats(0.5, 200), st.lists(st.floats(0, 2), min_size=1, max_size=80))
def test_no_second_holds_more_calls_than_the_rate_and_one(rate: float, gaps: list[float]) -> None:
    bucket, now, used = Bucket(rate), 0.0, []
    for gap in gaps:
        now += gap
        used.append(now + bucket.take(now))
    for first in used:
        assert sum(first <= each < first + 1 - 1e-6 for each in used) <= rate + 1 + 1e-6
    assert used == sorted(used)


async def test_slots_that_shrink_and_grow_are_taken_in_turn_and_the_urgent_first() -> None:
    slots, order = Slots(1), []

    async def take(name: str, *, first: bool = False) -> None:
        await slots.take(first=first)
        order.append(name)

    await take("a")
    waiting = [asyncio.create_task(take(name)) for name in ("b", "c")]
    await asyncio.sleep(0)
    urgent = asyncio.create_task(take("d", first=True))
    await asyncio.sleep(0)
    waiting[0].cancel()
    slots.give_back()
    await urgent
    slots.set_limit(2)
    await waiting[1]
    assert order == ["a", "d", "c"]
    assert slots.taken == 2
    slots.set_limit(1)
    slots.give_back()
    last = asyncio.create_task(take("e"))
    await asyncio.sleep(0)
    assert not last.done()
    slots.give_back()
    await last
    assert slots.taken == 1
