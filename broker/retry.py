"""What happens after an attempt: settled, tried again after a wait, or left to a person. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias, assert_never

from broker.adapter import CrashMode
from broker.outcome import (
    Accepted,
    Awaited,
    Deferred,
    Heard,
    NeedsInformation,
    NotHeld,
    Outcome,
    Referred,
    Refused,
    Unheard,
)

#: a wait named by the back office is honoured up to here
LONGEST_WAIT = timedelta(hours=1)
#: waits are spread by a fifth, so that many retries do not arrive together
SPREAD = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The department has answered."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Await:
    """The department has taken it and answers later."""

    outcome: Awaited


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """Offer it again after this wait."""

    after: timedelta
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """Quick tries have not helped: put it aside, and with it the person's later ones; try it again after this wait."""

    after: timedelta
    reason: str
    #: it has not been parked before
    first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAPerson:
    """It may have had its effect, and only a person can find out."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Every try is used up; an operator must look."""

    reason: str


Next: TypeAlias = Settle | Await | TryAgain | Park | AskAPerson | GiveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds between attempts: first quick ones, then those of a parked delivery."""

    quick: Sequence[float]
    parked: Sequence[float] = ()


def after(
    heard: Heard,
    attempts: int,
    crash_mode: CrashMode,
    waits: Sequence[float],
    rng: random.Random,
    park_waits: Sequence[float] = (),
) -> Next:
    """Decide from what was heard at the ``attempts``-th attempt; ``waits`` are seconds between attempts.

    When ``waits`` are used up it is parked, and tried again after each of ``park_waits``; then a person decides.
    """
    both = Waits(quick=waits, parked=park_waits)
    match heard:
        case Accepted() | NotHeld() | Referred() | NeedsInformation() | Refused():
            return Settle(outcome=heard)
        case Awaited():
            return Await(outcome=heard)
        case Deferred():
            return _again(heard.reason, attempts, both, rng, heard.after)
        case Unheard():
            if crash_mode is CrashMode.HOLD:
                return AskAPerson(reason=heard.reason)
            return _again(heard.reason, attempts, both, rng, None)
    assert_never(heard)


def _again(
    reason: str, attempts: int, waits: Waits, rng: random.Random, asked: timedelta | None
) -> TryAgain | Park | GiveUp:
    # A back office may answer what has not been offered to it yet: that counts as the first attempt.
    tried = max(attempts, 1)
    every = [*waits.quick, *waits.parked]
    if tried > len(every):
        return GiveUp(reason=reason)
    scheduled = timedelta(seconds=every[tried - 1])
    wait = min(max(scheduled, asked), max(LONGEST_WAIT, scheduled)) if asked else scheduled
    spread = wait * rng.uniform(1 - SPREAD, 1 + SPREAD)
    if tried > len(waits.quick):
        return Park(after=spread, reason=reason, first=tried == len(waits.quick) + 1)
    return TryAgain(after=spread, reason=reason)
