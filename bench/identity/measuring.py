"""Measuring decisions against the truth: precision and recall with their bounds, calibration, spread over origins."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bench.identity.telling import ADVERSARIAL, REALISTIC, Told
from broker.person import Match, Matched, Person, Unknown

BINS = (0, 3, 6, 9, 12, 15, 18, 40)


def lower_bound(right: int, all_: int) -> float:
    """The exact (Clopper-Pearson) one-sided 95 % lower bound of a proportion."""
    if all_ == 0 or right == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _at_least(right, all_, middle) > 0.05 else (middle, high)
    return low


def _at_least(right: int, all_: int, share: float) -> float:
    """The chance of so many right or more; wrong ones are few, so their sum is short."""
    if share in (0.0, 1.0):
        return share
    wrong = all_ - right
    total = 0.0
    for count in range(wrong + 1):
        log = math.lgamma(all_ + 1) - math.lgamma(count + 1) - math.lgamma(all_ - count + 1)
        total += math.exp(log + count * math.log1p(-share) + (all_ - count) * math.log(share))
    return total


@dataclass(slots=True)
class Measured:
    """Counts of one run of events under one band."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_origin: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    #: right and wrong by bin of bits, and by kind, where somebody was best
    bins: dict[int, Counter[tuple[str, str]]] = field(default_factory=lambda: defaultdict(Counter))
    shortlisted: int = 0
    residents: int = 0
    wrong: list[Told] = field(default_factory=list)
    guards: Counter[str] = field(default_factory=Counter)

    def add(self, told: Told, match: Match, found: Iterable[str]) -> None:
        """Count one decision; people are named by their residents' ids."""
        best = best_of(match)
        verdict = type(match).__name__
        if isinstance(match, Matched):
            verdict = "right" if match.person.id == told.truth else "wrong"
        self.outcomes[told.kind, verdict] += 1
        self.by_origin[told.origin][verdict if told.truth else f"absent {verdict}"] += 1
        if told.truth is not None:
            self.residents += 1
            self.shortlisted += told.truth in found
        if verdict == "wrong":
            self.wrong.append(told)
        if best is not None and match.weighed is not None:
            self.bins[_bin(match.weighed.bits)][told.kind, "right" if best.id == told.truth else "wrong"] += 1
            if verdict == "Unsure" and best.id == told.truth:
                self.guards.update(match.weighed.guards or ("no guard",))

    def automatic(self, weights: Mapping[str, float] = ADVERSARIAL) -> tuple[float, float]:
        """Right and wrong automatic links, each kind weighted as in this mix instead of the adversarial one."""
        right = sum(self._weighted(kind, verdict, weights) for kind, verdict in self.outcomes if verdict == "right")
        wrong = sum(self._weighted(kind, verdict, weights) for kind, verdict in self.outcomes if verdict == "wrong")
        return right, wrong

    def _weighted(self, kind: str, verdict: str, weights: Mapping[str, float]) -> float:
        return self.outcomes[kind, verdict] * weights[kind] / ADVERSARIAL[kind]

    def precision(self, weights: Mapping[str, float] = ADVERSARIAL) -> float:
        right, wrong = self.automatic(weights)
        return right / (right + wrong or 1)

    def bound(self) -> float:
        right, wrong = self.automatic()
        return lower_bound(int(right), int(right + wrong))

    def recall(self) -> float:
        return self.outcomes["resident", "right"] / (self.residents or 1)

    def shortlist_recall(self) -> float:
        return self.shortlisted / (self.residents or 1)

    def recalls(self) -> dict[str, float]:
        """Automatic recall by origin."""
        return {
            origin: counts["right"]
            / sum(count for verdict, count in counts.items() if not verdict.startswith("absent"))
            for origin, counts in self.by_origin.items()
        }

    def calibration(self, weights: Mapping[str, float] = REALISTIC) -> Iterator[tuple[str, float, float, int]]:
        """By bin of bits: the largest error it claims, the error that was observed, and how many there were."""
        for place, low in enumerate(BINS[:-1]):
            counts = self.bins[place]
            weighted = {key: count * weights[key[0]] / ADVERSARIAL[key[0]] for key, count in counts.items()}
            total = sum(weighted.values())
            wrong = sum(count for (_, verdict), count in weighted.items() if verdict == "wrong")
            claimed = 1 / (1 + 2.0**low)
            yield f"{low}-{BINS[place + 1]}", claimed, wrong / total if total else 0.0, sum(counts.values())


def best_of(match: Match) -> Person | None:
    """Whoever comes first."""
    if isinstance(match, Unknown):
        return None
    return match.person if isinstance(match, Matched) else match.candidates[0]


def _bin(bits: float) -> int:
    place = 0
    while place < len(BINS) - 2 and bits >= BINS[place + 1]:
        place += 1
    return place if bits >= 0 else -1
