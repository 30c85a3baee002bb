"""Grouping: what many wait for at about the same moment is done once for all of them, and each has its own answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
#: at once, at most: bounds how long a submission waits behind them
MOST = 200


class Group(Generic[T, R]):
    """Who comes alone is served at once; who comes while that is done is served with all others who have come."""

    def __init__(self, do_all: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        self._do_all = do_all
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._working: asyncio.Task[None] | None = None

    async def add(self, one: T) -> R:
        """Have this done with others; a fault in one of them is no other's. Raises what doing it raised."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._waiting:
            lot, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            # Who has given up waiting wants nothing done any more.
            await self._do([(one, done) for one, done in lot if not done.done()])

    async def _do(self, lot: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        if not lot:
            return
        try:
            results = await self._do_all([one for one, _ in lot])
        except Exception as error:
            if len(lot) == 1:
                _, done = lot[0]
                if not done.done():
                    done.set_exception(error)
                return
            # Whichever of them was at fault, the others must not suffer for it, nor one after another.
            await asyncio.gather(*[self._do([single]) for single in lot])
        else:
            for (_, done), result in zip(lot, results, strict=True):
                if not done.done():
                    done.set_result(result)
