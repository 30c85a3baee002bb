import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from broker.pace import Pace
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


async def test_what_waited_while_the_process_stood_still_leaves_one_by_one_and_not_together() -> None:
    pace, left = Pace(50), list[float]()

    async def leave() -> None:
        await pace.wait()
        left.append(asyncio.get_running_loop().time())

    leaving = [asyncio.create_task(leave()) for _ in range(20)]
    await leaving[2]
    time.sleep(0.3)  # noqa: ASYNC251 - the process stands still, and fifteen turns go by
    await asyncio.gather(*leaving)
    assert max(sum(first <= each < first + 0.1 for each in left) for first in left) <= 7, "they left together"
