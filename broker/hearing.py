"""Hearing: answers that departments sent by themselves at about the same moment are written down in one unit.

Nearly every one is final, and the first to what lay with its department: those are written together. Whatever else there
is, such as a second answer, or one to what was taken back, is written by itself.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from broker import acknowledging, claims, ledger, settling
from broker.adapter import HandOver
from broker.delivered import Delivered
from broker.outcome import FINAL, facts_of, outcome_of
from broker.ports import Broker
from broker.settling import Unusual
from broker.standing import Standing
from broker.store import StoreUnavailable
from schemas.outcome import OutcomeFacts


async def hear_all(said: Sequence[OutcomeFacts], broker: Broker, *, published: bool) -> list[Standing | None]:
    """Write down what was heard, and say where each delivery stands: None where a department has no such one.

    ``published`` says that it came on ``outcomes``, where everybody has heard it already. Raises StoreUnavailable.
    """

    def unit(tx: Connection) -> list[Standing | None]:
        first = write_usual(tx, said, broker, published=published)
        return [
            Standing.SETTLED if done else acknowledging.hearing(one, broker, published=published)(tx)
            for one, done in zip(said, first, strict=True)
        ]

    try:
        return await broker.store.write(unit)
    except (Unusual, StoreUnavailable):  # perhaps for one of them: then the others are written without it
        return await broker.store.write_all([acknowledging.hearing(one, broker, published=published) for one in said])


def write_usual(
    tx: Connection, said: Sequence[OutcomeFacts], broker: Broker, *, published: bool, only: HandOver | None = None
) -> list[bool]:
    """Write the usual ones down, and say of each whether it was one. Raises Unusual: then nothing must be kept.

    ``only`` leaves out what was handed over in another way.
    """
    at = broker.now()
    rows = claims.look_up_all(tx, {one.delivery for one in said})
    usual: list[tuple[Delivered, OutcomeFacts]] = []
    done: list[bool] = []
    for one in said:
        # A second answer to the same delivery finds it gone.
        row = rows.pop(one.delivery, None) if isinstance(outcome := outcome_of(one, at), FINAL) else None
        fits = row is not None and _lies_there(row, one.department, only)
        done.append(fits)
        if row is not None and fits:
            usual.append((row, facts_of(outcome, delivery=row.id, department=row.department, now=at)))
    if usual and not ledger.settle_handed_over(tx, usual, at):
        raise Unusual
    if usual:
        settling.pass_on(tx, usual, at, broker, published=published)
        settling.offer_behind(tx, [row for row, _ in usual], at, broker)
    return done


def _lies_there(row: Delivered, department: str, only: HandOver | None) -> bool:
    """Whether it lies with the department that answers, and nobody has taken it back."""
    lies = row.standing == Standing.HANDED_OVER and row.called_off_at is None
    return lies and row.department == department and only in (None, row.hand_over)
