"""Evaluating a model on events whose person is known: what it claims, what came of it, and what a threshold would do.

Pure. The labels are a council's own: events that were decided before, with the resident they turned out to be about.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

BINS: Final = (-6.0, 0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0)
#: how much higher or lower a threshold is tried
TRIED: Final = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One event that was decided, beside the truth."""

    #: of the best candidate
    bits: float
    #: whether the best candidate is the person
    right: bool
    #: whether only the threshold stands between it and acting alone, or nothing
    free: bool
    #: whether it was acted on
    automatic: bool
    #: whether the directory holds the person at all
    held: bool
    #: what is known of where the name comes from; empty for nothing
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How precise and how complete automatic matches are."""

    automatic: int
    wrong: int
    held: int

    @property
    def precision(self) -> float:
        """The share of automatic matches that are right."""
        return 1.0 if self.automatic == 0 else (self.automatic - self.wrong) / self.automatic

    @property
    def recall(self) -> float:
        """The share of the people held who are matched automatically, and rightly."""
        return 0.0 if self.held == 0 else (self.automatic - self.wrong) / self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """What was claimed and what was seen, between two scores."""

    above: float
    count: int
    #: the largest error that the score allows
    claimed: float
    seen: float


def calibration(tried: Sequence[Tried]) -> Iterator[Bin]:
    """By bits: the error claimed, and the error seen."""
    for place, above in enumerate(BINS):
        below = BINS[place + 1] if place + 1 < len(BINS) else float("inf")
        inside = [each for each in tried if above <= each.bits < below]
        wrong = sum(not each.right for each in inside)
        claimed = 1 / (1 + 2**above)
        yield Bin(above=above, count=len(inside), claimed=claimed, seen=wrong / len(inside) if inside else 0.0)


def by_origin(tried: Sequence[Tried]) -> dict[str, Shares]:
    """Precision and recall for each origin of names, and of all under the empty name."""
    origins = Counter(each.origin for each in tried)
    found = {origin: shares([each for each in tried if each.origin == origin]) for origin in sorted(origins) if origin}
    return {"": shares(tried), **found}


def shares(tried: Sequence[Tried]) -> Shares:
    """Precision and recall as decided."""
    automatic = [each for each in tried if each.automatic]
    return Shares(
        automatic=len(automatic),
        wrong=sum(not each.right for each in automatic),
        held=sum(each.held for each in tried),
    )


def with_threshold(tried: Sequence[Tried], threshold: float) -> Shares:
    """Precision and recall, had the band asked for so many bits; guards and the rest stay as they are."""
    automatic = [each for each in tried if each.free and each.bits >= threshold]
    return Shares(
        automatic=len(automatic),
        wrong=sum(not each.right for each in automatic),
        held=sum(each.held for each in tried),
    )
