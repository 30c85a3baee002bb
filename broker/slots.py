"""Slots: how many requests of one department may be on their way at once; the number can grow and shrink."""

import asyncio
from collections import deque


class Slots:
    """Taken for a request alone: never over a commit, nor while waiting between tries."""

    def __init__(self, most: int) -> None:
        self._limit = most
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken

    def set_limit(self, limit: int) -> None:
        """Change how many there are; more at once let who waits go on."""
        self._limit = limit
        self._let_go_on()

    async def take(self, *, first: bool = False) -> None:
        """Take one, when there is one; ``first`` goes before all who wait."""
        if self._taken < self._limit and not self._waiting:
            self._taken += 1
            return
        mine = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Give one back."""
        self._taken -= 1
        self._let_go_on()

    def _let_go_on(self) -> None:
        while self._waiting and self._taken < self._limit:
            next_one = self._waiting.popleft()
            if not next_one.done():
                self._taken += 1
                next_one.set_result(None)
