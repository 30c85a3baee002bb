"""What an operator sees of a letter who says why: the audit has who and why before anything is answered. Personal data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from broker import ledger
from broker.failures import dead_letters
from broker.notifications import note_audit
from broker.replays.rewording import disclosed_in
from broker.replays.tables import replay_item, replay_plan
from broker.screens.operator.leaves import leaves

#: letters of a plan that are shown at once
MOST_LETTERS: Final = 20
_LONGEST: Final = 20_000
_NOT_SAID: Final = "not said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field in clear: what was sent, and what would be sent instead."""

    path: str
    was: str
    now: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """One letter in clear."""

    title: str
    fields: tuple[Field, ...] = ()
    #: a record that could not be read has no fields
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants to see it, and why."""

    actor: str
    reason: str
    at: datetime


Reveal = Callable[[Connection], tuple[Revealed, ...] | None]


def delivery_in_clear(delivery_id: str, asker: Asker) -> Reveal:
    """What one delivery tells its department; the unit writes down who asked."""

    def unit(tx: Connection) -> tuple[Revealed, ...] | None:
        row: Any = ledger.find(tx, delivery_id)
        if row is None:
            return None
        _note(tx, asker, "delivery.revealed", delivery_id)
        fields = tuple(Field(path=path, was=_said(value)) for path, value in leaves(disclosed_in(row.letter)))
        return (Revealed(title=row.department, fields=fields),)

    return unit


def plan_in_clear(plan_id: str, asker: Asker) -> Reveal:
    """What the changed letters of a plan say, beside what was sent; the unit writes down who asked."""

    def unit(tx: Connection) -> tuple[Revealed, ...] | None:
        if tx.execute(select(replay_plan.c.id).where(replay_plan.c.id == plan_id)).first() is None:
            return None
        _note(tx, asker, "plan.revealed", plan_id)
        changed = (replay_item.c.plan_id == plan_id) & replay_item.c.letter.is_not(None)
        rows = tx.execute(select(replay_item).where(changed).order_by(replay_item.c.n).limit(MOST_LETTERS)).all()
        return tuple(_changed(tx, row) for row in rows)

    return unit


def _changed(tx: Connection, item: Any) -> Revealed:  # noqa: ANN401 - a row
    sent: Any = ledger.find(tx, item.failure_id)
    before = dict(leaves(disclosed_in(sent.letter))) if sent is not None else {}
    after = dict(leaves(disclosed_in(item.letter)))
    fields = tuple(
        Field(path=path, was=_said(before.get(path, _NOT_SAID)), now=_said(after.get(path, _NOT_SAID)))
        for path in dict.fromkeys([*before, *after])
        if before.get(path, _NOT_SAID) != after.get(path, _NOT_SAID)
    )
    return Revealed(title=f"{item.department}: {item.failure_id}", fields=fields)


def letter_in_clear(number: int, asker: Asker) -> Reveal:
    """The bytes of a dead letter, as text; the unit writes down who asked."""
    reveal = dead_letters.reveal(number, actor=asker.actor, reason=asker.reason, now=asker.at)

    def unit(tx: Connection) -> tuple[Revealed, ...] | None:
        raw = reveal(tx)
        return None if raw is None else (_part("Key", raw.key), _part("Value", raw.value))

    return unit


def _part(title: str, raw: bytes | None) -> Revealed:
    text = "" if raw is None else raw[:_LONGEST].decode("utf-8", "backslashreplace")
    return Revealed(title=title, text=text or "nothing")


def _note(tx: Connection, asker: Asker, what: str, about: str) -> None:
    note_audit(tx, asker.at, asker.actor[:64], what, about, asker.reason)


def _said(value: Any) -> str:  # noqa: ANN401 - any JSON
    match value:
        case None:
            return _NOT_SAID
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
