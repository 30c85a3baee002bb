"""Waiting: why one delivery is not sent just now, from its own hour and its department's state."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broker.adapter import HandOver
from broker.breaker import Position
from broker.department_state import NO_END, State, states
from broker.ledger import ITS_DAY
from broker.sentences import Waiting, Waits
from broker.standing import Standing

#: nothing has left, or what left was turned away
_WAIT = frozenset({Standing.WAITING, Standing.RETRYING, Standing.PARKED})


def waits_of(tx: Connection, now: datetime) -> Callable[[Any], Waiting | None]:
    """Why a delivery waits: ask with its row. None where nothing but its turn keeps it."""
    known = states(tx)

    def why(row: Any) -> Waiting | None:  # noqa: ANN401 - a row of the ledger
        if row.standing not in _WAIT:
            return None
        if row.not_before is not None and row.not_before > now:
            return Waiting(why=Waits.ITS_DAY if row.waits_for == ITS_DAY else Waits.COOL_OFF, moment=row.not_before)
        state = known.get(row.department)
        return None if state is None else _of(state, now, called=row.hand_over == HandOver.CALLED)

    return why


def _of(state: State, now: datetime, *, called: bool) -> Waiting | None:
    if state.is_closed(now):
        return Waiting(why=Waits.CLOSED, moment=state.closed_until)
    if state.is_paused(now):
        return Waiting(why=Waits.PAUSED, moment=None if state.paused_until == NO_END else state.paused_until)
    if called and state.breaker is Position.OPEN:
        return Waiting(why=Waits.AWAY, moment=state.last_success_at or state.breaker_since)
    if called and state.refusing_since is not None:
        return Waiting(why=Waits.PAUSED)
    return None
