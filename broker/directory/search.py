"""An adviser's own search: pieces of a name, with a postcode or a year of birth. Never a substitute for matching."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import Connection

from broker.blocking import number_of, postcode_keys, search_keys
from broker.directory.finding import people_at
from broker.directory.keys import filed_under
from broker.folding import folded
from broker.identity.naming import read_name
from broker.person import Person

#: shown at most: whoever is not among them is found by typing more
MOST_FOUND: Final = 20
#: looked at, at most, under one key
_MOST_READ: Final = 1_500
#: and so many more, so that whoever is hidden is not missed among them
_MOST_HIDDEN: Final = 100
_ALIKE: Final = 0.88
_SHORTEST: Final = 2


class TooLittle(Exception):
    """Too little was typed to search by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an adviser typed."""

    #: pieces of a name in any order; of a surname at least four letters, or all of it
    name: str
    postcode: str | None = None
    birth_year: int | None = None

    @property
    def pieces(self) -> tuple[str, ...]:
        """The pieces as they are compared, each two letters at least."""
        read = read_name(None, self.name)
        words = [folded(word) for word in self.name.replace("-", " ").split()]
        return tuple(dict.fromkeys(word for word in (*words, read.surname) if len(word) >= _SHORTEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who fits, closest first."""

    people: tuple[Person, ...]
    #: there are others: more must be typed
    more: bool


def search(connection: Connection, wanted: Wanted, *, reviewer: bool) -> Found:
    """Who fits. Raises TooLittle unless two of forename, surname, postcode and year of birth were typed."""
    keys = set(_keys(wanted))
    if not keys:
        raise TooLittle("Type two of these: first name, last name, postcode, year of birth.")
    filed = filed_under(connection, {number_of(key) for key in keys}, _MOST_READ + _MOST_HIDDEN)
    seqs = {seq for found in filed.values() for seq in found}
    found_at = people_at(connection, seqs)
    people = {person.id: person for person in found_at.values()}
    seen = [person for person in people.values() if reviewer or not person.restricted]
    fitting = sorted(
        ((closeness, person.id, person) for person in seen if (closeness := _closeness(wanted, person)) is not None),
        key=lambda each: each[:2],
    )
    hidden = set() if reviewer else {seq for seq, person in found_at.items() if person.restricted}
    full = any(sum(seq not in hidden for seq in found) >= _MOST_READ for found in filed.values())
    return Found(people=tuple(person for _, _, person in fitting[:MOST_FOUND]), more=full or len(fitting) > MOST_FOUND)


def _keys(wanted: Wanted) -> Iterator[str]:
    postcode = folded(wanted.postcode or "")
    years = [str(wanted.birth_year)] if wanted.birth_year else []
    pieces = wanted.pieces
    for piece in pieces:
        if postcode:
            yield from postcode_keys(postcode, piece)
        elif years:
            yield from search_keys(piece, "", years)
        else:
            for other in pieces:
                if other != piece:
                    yield from search_keys(piece, other, ())


def _closeness(wanted: Wanted, person: Person) -> float | None:
    """How far off a person is, 0 for all that was typed exactly; none for whoever does not fit."""
    if wanted.birth_year and person.date_of_birth and int(person.date_of_birth[:4]) != wanted.birth_year:
        return None
    postcodes = {folded(address.postcode or "") for address in person.addresses}
    if wanted.postcode and folded(wanted.postcode) not in postcodes:
        return None
    read = [read_name(name.forenames, name.surname) for name in person.names]
    parts = {part for name in read for part in (*name.ways, *name.middle, *name.parts, *name.variants)}
    words = [folded(word) for word in wanted.name.replace("-", " ").split()]
    off = [min((_off(word, part) for part in parts), default=1.0) for word in words if len(word) >= _SHORTEST]
    return None if not off or max(off) >= 1.0 else sum(off)


def _off(typed: str, part: str) -> float:
    if typed == part:
        return 0.0
    if part.startswith(typed):
        return 0.1
    alike = JaroWinkler.similarity(typed, part)
    return 1.0 - alike + 0.1 if alike >= _ALIKE else 1.0
