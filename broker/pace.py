"""Pace: one after another leaves, never faster than the rate, also after a stop of our own."""

import asyncio

from broker.rate import Bucket


class Pace:
    """Permits in time, one at a time: what has waited too long is late, and does not leave together."""

    def __init__(self, rate: float) -> None:
        self._bucket = Bucket(rate)
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Wait for one's turn to leave."""
        async with self._turn:
            await asyncio.sleep(self._bucket.take(asyncio.get_running_loop().time()))
