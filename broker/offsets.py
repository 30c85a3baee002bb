"""Offsets of one partition: registered in order, finished in any order, committed up to the first unfinished."""

from collections import deque


class Offsets:
    """Holds no more than what is unfinished; gaps (compaction, transactions) are harmless."""

    def __init__(self) -> None:
        #: with the moment each was read, on whatever clock the caller keeps
        self._open: deque[tuple[int, float]] = deque()
        self._finished: set[int] = set()
        self._next: int | None = None

    def register(self, offset: int, at: float = 0.0) -> None:
        """A record has been read. Offsets rise."""
        self._open.append((offset, at))

    def finish(self, offset: int) -> None:
        """The outcome of a record is durable."""
        self._finished.add(offset)
        while self._open and self._open[0][0] in self._finished:
            first, _ = self._open.popleft()
            self._finished.discard(first)
            self._next = first + 1

    @property
    def committable(self) -> int | None:
        """The offset to commit: one after the last of the finished run at the front; None while nothing is finished."""
        return self._next

    @property
    def unfinished(self) -> int:
        """How many records are not finished."""
        return len(self._open)

    @property
    def oldest(self) -> tuple[int, float] | None:
        """The first unfinished offset, and when it was read; None while all are finished."""
        return self._open[0] if self._open else None
