"""Form use: how many forms were begun, sent, turned back and left, by day and kind. Counts only, of nobody."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, Integer, PrimaryKeyConstraint, String, Table, func, select, update

from broker.rows import insert_if_new
from broker.tables import metadata
from schemas.today import LONDON


class FormStep(StrEnum):
    """What became of a form."""

    BEGUN = "begun"
    SENT = "sent"
    #: something in it had to be put right first
    TURNED_BACK = "turned_back"


form_use = Table(
    "form_use",
    metadata,
    Column("day", String(10), nullable=False, comment="in London, YYYY-MM-DD"),
    Column("kind", String(40), nullable=False),
    Column("step", String(12), nullable=False),
    Column("forms", Integer, nullable=False),
    PrimaryKeyConstraint("day", "kind", "step"),
    sqlite_with_rowid=False,
)


def count_form(tx: Connection, kind: str, step: FormStep, at: datetime) -> None:
    """Count one form more."""
    key = {"day": str(at.astimezone(LONDON).date()), "kind": kind, "step": str(step)}
    insert_if_new(tx, form_use, {**key, "forms": 0})
    this = (form_use.c.day == key["day"], form_use.c.kind == kind, form_use.c.step == str(step))
    tx.execute(update(form_use).where(*this).values(forms=form_use.c.forms + 1))


def forms_between(tx: Connection, began: str, ended: str) -> dict[FormStep, int]:
    """The forms of the days from ``began`` up to, and without, ``ended``."""
    wanted = select(form_use.c.step, func.sum(form_use.c.forms)).where(form_use.c.day >= began, form_use.c.day < ended)
    found = {step: int(forms) for step, forms in tx.execute(wanted.group_by(form_use.c.step))}
    return {step: found.get(step, 0) for step in FormStep}
