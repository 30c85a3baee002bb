"""How departments answer: how soon, against what they promise, and who is late."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import median, quantiles

from broker.adapter import Adapter
from broker.report.facts import DeliveryFact
from broker.standing import Standing
from broker.working_days import is_working_day
from schemas.outcome import OutcomeKind
from schemas.today import LONDON

_DAY = timedelta(days=1)
#: answers of this many are too few for a 95th percentile
_FEW = 20
#: a person in the department has it; the promise runs on until they have acted
_STILL_AT_WORK = (OutcomeKind.REFERRED, OutcomeKind.NEEDS_INFORMATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One department's answers in a month."""

    department: str
    title: str
    told: int
    answered: int
    within_a_day: int
    #: hours until half had answered; None where nobody did
    median_hours: float | None
    p95_hours: float | None
    #: the working days it promises, or None
    promise_days: int | None
    #: answered after its promise, or not at all though its day has passed
    late: int
    #: of the late, still without an answer
    still_waiting: int


def answers(facts: Iterable[DeliveryFact], adapters: Sequence[Adapter], now: datetime) -> tuple[Answered, ...]:
    """Each department's answers, the latest first."""
    by_department: dict[str, list[DeliveryFact]] = {adapter.department: [] for adapter in adapters}
    for fact in facts:
        if fact.standing != Standing.CANCELLED:
            by_department.setdefault(fact.department, []).append(fact)
    named = {adapter.department: adapter for adapter in adapters}
    drawn = [_department(name, told, named, now) for name, told in by_department.items()]
    return tuple(sorted(drawn, key=lambda one: (-one.late, one.department)))


def _department(name: str, facts: Sequence[DeliveryFact], adapters: Mapping[str, Adapter], now: datetime) -> Answered:
    adapter = adapters.get(name)
    promise = adapter.standard_days if adapter else None
    waits = sorted((f.settled_at - f.opened_at) / timedelta(hours=1) for f in facts if f.settled_at and has_answered(f))
    late = [fact for fact in facts if promise is not None and is_late(fact, promise, now)]
    return Answered(
        department=name,
        title=adapter.title if adapter else name,
        told=len(facts),
        answered=len(waits),
        within_a_day=sum(wait <= 24 for wait in waits),
        median_hours=median(waits) if waits else None,
        p95_hours=quantiles(waits, n=20)[-1] if len(waits) >= _FEW else None,
        promise_days=promise,
        late=len(late),
        still_waiting=sum(not has_answered(fact) for fact in late),
    )


def has_answered(fact: DeliveryFact) -> bool:
    """Whether the department has said what became of it."""
    return fact.standing == Standing.SETTLED and fact.outcome not in _STILL_AT_WORK


def is_late(fact: DeliveryFact, promise_days: int, now: datetime) -> bool:
    """Whether the answer came, or is still to come, after the last day of the promise."""
    ended = fact.settled_at if has_answered(fact) and fact.settled_at else now
    return ended.astimezone(LONDON).date() > promised_by(fact.opened_at, promise_days)


def promised_by(opened_at: datetime, days: int) -> date:
    """The last day of a promise of so many working days, the day after the telling being the first."""
    return _working_days_after(opened_at.astimezone(LONDON).date(), days)


@lru_cache(maxsize=4096)
def _working_days_after(day: date, days: int) -> date:
    while days > 0:
        day += _DAY
        days -= is_working_day(day)
    return day
