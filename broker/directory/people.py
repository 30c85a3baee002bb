"""The people of the directory, each put together from its sources' records, life events and what colleagues said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
from sqlalchemy import Connection

from broker.blocking import keys_of_person, number_of
from broker.changing import Change, changed
from broker.directory.residents import combined, person_of, references_of
from broker.folding import folded
from broker.identity.traits import Traits, folded_email, traits_of_person
from broker.person import Person
from broker.statements import Statement

BOUND, NOT_BOUND, MERGED, APART = "bound", "not-bound", "merged", "apart"
_RECORDS = Statement("SELECT own, record FROM resident WHERE person = :person ORDER BY seq")
_CHANGES = Statement("SELECT event_id, effective_on, change FROM resident_change WHERE person = :own")
_TIES = Statement(
    "SELECT other FROM resident_tie WHERE person = :own AND word = :word AND undone_at IS NULL ORDER BY id"
)


def whole_people(connection: Connection, people: Iterable[str]) -> dict[str, Person]:
    """These people by id, each of all that is known of them."""
    return {person: made for person in people if (made := whole_person(connection, person)) is not None}


def whole_person(connection: Connection, person: str) -> Person | None:
    """One person of all that is known of them; none for an id that is nobody's."""
    rows = _RECORDS.all(connection, {"person": person})
    if not rows:
        return None
    owns = [own for own, _ in rows]
    # The record whose own id the person bears speaks first.
    ordered = sorted(rows, key=lambda row: row[0] != person)
    made = combined([person_of(person, record) for _, record in ordered])
    made = changed(made, changes_of(connection, owns), _today())
    return replace(
        made,
        bound_subjects=(*made.bound_subjects, *bound_to(connection, owns)),
        not_same_as=(*made.not_same_as, *_ties(connection, owns, NOT_BOUND)),
    )


def changes_of(connection: Connection, owns: Sequence[str]) -> list[Change]:
    """What life events changed in these records' people."""
    # One statement for each: nearly everybody is one record.
    rows = [row for own in owns for row in _CHANGES.all(connection, {"own": own})]
    return [Change(event_id=event_id, effective_on=day, said=orjson.loads(said)) for event_id, day, said in rows]


def bound_to(connection: Connection, owns: Sequence[str]) -> list[str]:
    """The senders' names that colleagues have bound to these records' people."""
    return _ties(connection, owns, BOUND)


def _ties(connection: Connection, owns: Sequence[str], word: str) -> list[str]:
    return [other for own in owns for (other,) in _TIES.all(connection, {"own": own, "word": word})]


def numbers_of(record: bytes, changes: Iterable[Change] = (), bound: Iterable[str] = ()) -> frozenset[int]:
    """The keys that a record is filed under, with what changed since and who is bound to it."""
    person = changed(person_of("", record), changes, _today()) if changes else person_of("", record)
    return frozenset(map(number_of, _keys(person, _traits(person, record), bound)))


def numbers_after(record: bytes, before: Sequence[Change], new: Change) -> tuple[frozenset[int], frozenset[int]]:
    """The keys that a record is no longer filed under, and those that it is filed under besides, after one more change.

    What did not change is neither compared anew nor counted.
    """
    held, today = person_of("", record), _today()
    was = changed(held, before, today) if before else held
    now = changed(held, (*before, new), today)
    traits = _traits(was, record)
    same = was.names == now.names and was.addresses == now.addresses
    others = replace(traits, phone=now.phone or "", email=folded_email(now.email)) if same else _traits(now, record)
    gone, come = _keys(was, traits), _keys(now, others)
    return frozenset(map(number_of, gone - come)), frozenset(map(number_of, come - gone))


def _traits(person: Person, record: bytes) -> Traits:
    references = frozenset((department, folded(reference)) for department, reference in references_of(record))
    return replace(traits_of_person(person), references=references)


def _keys(person: Person, traits: Traits, bound: Iterable[str] = ()) -> frozenset[str]:
    return keys_of_person(traits, (*person.bound_subjects, *bound))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
