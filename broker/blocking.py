"""Blocking: the few keys under which a person is filed, and under which a subject is looked for. Pure.

A key names its kind, so that a town named like a surname is never taken for one. It is kept as 64 bits of its digest: two
million of them stay in memory, and whoever reads the table learns no name from it.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

from broker.identity.births import WHOLE_DATE, swapped_birth
from broker.identity.homes import Home
from broker.identity.naming import NameForms
from broker.identity.traits import Traits

#: how much each kind of key says, for choosing whom to weigh where many are found
WORTH: Final = {
    "nino": 100,
    "reference": 100,
    "subject": 100,
    "phone": 12,
    "email": 14,
    "year-name": 12,
    "day-name": 12,
    "place-name": 12,
    "home": 8,
    "born-forename": 8,
    "born-surname": 8,
    "postcode-forename": 6,
    "postcode-surname": 5,
    "name": 9,
    "born": 0,
    "forename": 0,
    "pieces": 0,
    "piece-year": 0,
}
#: too common to find by; only how many there are is asked, or an adviser searches by them
COUNTED_ONLY: Final = frozenset({"born", "forename", "pieces", "piece-year"})
#: looked into where the others find nobody who is likely
LAST_RESORT: Final = "name"
#: where the best that was found is worth less, the last resort is tried
LIKELY: Final = 20
_FEW: Final = 2
_SOME: Final = 3
_PIECE: Final = 4


def number_of(key: str) -> int:
    """The key as it is kept: a signed number of 64 bits."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def keys_of_person(traits: Traits, bound: Iterable[str] = ()) -> frozenset[str]:
    """Where to file a person: under every name and home, present and past, and every department's reference."""
    return frozenset(_keys(traits, traits.names, (traits.birth,), bound))


def keys_of_subject(traits: Traits, source_subject: str | None = None) -> frozenset[str]:
    """Where to look for a subject: by all that was told, and as if day and month, or names, had been exchanged."""
    births = (traits.birth, swapped_birth(traits.birth)) if len(traits.birth) == WHOLE_DATE else (traits.birth,)
    return frozenset(_keys(traits, traits.names, births, [source_subject] if source_subject else [])) | frozenset(
        _crossed(traits)
    )


def kind_of(key: str) -> str:
    """What the key is made of."""
    return key.partition(":")[0]


def _keys(traits: Traits, names: Iterable[NameForms], births: Iterable[str], bound: Iterable[str]) -> Iterator[str]:
    yield from (f"subject:{one}" for one in bound)
    yield from (f"reference:{department}:{reference}" for department, reference in traits.references)
    for kind, value in (("nino", traits.nino), ("phone", traits.phone), ("email", traits.email)):
        if value:
            yield f"{kind}:{value}"
    for home in traits.homes:
        yield from _home_keys(home)
    if len(traits.birth) == WHOLE_DATE:
        yield f"born:{traits.birth}"
    for name in names:
        if name.forename:
            yield f"forename:{name.forename}"
        yield from _name_keys(name, births, traits.homes)


def _home_keys(home: Home) -> Iterator[str]:
    if home.uprn:
        yield f"home:{home.uprn}"
    if home.postcode and home.door:
        yield f"home:{home.postcode} {home.door}"


def _name_keys(name: NameForms, births: Iterable[str], homes: Iterable[Home]) -> Iterator[str]:
    forename, surname = name.forename, name.surname
    for born in births:
        yield from _born_keys(forename, surname, born)
    for home in homes:
        if home.postcode and len(forename) >= _FEW:
            yield f"postcode-forename:{home.postcode} {forename[:_SOME]}"
        if home.postcode and surname:
            yield f"postcode-surname:{home.postcode} {surname[:_SOME]}"
    yield from search_keys(surname, forename, {born[:4] for born in births if born})
    if forename and surname:
        yield f"name:{name.full}"
        yield from {f"place-name:{home.outcode} {name.full}" for home in homes if home.outcode}


def search_keys(surname: str, forename: str, years: Iterable[str]) -> Iterator[str]:
    """What an adviser searches by: the beginning of a surname, with that of a forename or a year of birth."""
    if surname and forename:
        yield f"pieces:{surname[:_PIECE]} {forename[:_FEW]}"
    if surname:
        yield from (f"piece-year:{surname[:_PIECE]} {year}" for year in years)


def postcode_keys(postcode: str, piece: str) -> Iterator[str]:
    """What an adviser searches by at a postcode: the beginning of either name."""
    yield f"postcode-surname:{postcode} {piece[:_SOME]}"
    yield f"postcode-forename:{postcode} {piece[:_SOME]}"


def _born_keys(forename: str, surname: str, born: str) -> Iterator[str]:
    if len(born) == WHOLE_DATE:
        if forename:
            yield f"born-forename:{born} {forename[:_FEW]}"
        if surname:
            yield f"born-surname:{born} {surname[:_FEW]}"
    if forename and surname and born:
        yield f"year-name:{born[:4]} {surname} {forename}"
        if len(born) == WHOLE_DATE:
            yield f"day-name:{born[5:]} {surname} {forename}"


def _crossed(traits: Traits) -> Iterator[str]:
    """As if forename and surname stood in each other's place."""
    for name in traits.names:
        if name.forename and name.surname:
            yield from _born_keys(name.surname, name.forename, traits.birth)
            for home in traits.homes:
                if home.postcode:
                    yield f"postcode-forename:{home.postcode} {name.surname[:_SOME]}"
