"""The plan of a replay: what would be sent again, what would not and why, in which stages, and who must agree. Pure.

The selection is frozen when the plan is made. Its digest is what a second person agrees to, and what a run is held to.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from broker.failures.causes import Cause
from broker.replays.differences import Difference

#: sequences in the first stages; then a tenth, then the rest
CANARIES = (1, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the settings say of replays."""

    #: so many failures, within an hour, one person may replay alone
    alone_up_to: int = 50
    #: a run stops by itself when more of a stage than this fails
    stop_percent: int = 20
    #: of a department's rate, and of its requests in flight; the rest is for live traffic
    share_percent: int = 20
    #: department to its requests in flight at once
    in_flight: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: department to its rate, in deliveries a second
    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def at_once(self, department: str | None) -> int:
        """How many of a replay may be on their way to a department at once."""
        return max(1, self.in_flight.get(department or "", 64) * self.share_percent // 100)

    def rate(self, department: str | None) -> float | None:
        """How many a second may be put back for a department; None where nothing says how fast it is."""
        whole = self.rates.get(department or "")
        return None if whole is None else max(whole * self.share_percent / 100, 0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItem:
    """One failure in a plan."""

    failure_id: str
    cause: Cause
    department: str | None
    #: whose sequence it belongs to: the person, or itself where it has no person
    sequence_of: str
    #: its place in that sequence
    seq: int
    failed_at: datetime
    #: why it is left as it is; None where it goes on
    because: str | None = None
    changes: tuple[Difference, ...] = ()
    #: what is sent instead, as a new revision; None where it is sent as it was
    letter: bytes | None = None
    new_id: str | None = None
    stage: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFor:
    """How many are left as they are, for one reason."""

    because: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """In how many letters a field differs from what was sent, with an example, masked."""

    field: str
    was: str
    now: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A replay as an operator sees it before anything happens. No personal data."""

    #: None for a dry run, which is kept nowhere
    id: str | None
    #: sha-256 over the sorted ids, one a line; what a second person agrees to
    digest: str
    made_by: str
    made_at: datetime
    reason: str
    force: bool
    #: failures that were looked at
    looked_at: int
    #: failures that are sent again
    goes_on: int
    persons: int
    departments: tuple[str, ...]
    skipped: tuple[SkippedFor, ...]
    #: what a letter made now would say otherwise
    differences: tuple[ChangedField, ...]
    #: letters that go as a new revision, under a new delivery id
    revisions: int
    #: sequences in each stage
    stages: tuple[int, ...]
    #: an estimate, in seconds
    seconds: float
    #: why a second person must agree; empty where one person may do it alone
    second_person: tuple[str, ...]


def digest_of(items: Iterable[PlannedItem]) -> str:
    """The digest of a selection. A letter that is changed is part of it: it cannot be exchanged after an approval."""
    return digest_of_lines(line_of(item.failure_id, item.letter) for item in items)


def line_of(failure_id: str, letter: bytes | None) -> str:
    """What stands for one failure in the digest: its id, and the digest of the letter that takes its place."""
    return failure_id if letter is None else f"{failure_id} {sha256(letter).hexdigest()}"


def digest_of_lines(lines: Iterable[str]) -> str:
    """sha-256 over the sorted lines."""
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()


def staged(items: Sequence[PlannedItem]) -> tuple[PlannedItem, ...]:
    """The items in the order of replaying, each with its stage: sequence by sequence, each with its head first."""
    sequences: dict[tuple[str | None, str], list[PlannedItem]] = {}
    for item in sorted(items, key=lambda one: (one.failed_at, one.failure_id)):
        sequences.setdefault((item.department, item.sequence_of), []).append(item)
    going = [each for each in sequences.values() if any(one.because is None for one in each)]
    left = [each for each in sequences.values() if all(one.because is not None for one in each)]
    stage_of = [stage for stage, size in enumerate(stages_of(len(going))) for _ in range(size)]
    stage_of += [0] * len(left)
    ordered: list[PlannedItem] = []
    for number, each in enumerate([*going, *left]):
        in_order = sorted(each, key=lambda one: (one.seq, one.failure_id))
        ordered += [replace(one, stage=stage_of[number], sequence=number) for one in in_order]
    return tuple(ordered)


def stages_of(sequences: int) -> tuple[int, ...]:
    """How many sequences go in each stage: one, ten, a tenth of them all, the rest."""
    stages: list[int] = []
    left = sequences
    for size in (*CANARIES, math.ceil(sequences / 10)):
        if left > 0:
            stages.append(min(size, left))
            left -= stages[-1]
    return tuple(stages) if left <= 0 else (*stages, left)


def needs_second(items: Sequence[PlannedItem], held: Iterable[str], limits: Limits, before: int = 0) -> tuple[str, ...]:
    """Why a second person must agree; ``held`` are departments that cannot tell a repeat, ``before`` what this one
    has replayed alone within the hour.
    """
    going = [item for item in items if item.because is None]
    why: list[str] = []
    if len(going) + before > limits.alone_up_to:
        more = f", after {before} within the hour" if before else ""
        why.append(f"{len(going)} failures{more}: one person may replay {limits.alone_up_to}")
    blind = sorted({str(item.department) for item in going} & set(held))
    why += [f"{department} cannot tell a repeat from a new letter" for department in blind]
    if any(item.letter is not None for item in going):
        why.append("a letter is not sent as it was")
    return tuple(why)


def seconds_for(items: Sequence[PlannedItem], limits: Limits, measured: Mapping[str, float]) -> float:
    """How long it takes at the share of a replay: the slowest department. ``measured`` is seconds for one request."""
    counted: dict[str | None, int] = {}
    for item in items:
        if item.because is None:
            counted[item.department] = counted.get(item.department, 0) + 1
    return max((_seconds(department, count, limits, measured) for department, count in counted.items()), default=0.0)


def _seconds(department: str | None, count: int, limits: Limits, measured: Mapping[str, float]) -> float:
    each = max(measured.get(department or "", 0.25), 0.25)  # a run looks four times a second
    by_slots = count * each / limits.at_once(department)
    rate = limits.rate(department)
    return round(max(by_slots, count / rate if rate else 0.0), 1)


def differing(items: Iterable[PlannedItem]) -> tuple[ChangedField, ...]:
    """The fields that differ, the most frequent first."""
    found: dict[str, list[Difference]] = {}
    for item in items:
        for change in item.changes:
            found.setdefault(change.field, []).append(change)
    fields = [
        ChangedField(field=name, was=each[0].was, now=each[0].now, count=len(each)) for name, each in found.items()
    ]
    return tuple(sorted(fields, key=lambda one: (-one.count, one.field)))


def skipping(items: Iterable[PlannedItem]) -> tuple[SkippedFor, ...]:
    """Why some are left as they are, the most frequent reason first."""
    counted: dict[str, int] = {}
    for item in items:
        if item.because is not None:
            counted[item.because] = counted.get(item.because, 0) + 1
    return tuple(
        SkippedFor(because=why, count=count) for why, count in sorted(counted.items(), key=lambda one: -one[1])
    )


def too_many(failed: int, ended: int, size: int, percent: int) -> bool:
    """Whether so many of a stage failed that the run must stop; early, where what has ended says so already."""
    return failed * 100 > percent * max(ended, min(size, 20))


def left(failure_id: str, because: str, at: datetime) -> PlannedItem:
    """An item that is left as it was."""
    return PlannedItem(
        failure_id=failure_id[:64],
        cause=Cause.UNREADABLE if failure_id.startswith("dead-letter-") else Cause.DEAD,
        department=None,
        sequence_of=failure_id,
        seq=0,
        failed_at=at,
        because=because,
    )
