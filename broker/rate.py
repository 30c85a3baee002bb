"""Rate: a bucket of permits that fills steadily. Pure: the clock is handed in."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Permits for ``rate`` calls a second; at most ``burst`` of them lie ready."""

    rate: float
    burst: float = 1.0
    _level: float = field(init=False)
    _at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """A new bucket is full."""
        self._level = self.burst

    def take(self, now: float) -> float:
        """Take a permit, and say how many seconds to wait before using it. ``now`` never falls."""
        if self._at is not None:
            self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        self._level -= 1
        return max(0.0, -self._level / self.rate)
