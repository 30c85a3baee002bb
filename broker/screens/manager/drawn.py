"""Reports that were drawn up lately, kept for a few minutes: a large month takes seconds, and a page may not.

The page and the file are made from the same one, so they say the same even while events come in.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from broker.report.month import Month
from broker.report.whole import Report

KEPT: Final = timedelta(minutes=5)
#: months that are kept at once
_MOST: Final = 12
Draw = Callable[[], Awaitable[Report]]


class Drawn:
    """The reports of one process."""

    def __init__(self) -> None:
        self._kept: dict[Month, Report] = {}
        self._one_at_a_time = asyncio.Lock()

    async def report(self, month: Month, draw: Draw, now: datetime, *, again: bool = False) -> Report:
        """A month's report: the kept one, or a new one where that is too old. Raises what ``draw`` raises."""
        known = self._kept.get(month)
        if known is not None and not again and now - known.drawn_at < KEPT:
            return known
        async with self._one_at_a_time:
            latest = self._kept.get(month)
            if latest is not None and latest is not known:
                return latest  # somebody else asked for it in the meantime
            while len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[month] = drawn = await draw()
            return drawn
