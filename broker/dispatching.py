"""Dispatching: what the first leg decided of many notifications is written down together, statement by statement.

Nearly every notification is something new about one person, and goes to departments: those are written together.
Whatever else there is, such as a correction, a hold, or two of one person, is written by itself, oldest first.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from broker import first_in_line, joining, notifications, recording
from broker.crash_points import crash_point
from broker.decision import Proceed, Routed
from broker.directory import life as directory_life
from broker.notifications import note_audits, note_steps
from broker.person import Matched
from broker.ports import Broker
from broker.standing import Progress


class _Unusual(Exception):
    """Among them is one that has been routed meanwhile, or one about somebody who is taken for another by now."""


async def write_routes(routed: Sequence[Routed], broker: Broker) -> list[Routed]:
    """Write down what the first leg decided, oldest first; deliveries are offered in the same commit."""
    crash_point("router.before-commit")
    together = _usual(routed)
    try:
        if together:
            await broker.store.write(lambda tx: _write(tx, together, broker))
    except _Unusual:
        together = []
    written = {one.event_id for one in together}
    await broker.store.write_all([recording.writing(one, broker) for one in routed if one.event_id not in written])
    return list(routed)


def _usual(routed: Sequence[Routed]) -> list[Routed]:
    """Those that may be written before all others: nobody else of the batch is about their people."""
    if any(one.told.earlier for one in routed):
        return []  # it can be about two people: the one it is put right from, and the one it is put right to
    told_of = Counter(one.decision.person for one in routed)
    return [one for one in routed if _goes_out(one) and told_of[one.decision.person] == 1]


def _goes_out(routed: Routed) -> bool:
    plain = not routed.calls_off and routed.replaces is None and routed.protected is None
    return plain and isinstance(routed.decision, Proceed)


def _write(tx: Connection, routed: Sequence[Routed], broker: Broker) -> None:
    """Write these down. Raises _Unusual where one does not wait any more, or belongs in the line of another."""
    at, deliveries = broker.now(), [each for one in routed for each in one.deliveries]
    if joining.taken_for(tx, {each.person for each in deliveries}):
        raise _Unusual  # there may be two of one line now
    judged = [(one.event_id, recording.judged(one)) for one in routed]
    if not notifications.all_move_on(tx, judged, Progress.ROUTED):
        raise _Unusual
    for one in routed:
        recording.perhaps_look_again(tx, one, broker, at)
    told = [(one.match.person.id, one.told.id, one.told.event) for one in routed if isinstance(one.match, Matched)]
    directory_life.apply_all(tx, told)
    if not first_in_line.open_all(tx, deliveries, at, broker.timing):
        raise _Unusual
    note_steps(tx, [step for one in routed for step in recording.steps(one, at)])
    said = {"actor": "router", "what": f"notification.{Progress.ROUTED}", "said": None}
    note_audits(tx, at, [said | {"about": one.event_id} for one in routed])
