"""Ending what speaks to Kafka, however it ends: an office of the tests must outlive every outage."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError


async def end_all(*ends: Callable[[], Awaitable[None]], within: float) -> None:
    """Call each in turn, and wait for it so many seconds at most."""
    for end in ends:
        # Not awaited itself: what aiokafka cancels within a stop can come out of it, and would end the whole office.
        ended, _ = await asyncio.wait({asyncio.ensure_future(end())}, timeout=within)
        for one in ended:
            with contextlib.suppress(KafkaError, OSError, asyncio.CancelledError):
                one.result()
