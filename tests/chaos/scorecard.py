"""The scorecard of a soak: what was done to the broker, what the journals prove, and whether the run counts at all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.faults import Fault
from tests.chaos.verifier import Verdict, read

#: of the effects, so many must have happened while a fault was on, or the run proves nothing
ENOUGH = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """One run."""

    seed: int
    minutes: float
    database: str
    brokers: int
    faults: Mapping[str, int]
    #: kinds that did not fire, and why not
    not_fired: Mapping[str, str]
    verdict: Verdict
    share_under_fault: float
    #: of the effects, those between the first fault and the end of the last
    share_in_period: float
    books: tuple[str, ...]
    #: what the tracker says and the offices' journals do not, or the other way about
    lies: tuple[str, ...]
    settled_in: float
    peak_mb: float
    #: by department: 95th percentile of seconds from acknowledgement to effect while only another office was ill
    slowest_beside_an_ill_office: float | None = None
    extras: Mapping[str, object] = field(default_factory=dict)

    @property
    def void_because(self) -> tuple[str, ...]:
        """Why the run proves nothing, if so."""
        found = [f"{kind} did not fire: {why}" for kind, why in self.not_fired.items()]
        if self.share_under_fault < ENOUGH:
            found.append(f"only {self.share_under_fault:.0%} of the effects happened while a fault was on")
        if not self.verdict.repeats:
            found.append("no office saw a letter twice")
        if not self.verdict.stopped or not self.verdict.undone:
            found.append("deaths were not both stopped in time and undone")
        return tuple(found)

    @property
    def word(self) -> str:
        """The whole run in a word."""
        if not self.verdict.clean or self.books or self.lies:
            return "BROKEN"
        return "void" if self.void_because else "clean"

    def rows(self) -> list[tuple[str, str]]:
        """The table, a line each."""
        v = self.verdict
        kinds = ", ".join(f"{kind} {times}" for kind, times in sorted(self.faults.items()))
        return [
            ("seed", str(self.seed)),
            ("database, Kafka brokers", f"{self.database}, {self.brokers}"),
            ("minutes of faults", f"{self.minutes:g}"),
            ("faults", f"{sum(self.faults.values())}: {kinds}"),
            ("events acknowledged", str(v.acknowledged)),
            ("effects", str(v.effects)),
            ("repeats, harmless", str(v.repeats)),
            ("deaths taken back: stopped, undone", f"{v.stopped}, {v.undone}"),
            ("came after its withdrawal, refused", str(v.refused)),
            ("lost", str(len(v.lost))),
            ("doubled", str(len(v.doubled))),
            ("out of order", str(len(v.disordered))),
            ("ghosts, altered, two references", f"{len(v.ghosts)}, {len(v.altered)}, {len(v.two_references)}"),
            ("deaths not put right", str(len(v.not_taken_back))),
            ("books out of balance", str(len(self.books))),
            ("tracker and journals differ", str(len(self.lies))),
            (
                "effects while a fault was on",
                f"{self.share_under_fault:.0%} (of the period {self.share_in_period:.0%})",
            ),
            ("settled after the last fault", f"{self.settled_in:.0f} s"),
            ("largest process", f"{self.peak_mb:.0f} MB"),
            ("verdict", self.word + "".join(f"; {why}" for why in self.void_because)),
        ]

    def text(self, *, markdown: bool) -> str:
        """The table to read, or to put in a page."""
        if markdown:
            return "".join(f"| {name} | {said} |\n" for name, said in [("", ""), ("---", "---"), *self.rows()])
        return "".join(f"{name:<36} {said}\n" for name, said in self.rows())

    def wrong(self) -> list[str]:
        """Each thing that is wrong, named; a hundred at most of each sort."""
        v = self.verdict
        sorts = {
            "lost": v.lost,
            "doubled": v.doubled,
            "out of order": v.disordered,
            "ghost": v.ghosts,
            "two references": v.two_references,
            "altered": v.altered,
            "death not put right": v.not_taken_back,
            "books": self.books,
            "tracker": self.lies,
        }
        return [f"{sort}: {one}" for sort, ones in sorts.items() for one in ones[:100]]


def counted(faults: Sequence[Fault]) -> dict[str, int]:
    """How often each kind fired."""
    return dict(Counter(fault.kind for fault in faults))


def shares(journals: Mapping[str, Path], faults: Sequence[Fault]) -> tuple[float, float]:
    """Of all effects, those while a fault was on, and those between the first fault's beginning and the last's end."""
    moments = [line["monotonic"] for path in journals.values() for line in read(path) if line["effect"]]
    if not moments or not faults:
        return 0.0, 0.0
    first, last = min(one.began for one in faults), max(one.ended for one in faults)
    under = sum(any(one.began <= at <= one.ended for one in faults) for at in moments)
    return under / len(moments), sum(first <= at <= last for at in moments) / len(moments)


def slowest_beside(
    journals: Mapping[str, Path], submitted: Path, faults: Sequence[Fault], systems: frozenset[str]
) -> float | None:
    """The worst department's 95th percentile, in seconds, of effects while some other office alone was ill."""
    told = {line["reference"]: line["at"] for line in read(submitted) if line["what"] == "acknowledged"}
    system = [(one.began - 5, one.ended + 5) for one in faults if one.kind in systems]
    ill = [one for one in faults if one.kind not in systems]
    worst: list[float] = []
    for department, path in journals.items():
        waits = []
        for line in read(path):
            at, began = line["monotonic"], told.get(line["notification"])
            if not line["effect"] or began is None or at < began:
                continue
            hurt = any(low <= at and began <= high for low, high in system)
            own = any(one.target == department and one.began - 1 <= at <= one.ended + 5 for one in ill)
            other = any(one.target != department and one.began <= began <= one.ended for one in ill)
            if other and not own and not hurt:
                waits.append(at - began)
        if len(waits) >= 20:
            worst.append(sorted(waits)[int(len(waits) * 0.95)])
    return max(worst, default=None)
