"""Finding residents by their keys: what the directory asks its database, and in which order of likeliness."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final, TypeVar

from sqlalchemy import Connection, select

from broker.blocking import COUNTED_ONLY, LAST_RESORT, LIKELY, WORTH, keys_of_subject, kind_of, number_of
from broker.directory.keys import filed_under, how_many, population_of, residents_at
from broker.directory.people import whole_people
from broker.directory.residents import person_of
from broker.directory.tables import resident
from broker.identity.frequencies import Frequencies, Shortlist, Term, terms_of
from broker.identity.traits import Traits, traits_of_subject
from broker.person import Person
from schemas.subject import Subject

#: whom to weigh for one subject, at most
MOST_CANDIDATES: Final = 40
#: a key that finds more says nothing
CROWDED: Final = 400
#: values in one statement, well under what either database takes
_AT_ONCE: Final = 500
_KEY_OF_TERM: Final = {
    Term.NAME: "name",
    Term.BIRTH: "born",
    Term.HOME: "home",
    Term.PHONE: "phone",
    Term.EMAIL: "email",
    Term.FORENAME: "forename",
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    traits: Traits
    #: the key's number, by the key
    keys: Mapping[str, int]

    @property
    def terms(self) -> list[tuple[tuple[str, str], int]]:
        return [
            ((term, value), number_of(f"{_KEY_OF_TERM[Term(term)]}:{value}")) for term, value in terms_of(self.traits)
        ]


def find(connection: Connection, subjects: Sequence[Subject], sources: Sequence[str | None]) -> list[Shortlist]:
    """Who could be meant, for each subject."""
    asked = [_asked(subject, source) for subject, source in zip_longest(subjects, sources)]
    population = population_of(connection)
    numbers = {number for one in asked for key, number in one.keys.items() if kind_of(key) not in COUNTED_ONLY}
    filed = filed_under(connection, numbers, CROWDED + 1)
    terms = {number for one in asked for _, number in one.terms}
    counts = how_many(
        connection, {number for number in terms if len(filed.get(number, ())) > CROWDED or number not in numbers}
    )
    best = [_best(one.keys, filed) for one in asked]
    people = people_at(connection, {seq for seqs in best for seq in seqs})
    return [
        Shortlist(
            tuple({people[seq].id: people[seq] for seq in seqs if seq in people}.values()),
            Frequencies(
                population=population,
                counts={term: counts.get(number, len(filed.get(number, ()))) for term, number in one.terms},
            ),
        )
        for one, seqs in zip(asked, best, strict=True)
    ]


def _asked(subject: Subject, source: str | None) -> _Asked:
    traits = traits_of_subject(subject)
    return _Asked(traits=traits, keys={key: number_of(key) for key in keys_of_subject(traits, source)})


def _best(keys: Mapping[str, int], filed: Mapping[int, Sequence[int]]) -> list[int]:
    """Those found under the keys that say most: whoever could match or spoil a match is among them."""
    found: Counter[int] = Counter()
    last: list[int] = []
    for key, number in keys.items():
        kind, seqs = kind_of(key), filed.get(number, ())
        if kind == LAST_RESORT:
            last += seqs if len(seqs) <= CROWDED else ()
        elif len(seqs) <= CROWDED:
            for seq in seqs:
                found[seq] += WORTH[kind]
    if max(found.values(), default=0) < LIKELY:
        for seq in last:
            found[seq] += WORTH[LAST_RESORT]
    return sorted(found, key=lambda seq: (-found[seq], seq))[:MOST_CANDIDATES]


def people_at(connection: Connection, seqs: Iterable[int]) -> dict[int, Person]:
    """The people of these rows, each as all their sources and events have them."""
    rows = residents_at(connection, seqs)
    whole = whole_people(connection, {person for _, person, _, composed in rows if composed})
    return {seq: whole[person] if composed else person_of(person, record) for seq, person, record, composed in rows}


def source_ids_of(connection: Connection, people: Iterable[str]) -> dict[str, str]:
    """The extract's own id of each person; of several, the earliest."""
    ids: dict[str, str] = {}
    for some in _some(sorted(people)):
        asked = select(resident.c.person, resident.c.source_id).where(resident.c.person.in_(some))
        for person, source_id in connection.execute(asked.order_by(resident.c.seq)):
            ids.setdefault(person, source_id)
    return ids


def _some(values: Iterable[T]) -> Iterator[list[T]]:
    left = iter(values)
    while some := list(islice(left, _AT_ONCE)):
        yield some
