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
class AskAPerson:
    """It may have had its effect, and only a person can find out."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Every try is used up; an operator must look."""

    reason: str


Next: TypeAlias = Settle | Await | TryAgain | AskAPerson | GiveUp


def after(heard: Heard, attempts: int, crash_mode: CrashMode, waits: Sequence[float], rng: random.Random) -> Next:
    """Decide from what was heard at the ``attempts``-th attempt; ``waits`` are seconds between attempts."""
    match heard:
        case Accepted() | NotHeld() | Referred() | NeedsInformation() | Refused():
            return Settle(outcome=heard)
        case Awaited():
            return Await(outcome=heard)
        case Deferred():
            return _again(heard.reason, attempts, waits, rng, heard.after)
        case Unheard():
            if crash_mode is CrashMode.HOLD:
                return AskAPerson(reason=heard.reason)
            return _again(heard.reason, attempts, waits, rng, None)
    assert_never(heard)


def _again(
    reason: str, attempts: int, waits: Sequence[float], rng: random.Random, asked: timedelta | None
) -> TryAgain | GiveUp:
    # A back office may answer what has not been offered to it yet: that counts as the first attempt.
    tried = max(attempts, 1)
    if tried > len(waits):
        return GiveUp(reason=reason)
    scheduled = timedelta(seconds=waits[tried - 1])
    wait = min(max(scheduled, asked), max(LONGEST_WAIT, scheduled)) if asked else scheduled
    return TryAgain(after=wait * rng.uniform(1 - SPREAD, 1 + SPREAD), reason=reason)
