"""Pace: one after another leaves, never faster than the rate, also after a stop of our own."""

import asyncio

from broker.rate import Bucket

#: so much of the rate is used: what left in its time may arrive together with what left before it
_OF_THE_RATE = 0.99


class Pace:
    """Permits in time, one at a time: what has waited too long is late, and does not leave together."""

    def __init__(self, rate: float) -> None:
        self._bucket = Bucket(rate * _OF_THE_RATE)
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Wait for one's turn to leave."""
        async with self._turn:
            await asyncio.sleep(self._bucket.take(asyncio.get_running_loop().time()))
