"""The people of the directory, each put together from its sources' records, life events and what colleagues said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
from sqlalchemy import Connection, select

from broker.blocking import keys_of_person, number_of
from broker.changing import Change, changed
from broker.directory.residents import combined, person_of, references_of
from broker.directory.tables import resident, resident_change, resident_tie
from broker.folding import folded
from broker.identity.traits import traits_of_person
from broker.person import Person

BOUND, NOT_BOUND, MERGED, APART = "bound", "not-bound", "merged", "apart"


def whole_people(connection: Connection, people: Iterable[str]) -> dict[str, Person]:
    """These people by id, each of all that is known of them."""
    return {person: made for person in people if (made := whole_person(connection, person)) is not None}


def whole_person(connection: Connection, person: str) -> Person | None:
    """One person of all that is known of them; none for an id that is nobody's."""
    asked = select(resident.c.own, resident.c.record).where(resident.c.person == person).order_by(resident.c.seq)
    rows = connection.execute(asked).all()
    if not rows:
        return None
    owns = [row.own for row in rows]
    # The record whose own id the person bears speaks first.
    ordered = sorted(rows, key=lambda row: row.own != person)
    made = combined([person_of(person, bytes(row.record)) for row in ordered])
    made = changed(made, changes_of(connection, owns), _today())
    return replace(
        made,
        bound_subjects=(*made.bound_subjects, *bound_to(connection, owns)),
        not_same_as=(*made.not_same_as, *_ties(connection, owns, NOT_BOUND)),
    )


def changes_of(connection: Connection, owns: Sequence[str]) -> list[Change]:
    """What life events changed in these records' people."""
    rows = connection.execute(select(resident_change).where(resident_change.c.person.in_(owns)))
    return [Change(event_id=row.event_id, effective_on=row.effective_on, said=orjson.loads(row.change)) for row in rows]


def bound_to(connection: Connection, owns: Sequence[str]) -> list[str]:
    """The senders' names that colleagues have bound to these records' people."""
    return _ties(connection, owns, BOUND)


def _ties(connection: Connection, owns: Sequence[str], word: str) -> list[str]:
    holds = resident_tie.c.person.in_(owns) & (resident_tie.c.word == word) & resident_tie.c.undone_at.is_(None)
    return list(connection.execute(select(resident_tie.c.other).where(holds).order_by(resident_tie.c.id)).scalars())


def numbers_of(record: bytes, changes: Iterable[Change] = (), bound: Iterable[str] = ()) -> frozenset[int]:
    """The keys that a record is filed under, with what changed since and who is bound to it."""
    person = changed(person_of("", record), changes, _today()) if changes else person_of("", record)
    references = frozenset((department, folded(reference)) for department, reference in references_of(record))
    traits = replace(traits_of_person(person), references=references)
    return frozenset(number_of(key) for key in keys_of_person(traits, (*person.bound_subjects, *bound)))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
