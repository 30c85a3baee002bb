"""Case: what became of something taken back or put right, at everybody who had it. Open until all have answered."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select

from broker.adapter import Adapter
from broker.calling_off import CORRECTED, STOPPED
from broker.ledger import INCOMPLETE
from broker.standing import Standing
from broker.tables import delivery
from schemas.outcome import OutcomeKind

#: reasons of a delivery that its department has never had
NEVER_HAD = frozenset({INCOMPLETE, STOPPED, CORRECTED})


class Undone(StrEnum):
    """What one department has done about it."""

    #: the change was undone, or put right
    REVERSED = "reversed"
    #: the department cannot do it
    COULD_NOT = "could_not"
    #: the department had changed nothing, or had never been told
    NEVER_ACTED = "never_acted"
    #: no final answer yet
    OPEN = "open"


CAPTIONS: Mapping[Undone, str] = {
    Undone.REVERSED: "Undone or put right",
    Undone.COULD_NOT: "Could not be undone; a colleague must look",
    Undone.NEVER_ACTED: "Nothing had been changed there",
    Undone.OPEN: "Not answered for good yet",
}
_ANSWERS: Mapping[str, Undone] = {
    OutcomeKind.ACCEPTED: Undone.REVERSED,
    OutcomeKind.NOT_HELD: Undone.NEVER_ACTED,
    OutcomeKind.REFUSED: Undone.COULD_NOT,
}


class CaseLine(BaseModel):
    """One department that had the original."""

    model_config = ConfigDict(frozen=True)

    department: str = Field(description="the department")
    title: str = Field(description="the department as residents know it")
    undone: Undone = Field(description="reversed, could_not, never_acted, or open")
    caption: str = Field(description="the same in words")


class Case(BaseModel):
    """Everybody who had what was taken back or put right."""

    model_config = ConfigDict(frozen=True)

    open: bool = Field(description="somebody has not answered for good yet")
    lines: tuple[CaseLine, ...] = Field(description="one line for each department that had the original")


def case_of(tx: Connection, original: str, amends: str, adapters: Sequence[Adapter]) -> Case:
    """The case of one amendment: ``original`` and ``amends`` are notification ids."""
    before, now = _latest(tx, original), _latest(tx, amends)
    titles = {adapter.department: adapter.title for adapter in adapters}
    lines = tuple(
        CaseLine(
            department=department,
            title=titles.get(department, department),
            undone=(undone := _undone(had, now.get(department))),
            caption=CAPTIONS[undone],
        )
        for department, had in sorted(before.items())
    )
    return Case(open=any(line.undone is Undone.OPEN for line in lines), lines=lines)


def _latest(tx: Connection, event_id: str) -> dict[str, Any]:
    wanted = (delivery.c.department, delivery.c.standing, delivery.c.outcome, delivery.c.reason, delivery.c.attempts)
    rows = tx.execute(select(*wanted).where(delivery.c.event_id == event_id).order_by(delivery.c.revision))
    return {row.department: row for row in rows}


def _undone(had: Any, amended: Any) -> Undone:  # noqa: ANN401 - rows of the ledger
    if amended is not None and amended.standing in (Standing.SETTLED, Standing.AWAITED):
        return _ANSWERS.get(amended.outcome or "", Undone.OPEN)
    never = had.reason in NEVER_HAD or had.standing == Standing.CANCELLED
    return Undone.NEVER_ACTED if amended is None and never else Undone.OPEN
