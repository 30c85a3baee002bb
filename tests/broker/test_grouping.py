import asyncio
from collections.abc import Sequence

import pytest

from broker.grouping import MOST, Group
from broker.store import StoreUnavailable


class Doer:
    """Doubles numbers, lot by lot, and stumbles over those it is told to."""

    def __init__(self, *stumbles: int) -> None:
        self.stumbles = stumbles
        self.lots: list[list[int]] = []
        self.at_work = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.lots.append(list(numbers))
        self.at_work.set()
        await self.may_go_on.wait()
        if any(number in self.stumbles for number in numbers):
            raise StoreUnavailable("one of them")
        return [2 * number for number in numbers]


async def test_who_comes_together_is_served_together_and_each_has_its_own_answer() -> None:
    doer = Doer()
    group = Group[int, int](doer)
    assert await asyncio.gather(*[group.add(number) for number in range(2 * MOST + 5)]) == [
        2 * number for number in range(2 * MOST + 5)
    ]
    assert [len(lot) for lot in doer.lots] == [MOST, MOST, 5]
    assert await group.add(7) == 14


async def test_who_comes_while_a_lot_is_under_way_waits_for_the_next() -> None:
    doer = Doer()
    doer.may_go_on.clear()
    group = Group[int, int](doer)
    first = asyncio.create_task(group.add(1))
    await doer.at_work.wait()
    later = [asyncio.create_task(group.add(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doer.may_go_on.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert doer.lots == [[1], [2, 3]]


async def test_a_fault_in_one_is_no_other_s() -> None:
    doer = Doer(2)
    group = Group[int, int](doer)
    answers = await asyncio.gather(*[group.add(number) for number in (1, 2, 3)], return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], StoreUnavailable)
    assert answers[2] == 6
    assert doer.lots == [[1, 2, 3], [1], [2], [3]]


async def test_what_nobody_waits_for_any_more_is_not_done() -> None:
    doer = Doer()
    group = Group[int, int](doer)
    given_up, stays = asyncio.create_task(group.add(1)), asyncio.create_task(group.add(2))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await stays == 4
    assert doer.lots in ([[2]], [[1, 2]])
