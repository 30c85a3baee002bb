"""Permits: how many may be parked, from how many others their department takes. Pure.

A failure is one person's own only where others are taken. Where many fail at once and the breaker does not open (too
few calls, less than half of them, or a fault of ours), they are not parked: the fault is not theirs.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

#: seconds that are looked at, and successes for each permit; one may always be parked
SECONDS, SUCCESSES = 300.0, 5


class Permits:
    """One department's, in one process. ``now`` is a clock that never falls; any thread may ask."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._earned: deque[list[int]] = deque()
        self._successes = 0
        self._taken: dict[str, int] = {}
        self._lock = Lock()

    def earn(self) -> None:
        """Something was taken."""
        with self._lock:
            second = int(self._now())
            if not self._earned or self._earned[-1][0] != second:
                self._forget(second)
                self._earned.append([second, 0])
            self._earned[-1][1] += 1
            self._successes += 1

    def take(self, delivery_id: str) -> bool:
        """Whether this one may be parked. The same one asks twice where a commit is tried twice: it is one."""
        with self._lock:
            now = int(self._now())
            self._forget(now)
            if delivery_id not in self._taken and len(self._taken) >= max(1, self._successes // SUCCESSES):
                return False
            self._taken.setdefault(delivery_id, now)
            return True

    def _forget(self, now: int) -> None:
        while self._earned and self._earned[0][0] <= now - SECONDS:
            self._successes -= self._earned.popleft()[1]
        while self._taken and (first := next(iter(self._taken.items())))[1] <= now - SECONDS:
            del self._taken[first[0]]
