"""The life of a record: what life events change in it, and who is taken for whom. Units of one transaction each.

Sources are kept, the person is derived: so all of this can be undone. Nothing here decides; a person or a match did.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import orjson
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, or_, select, update

from broker import joining
from broker.changing import Change, change_of
from broker.directory.keys import file_under, unfile
from broker.directory.people import APART, BOUND, MERGED, NOT_BOUND, bound_to, changes_of, numbers_after, numbers_of
from broker.directory.tables import resident, resident_change, resident_tie
from broker.statements import Statement, each
from schemas.life_event import LifeEvent

_RECORDS = Statement("SELECT own, seq, record, person FROM resident WHERE own IN (EACH :owns)")
_CHANGES = Statement("SELECT person, event_id, effective_on, change FROM resident_change WHERE person IN (EACH :owns)")
_CHANGE = Statement(
    "INSERT INTO resident_change (person, event_id, effective_on, change)"
    " VALUES (:person, :event_id, :effective_on, :change) ON CONFLICT DO NOTHING"
)
_COMPOSED = Statement("UPDATE resident SET composed = true WHERE person IN (EACH :people) AND NOT composed")


class NotInDirectory(Exception):
    """Nobody in the directory has this id."""


class KeptApart(Exception):
    """A colleague has said that these two are not the same person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """Who said something about two records, when, and why; no personal details in the words."""

    by: str
    because: str
    at: datetime


def apply(tx: Connection, event_id: str, person: str, event: LifeEvent) -> bool:
    """Hold the person as the event left them. Says whether anything is new: the same event twice changes nothing.

    Raises NotInDirectory.
    """
    if change_of(event_id, event) is None:
        return False
    if apply_all(tx, [(person, event_id, event)]):
        return True
    _record(tx, person)
    return False


def apply_all(tx: Connection, told: Sequence[tuple[str, str, LifeEvent]]) -> Collection[str]:
    """Hold people as these left them: person, notification, life event; nobody twice. Says who is held otherwise now.

    Who is not here is left out: a directory can have been loaded anew since it was asked, or be another than ours.
    """
    changes = {person: change for person, of, event in told if (change := change_of(of, event)) is not None}
    records = {row[0]: row[1:] for row in _RECORDS.all(tx, {"owns": each(changes)})}
    before = _changes_before(tx, records)
    new = {own: changes[own] for own in records if changes[own].event_id not in {one.event_id for one in before[own]}}
    _CHANGE.run_all(tx, [_row(own, change) for own, change in new.items()])
    gone, come = list[tuple[int, int]](), list[tuple[int, int]]()
    for own, change in new.items():
        seq, record, _ = records[own]
        no_longer, besides = numbers_after(record, before[own], change)
        gone += [(key, seq) for key in no_longer]
        come += [(key, seq) for key in besides]
    unfile(tx, gone)
    file_under(tx, come)
    _COMPOSED.run(tx, {"people": each(records[own][2] for own in new)})
    return new.keys()


def _changes_before(tx: Connection, owns: Collection[str]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {own: [] for own in owns}
    for own, event_id, day, said in _CHANGES.all(tx, {"owns": each(owns)}):
        found[own].append(Change(event_id=event_id, effective_on=day, said=orjson.loads(said)))
    return found


def _row(own: str, change: Change) -> dict[str, object]:
    row = {"person": own, "event_id": change.event_id, "effective_on": change.effective_on}
    return row | {"change": change.canonical}


def _record(tx: Connection, own: str) -> tuple[int, bytes]:
    """A record's number, and what it says. Raises NotInDirectory."""
    row = _RECORDS.one(tx, {"owns": each([own])})
    if row is None:
        raise NotInDirectory("Nobody in the directory has this id.")
    _, seq, record, _ = row
    return seq, record


def take_back(tx: Connection, event_id: str) -> bool:
    """Hold everybody as if this event had not been told: it was withdrawn, or was about somebody else."""
    asked = select(resident_change.c.person).where(resident_change.c.event_id == event_id)
    people = list(tx.execute(asked).scalars())
    for person in people:
        mine = and_(resident_change.c.person == person, resident_change.c.event_id == event_id)
        _refiling(tx, person, partial(_delete, tx, mine))
    return bool(people)


def merge(tx: Connection, keep: str, other: str, saying: Saying) -> bool:
    """Take two people for one from now on, under the first one's id. Raises NotInDirectory or KeptApart."""
    if keep == other:
        return False
    joining.one_at_a_time(tx)
    owns, others = _owns(tx, keep), _owns(tx, other)
    if _are_apart(tx, owns, others):
        raise KeptApart("A colleague has said that these two are not the same person.")
    joining.alone_with(tx, others)
    for own in others:
        _say(tx, own, keep, MERGED, saying)
    tx.execute(update(resident).where(resident.c.own.in_(others)).values(person=keep, composed=True))
    tx.execute(update(resident).where(resident.c.own.in_(owns)).values(composed=True))
    joining.join(tx, keep, others, saying.at)
    return True


def unmerge(tx: Connection, own: str, saying: Saying) -> bool:
    """Take a record for a person of its own again; says whether it had been merged. Raises NotInDirectory."""
    joining.one_at_a_time(tx)
    found = tx.execute(select(resident.c.person).where(resident.c.own == own)).scalar()
    if found is None:
        raise NotInDirectory("Nobody in the directory has this id.")
    if found == own:
        return False
    joining.alone_with(tx, [own])
    _undo(tx, own, MERGED, saying.at)
    tx.execute(update(resident).where(resident.c.own == own).values(person=own))
    _say(tx, own, found, APART, saying)
    for person in (own, found):
        _note_composed(tx, person)
    joining.part(tx, own, found, saying.at)
    return True


def keep_apart(tx: Connection, one: str, other: str, saying: Saying) -> None:
    """Say that two people are not the same, so that nobody merges them. Raises NotInDirectory."""
    joining.one_at_a_time(tx)
    _owns(tx, one), _owns(tx, other)
    _say(tx, one, other, APART, saying)


def bind(tx: Connection, person: str, source_subject: str, *, same: bool, saying: Saying) -> None:
    """Say that whom a sender calls so is, or is not, this person. The latest word holds. Raises NotInDirectory."""

    def tie() -> bool:
        for word in (BOUND, NOT_BOUND):
            _undo(tx, person, word, saying.at, source_subject)
        _say(tx, person, source_subject, BOUND if same else NOT_BOUND, saying)
        return True

    _refiling(tx, person, tie)


def _refiling(tx: Connection, own: str, act: Callable[[], object]) -> bool:
    """Change what is known of a record's person, and file it anew; says whether anything changed."""
    seq, record = _record(tx, own)
    before = numbers_of(record, changes_of(tx, [own]), bound_to(tx, [own]))
    done = bool(act())
    after = numbers_of(record, changes_of(tx, [own]), bound_to(tx, [own]))
    unfile(tx, [(key, seq) for key in before - after])
    file_under(tx, [(key, seq) for key in after - before])
    _note_composed(tx, own)
    return done


def _delete(tx: Connection, mine: ColumnElement[bool]) -> int:
    return tx.execute(delete(resident_change).where(mine)).rowcount


def _note_composed(tx: Connection, person: str) -> None:
    """Whether the person is more than one record says; most are not, and are found the quicker for it."""
    taken = tx.execute(select(resident.c.person).where(resident.c.own == person)).scalar() or person
    owns = _owns(tx, taken)
    ties = and_(resident_tie.c.person.in_(owns), resident_tie.c.word.in_((BOUND, NOT_BOUND)))
    more = (
        len(owns) > 1
        or _any(tx, resident_change, resident_change.c.person.in_(owns))
        or _any(tx, resident_tie, and_(ties, resident_tie.c.undone_at.is_(None)))
    )
    tx.execute(update(resident).where(resident.c.person == taken).values(composed=more))


def _any(tx: Connection, table: Table, where: ColumnElement[bool]) -> bool:
    return bool(tx.execute(select(func.count()).select_from(table).where(where)).scalar())


def _owns(tx: Connection, person: str) -> list[str]:
    owns = list(tx.execute(select(resident.c.own).where(resident.c.person == person)).scalars())
    if not owns:
        raise NotInDirectory("Nobody in the directory has this id.")
    return owns


def _are_apart(tx: Connection, ones: Iterable[str], others: Iterable[str]) -> bool:
    one, other = list(ones), list(others)
    across = or_(
        and_(resident_tie.c.person.in_(one), resident_tie.c.other.in_(other)),
        and_(resident_tie.c.person.in_(other), resident_tie.c.other.in_(one)),
    )
    return _any(tx, resident_tie, and_(across, resident_tie.c.word == APART, resident_tie.c.undone_at.is_(None)))


def _say(tx: Connection, person: str, other: str, word: str, saying: Saying) -> None:
    row = {"person": person, "other": other, "word": word}
    tx.execute(insert(resident_tie).values(**row, by=saying.by, because=saying.because, at=saying.at))


def _undo(tx: Connection, person: str, word: str, at: datetime, other: str | None = None) -> None:
    holds = and_(resident_tie.c.person == person, resident_tie.c.word == word, resident_tie.c.undone_at.is_(None))
    mine = holds if other is None else and_(holds, resident_tie.c.other == other)
    tx.execute(update(resident_tie).where(mine).values(undone_at=at))
