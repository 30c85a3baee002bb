"""Glance: every department at one look, as commands, the API and screens show it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select

from broker.adapter import Adapter, HandOver
from broker.breaker import Position
from broker.department_state import NO_END, State, states
from broker.standing import Standing
from broker.tables import HOLDS_THE_LANE, delivery


class Condition(StrEnum):
    """How it stands with a department, in one word: the first that is so, in this order."""

    REFUSING = "refusing"
    PAUSED = "paused"
    CLOSED = "closed"
    FULL = "full"
    AWAY = "away"
    RECOVERING = "recovering"
    OPEN = "open"


CAPTIONS: dict[Condition, str] = {
    Condition.REFUSING: "It refuses too much: nothing is sent until an operator resumes it or its adapter changes",
    Condition.PAUSED: "Paused by an operator",
    Condition.CLOSED: "Closed by its calendar",
    Condition.FULL: "As much is parked as may be: an operator must act",
    Condition.AWAY: "It does not answer; it is asked from time to time",
    Condition.RECOVERING: "It answers again; it is told gently at first",
    Condition.OPEN: "It is told as usual",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One department at a glance."""

    department: str
    title: str
    #: called, subscribes or collects; None where no adapter speaks to it
    hand_over: str | None
    condition: Condition
    caption: str
    breaker: Position
    #: since when the condition holds, where that is known
    since: datetime | None = None
    #: when it ends by itself, where it does
    until: datetime | None = None
    #: the operator's words, the calendar's code, or what the back office last failed with
    reason: str | None = None
    paused_by: str | None = None
    next_probe_at: datetime | None = None
    #: deliveries that are not answered, and the oldest of them
    backlog: int = 0
    oldest: datetime | None = None
    parked: int = 0
    #: unknown and dead: a person must decide
    for_a_person: int = 0
    last_success_at: datetime | None = None
    standings: dict[str, int] = field(default_factory=dict)


def departments_at_a_glance(tx: Connection, now: datetime, adapters: Sequence[Adapter] = ()) -> tuple[Glance, ...]:
    """Every department that has an adapter, a state or an open delivery, by name."""
    known, (counted, oldest) = states(tx), _open(tx)
    speakers = {adapter.department: adapter for adapter in adapters}
    names = sorted({*known, *counted, *speakers})
    return tuple(
        glance_at(speakers.get(name), known.get(name, State(department=name)), counted.get(name, {}), oldest, now)
        for name in names
    )


def glance_at(
    adapter: Adapter | None,
    state: State,
    standings: dict[str, int],
    oldest: dict[str, datetime],
    now: datetime,
) -> Glance:
    """One department, from what is written down of it."""
    condition = condition_of(state, now, called=adapter is None or adapter.hand_over is HandOver.CALLED)
    since, until, reason = _particulars(condition, state)
    return Glance(
        department=state.department,
        title=adapter.title if adapter else state.department,
        hand_over=adapter.hand_over if adapter else None,
        condition=condition,
        caption=CAPTIONS[condition],
        breaker=state.breaker,
        since=since,
        until=until,
        reason=reason,
        paused_by=state.paused_by if condition is Condition.PAUSED else None,
        next_probe_at=state.next_probe_at,
        backlog=sum(standings.values()),
        oldest=oldest.get(state.department),
        parked=standings.get(Standing.PARKED, 0),
        for_a_person=standings.get(Standing.DEAD, 0) + standings.get(Standing.UNKNOWN, 0),
        last_success_at=state.last_success_at,
        standings=standings,
    )


def condition_of(state: State, now: datetime, *, called: bool) -> Condition:
    """How it stands with a department; breakers are those of departments that are called."""
    if called and state.refusing_since is not None:
        return Condition.REFUSING
    if state.is_paused(now):
        return Condition.PAUSED
    if state.is_closed(now):
        return Condition.CLOSED
    if state.full_since is not None:
        return Condition.FULL
    asked = state.asked_until is not None and now < state.asked_until
    if called and (state.breaker is Position.OPEN or asked):
        return Condition.AWAY
    return Condition.RECOVERING if called and state.breaker is Position.HALF_OPEN else Condition.OPEN


def _particulars(condition: Condition, state: State) -> tuple[datetime | None, datetime | None, str | None]:
    match condition:
        case Condition.REFUSING:
            return state.refusing_since, None, None
        case Condition.PAUSED:
            return state.paused_since, None if state.paused_until == NO_END else state.paused_until, state.pause_reason
        case Condition.CLOSED:
            return None, state.closed_until, state.closed_reason
        case Condition.FULL:
            return state.full_since, None, state.full_reason
        case Condition.AWAY | Condition.RECOVERING:
            return state.breaker_since, state.asked_until, state.breaker_reason
        case Condition.OPEN:
            return None, None, None


def _open(tx: Connection) -> tuple[dict[str, dict[str, int]], dict[str, datetime]]:
    """What is open at each department by standing, and the oldest of it: in one reading, as failures can be many."""
    of = (delivery.c.department, delivery.c.standing)
    first = func.min(delivery.c.opened_at, type_=delivery.c.opened_at.type).label("first")
    counted: dict[str, dict[str, int]] = {}
    oldest: dict[str, datetime] = {}
    for row in tx.execute(select(*of, func.count().label("how_many"), first).where(HOLDS_THE_LANE).group_by(*of)):
        counted.setdefault(row.department, {})[row.standing] = row.how_many
        oldest[row.department] = min(row.first, oldest.get(row.department, row.first))
    return counted, oldest
