"""Phases of live traffic on one stage, so that what goes on beside it in some of them can be seen in the waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.findings import Finding, at_percentile
from bench.stage import Stage
from bench.telling import Told

#: how much longer the others may wait while something goes on; seconds of traffic before anything is compared
LONGER, TO_WARM_UP = 1.2, 10.0
Waits = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What was told in one phase."""

    told: tuple[Told, ...]

    @property
    def acknowledged_ms(self) -> float:
        """The 95th percentile."""
        return 1000 * at_percentile([each for told in self.told for each in told.took], 95)

    def waits(self, here: Stage, departments: Sequence[str]) -> Waits:
        """By department: seconds from recording to each answer."""
        of = [here.waits(told) for told in self.told]
        return {name: [each for waited in of for each in waited[name]] for name in departments}


def phase(here: Stage, rate: float, seconds: float) -> Phase:
    """Live traffic for so long."""
    return Phase(told=(here.tell(int(rate * seconds), rate).end(),))


def together(*phases: Phase) -> Phase:
    """Several as one."""
    return Phase(told=tuple(told for each in phases for told in each.told))


def compared(here: Stage, usual: Phase, meanwhile: Phase, departments: Sequence[str]) -> list[Finding]:
    """Each department's 95th percentile meanwhile, beside the usual; the bar is on all of their answers together."""
    before, now = usual.waits(here, departments), meanwhile.waits(here, departments)
    every_before, every_now = (at_percentile(_all(waits), 95) for waits in (before, now))
    return [
        *(
            Finding(
                what=f"{name} answered, p95",
                figure=at_percentile(now[name], 95),
                unit="s",
                beside="usually",
                other=at_percentile(before[name], 95),
            )
            for name in departments
        ),
        Finding(what="all of them together, p95", figure=every_now, unit="s", beside="usually", other=every_before),
        Finding(what="the same, as a multiple", figure=every_now / every_before, unit="times", most=LONGER),
        Finding(
            what="acknowledged, p95",
            figure=meanwhile.acknowledged_ms,
            unit="ms",
            beside="usually",
            other=usual.acknowledged_ms,
        ),
    ]


def _all(waits: Waits) -> list[float]:
    return [each for waited in waits.values() for each in waited]
