"""What takes seconds to reckon is drawn up beside the pages and kept: a page shows the last one, and says how old it is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from broker.store import StoreUnavailable
from broker.telemetry import log

Key = TypeVar("Key")
T = TypeVar("T")
#: seconds that a page waits for a new one, as most are drawn up in less
PATIENCE: Final = 0.06
#: kept at once
_MOST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Generic[T]):
    """What there is to show just now."""

    #: the last one; None where none has been drawn up yet
    what: T | None
    drawn_at: datetime | None
    #: a new one is being drawn up
    moving: bool


class Drawn(Generic[Key, T]):
    """What one process has drawn up lately, one for a key; one is drawn at a time."""

    def __init__(self, *, fresh_for: timedelta, patience: float = PATIENCE) -> None:
        self._fresh_for = fresh_for
        self._patience = patience
        self._kept: dict[Key, tuple[datetime, T]] = {}
        self._going_on: dict[Key, asyncio.Task[T]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def look(self, key: Key, draw: Callable[[], Awaitable[T]], now: datetime, *, again: bool = False) -> Look[T]:
        """The kept one; where it is old, or ``again``, a new one is begun and waited for a moment.

        Raises what ``draw`` raises in that moment.
        """
        kept = self._kept.get(key)
        if kept is not None and not again and now - kept[0] < self._fresh_for:
            return Look(what=kept[1], drawn_at=kept[0], moving=key in self._going_on)
        begun = self._begin(key, draw, now)
        await asyncio.wait({begun}, timeout=self._patience)
        if begun.done():
            return Look(what=begun.result(), drawn_at=now, moving=False)
        return Look(what=kept[1] if kept else None, drawn_at=kept[0] if kept else None, moving=True)

    async def whole(self, key: Key, draw: Callable[[], Awaitable[T]], now: datetime) -> T:
        """The kept one where it is not old, or a new one however long it takes. Raises what ``draw`` raises."""
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < self._fresh_for:
            return kept[1]
        return await asyncio.shield(self._begin(key, draw, now))

    def _begin(self, key: Key, draw: Callable[[], Awaitable[T]], now: datetime) -> asyncio.Task[T]:
        if (known := self._going_on.get(key)) is None:
            known = self._going_on[key] = asyncio.create_task(self._draw(key, draw, now))
            known.add_done_callback(lambda task: self._ended(key, task))
        return known

    async def _draw(self, key: Key, draw: Callable[[], Awaitable[T]], now: datetime) -> T:
        async with self._one_at_a_time:
            what = await draw()
        self._kept.pop(key, None)
        while len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (now, what)
        return what

    def _ended(self, key: Key, task: asyncio.Task[T]) -> None:
        del self._going_on[key]
        # Whoever looks again begins again; where nobody waits any more, the log says why.
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, StoreUnavailable):
            log.error("page.not_drawn", error=type(error).__name__)
