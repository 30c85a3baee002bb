"""Undoing a wrong link: everything told because of it is withdrawn, and the event is judged again without that person.

It goes the ordinary way: a withdrawal for exactly those who had the event, which also takes back what changed in the
directory; then the same words again, as a telling of their own, with that person ruled out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, select, update

from broker import notifications, recording
from broker.notifications import Told, note_audit, note_step
from broker.ports import Broker
from broker.recording import Door
from broker.reviews.ruled_out import RulingOut, not_about, rule_out
from broker.standing import Progress
from broker.tables import event
from schemas.problems import Invalid
from schemas.today import LONDON
from schemas.withdrawal import WithdrawalReason

SOURCE: Final = "relinking"
_OPEN: Final = (Progress.RECEIVED, Progress.HELD, Progress.STUCK)


class RelinkRefused(Exception):
    """The link cannot be undone so; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongLink:
    """What a colleague says of one notification."""

    reference: str
    #: whom it is not about; none for whomever it was linked to
    person: str | None
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relinked:
    """What was done."""

    #: the withdrawal of all that was told; none where nobody had been told
    withdrawal: str | None
    #: under which reference the same words are judged again
    again: str


def relink(wrong: WrongLink, broker: Broker) -> Callable[[Connection], Relinked]:
    """Undo a wrong link in one commit. Raises RelinkRefused."""

    def unit(tx: Connection) -> Relinked:
        at = broker.now()
        row = _row(tx, wrong)
        person = wrong.person or row.person
        _check(tx, row, person)
        saying = RulingOut(by=wrong.actor, because=wrong.reason[:200], at=at)
        note_audit(tx, at, wrong.actor, "event.relinked", row.id, wrong.reason[:200])
        if row.progress in _OPEN:
            return _judge_again(tx, row, person, saying)
        return _withdraw_and_tell_again(tx, row, person, saying, broker)

    return unit


def _row(tx: Connection, wrong: WrongLink) -> Row[Any]:
    row = tx.execute(select(event).where(event.c.reference == wrong.reference)).one_or_none()
    if row is None:
        raise RelinkRefused("Nothing is here under this reference.")
    return row


def _check(tx: Connection, row: Row[Any], person: str | None) -> None:
    """A link is undone once, by the notification that stands, and only if it is the link that there is."""
    if row.withdraws is not None:
        raise RelinkRefused("This is a withdrawal: it follows the notification that it withdraws.")
    later = (event.c.withdraws == row.id) | (event.c.corrects == row.id)
    if (stands := tx.execute(select(event.c.reference).where(later).order_by(event.c.seq)).scalars().all()) != []:
        raise RelinkRefused(f"It was withdrawn or corrected already, by {stands[-1]}: look at that one.")
    if row.progress == Progress.REJECTED:
        raise RelinkRefused("Nobody was told of this notification: another took its place.")
    linked = row.progress == Progress.ROUTED
    if person is None or (linked and (row.match != "matched" or row.person != person)):
        raise RelinkRefused("It is not linked to this person. Look at it again: tuo event why shows what was decided.")


def _judge_again(tx: Connection, row: Row[Any], person: str, saying: RulingOut) -> Relinked:
    rule_out(tx, row.id, [person], saying)
    tx.execute(update(event).where(event.c.id == row.id).values(progress=Progress.RECEIVED, due_at=saying.at))
    note_step(tx, row.id, saying.at, "match", "A colleague has ruled a record out; it is judged again.")
    return Relinked(withdrawal=None, again=row.reference)


def _withdraw_and_tell_again(tx: Connection, row: Row[Any], person: str, saying: RulingOut, broker: Broker) -> Relinked:
    body = orjson.loads(row.body)
    taken_back = _told(_withdrawal(row, body, saying.at), f"withdraw:{row.id}", saying.by, broker)
    said = {field: value for field, value in body.items() if field != "corrects"}
    again = replace(_told(said, f"again:{row.id}", saying.by, broker), told_at=row.told_at)
    withdrawn = notifications.record(taken_back)(tx)
    told = notifications.record(again)(tx)
    rule_out(tx, told.id, {person, *not_about(tx, [row.id]).get(row.id, ())}, saying)
    words = f"It was linked to the wrong record. Withdrawn by {withdrawn.reference}, judged again as {told.reference}."
    note_step(tx, row.id, saying.at, "match", words)
    note_step(tx, told.id, saying.at, "match", f"Told before as {row.reference}, which was linked to the wrong record.")
    return Relinked(withdrawal=withdrawn.reference, again=told.reference)


def _told(document: dict[str, Any], key: str, actor: str, broker: Broker) -> Told:
    try:
        return recording.read(orjson.dumps(document), Door(source=SOURCE, actor=actor, key=key), broker)
    except Invalid:
        raise RelinkRefused("Its words cannot be told again as they stand. Withdraw it, and tell it anew.") from None


def _withdrawal(row: Row[Any], body: dict[str, Any], at: datetime) -> dict[str, Any]:
    channel = {"channel": body["channel"]} if "channel" in body else {}
    return {
        **channel,
        "kind": "withdrawal",
        "occurred_on": str(at.astimezone(LONDON).date()),
        "told_at": at.isoformat(),
        "subject": body["subject"],
        "informant": {"is_subject": False, "authority": "official_duty"},
        "withdraws": row.reference,
        "reason": WithdrawalReason.WRONG_PERSON,
    }
