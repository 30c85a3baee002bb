"""Naming: a name as it was written, read into the forms that are compared. Pure.

A forename can be read several ways (Mary Ann, Maryann), a surname has parts (García López) and particles (ap Gwilym),
and some forms are one name in two spellings or two grammatical genders.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from broker.folding import folded, folded_name
from schemas.name import Name

_TITLES: Final = frozenset(
    "mr mrs ms miss mx dr doctor rev reverend sir dame lady lord prof professor decd deceased late the cllr".split()
)
_PARTICLES: Final = frozenset(
    "ap ab ferch verch uch bin bint ibn binti al el ul ur as de da do dos das del della di du la le van von der den ter "
    "y e und zu af av st".split()
)
#: given first in honour of the Prophet or as a title, where the next name is the one a person is called by
_HONOURED: Final = frozenset({"~mohammed"})
_TITLES_OF_HONOUR: Final = frozenset("syed sayyid sayed said syeda sheikh shaikh shaykh md mohd".split())
_NEUTRAL_ENDINGS: Final = (("ska", "ski"), ("cka", "cki"), ("dzka", "dzki"), ("ova", "ov"), ("eva", "ev"))
_BRACKETED: Final = re.compile(r"[(\[\"“]([^)\]\"”]*)[)\]\"”]")
_BETWEEN: Final = re.compile(r"[\s\-‐‑–/.,]+")
#: marks a group of short and pet forms, and one of spellings
SHORT_FORMS: Final = "="
SPELLINGS: Final = "~"
#: forms that hardly anybody is christened with
PET_FORMS: Final = frozenset(
    "andy becky bert bertie bess beth betty bill billy bob bobby cath cathy charlie chrissy chuck deb debbie dick dickie "
    "dot dottie ed eddie fred freddie geoff gerry gill gilly hattie jeff jen jenny jez jim jimmy jo kath kathy kitty liz "
    "lizzie lottie madge maggie mandy meg mick mickey micky mike millie mo nan ned nick nicky paddy patsy peg peggy phil "
    "pip rick rob robbie ron ronnie steve sue susie ted teddy tilly tom tommy tony trish vicki vicky vince wally "
    "winnie".split()
)
#: shorter words of a surname say too little alone
_SHORTEST_PART: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NameForms:
    """One name in the forms that are compared. Empty means not known."""

    #: what the person is called by
    forename: str
    #: every way to read the forename
    ways: frozenset[str]
    #: the names that it may be a variant of, itself among them
    variants: frozenset[str]
    #: the other given names
    middle: frozenset[str]
    #: a name of honour that stands before the forename
    honoured: str
    surname: str
    #: the surname with and without its particles
    forms: frozenset[str]
    #: the surname's parts, and its forms
    parts: frozenset[str]

    #: what how common the name is, is counted by
    full: str
    #: the names that the name of honour may be a variant of
    honours: frozenset[str]
    #: the first letters of the other given names
    initials: frozenset[str]
    #: no forename was written at all
    single: bool


def forms_of(name: Name) -> NameForms:
    """Read a name."""
    return read_name(name.forenames, name.surname)


@lru_cache(maxsize=8_192)
def read_name(forenames: str | None, surname: str | None) -> NameForms:
    """Read a name from its two fields. A single name, with no forenames, is both."""
    given, family = _given(forenames), _family(surname)
    return NameForms(
        forename=given.forename,
        ways=given.ways,
        variants=given.variants,
        middle=given.middle,
        honoured=given.honoured,
        surname=family.core,
        forms=family.forms,
        parts=family.parts,
        full=f"{family.core} {given.forename}",
        honours=given.honours,
        initials=given.initials,
        single=not forenames,
    )


class _Given(NamedTuple):
    """The given names, as NameForms has them."""

    forename: str
    ways: frozenset[str]
    variants: frozenset[str]
    middle: frozenset[str]
    honoured: str
    honours: frozenset[str]
    initials: frozenset[str]


class _Family(NamedTuple):
    """The surname, as NameForms has it."""

    core: str
    forms: frozenset[str]
    parts: frozenset[str]


# Apart, as a town has far fewer forenames and surnames than names.
@lru_cache(maxsize=16_384)
def _given(forenames: str | None) -> _Given:
    given, others = _read_given(forenames)
    honoured = given[0] if len(given) > 1 and _is_honoured(given[0]) else ""
    called = given[1:] if honoured else given
    forename = called[0] if called else ""
    ways = {forename, *others, *(("".join(called[:2]), "".join(given)) if called else ())} - {""}
    return _Given(
        forename=forename,
        ways=frozenset(ways),
        variants=frozenset(one for way in (forename, *others) for one in variants_of(way)),
        middle=frozenset(called[1:]),
        honoured=honoured,
        honours=variants_of(honoured),
        initials=frozenset(other[0] for other in called[1:]),
    )


@lru_cache(maxsize=32_768)
def _family(surname: str | None) -> _Family:
    whole, core, parts = _read_surname(surname)
    return _Family(core=core, forms=frozenset({whole, core} - {""}), parts=frozenset({whole, core, *parts} - {""}))


def _read_given(forenames: str | None) -> tuple[list[str], list[str]]:
    """The given names in order, and what stands in brackets: another name they go by."""
    written = forenames or ""
    if not folded_name(_BRACKETED.sub(" ", written)):
        return [], []
    others = [folded(other) for found in _BRACKETED.findall(written) for other in found.split()]
    words = [folded_name(word) for word in _BETWEEN.split(_BRACKETED.sub(" ", written))]
    given = [word for word in words if word and word not in _TITLES] or [word for word in words if word]
    first_is_nothing = not folded_name(_BETWEEN.split(written.strip())[0])
    return ([] if first_is_nothing else given), [other for other in others if len(other) > 1]


def _is_honoured(forename: str) -> bool:
    return forename in _TITLES_OF_HONOUR or bool(variants_of(forename) & _HONOURED)


def _read_surname(surname: str | None) -> tuple[str, str, list[str]]:
    """All of it as one word, the same without particles, and its parts."""
    whole = neutral(folded_name(_BRACKETED.sub(" ", surname or "")))
    if not whole:
        return "", "", []
    words = [folded(word) for word in _BETWEEN.split(_BRACKETED.sub(" ", surname or ""))]
    kept = [word for word in words if word and word not in _PARTICLES and word not in _TITLES]
    core = neutral("".join(kept)) or whole
    return whole, core, [neutral(word) for word in kept if len(word) >= _SHORTEST_PART]


def neutral(surname: str) -> str:
    """The surname in one grammatical gender: Kowalska and Kowalski are one."""
    for ending, instead in _NEUTRAL_ENDINGS:
        if len(surname) > len(ending) + 2 and surname.endswith(ending):
            return surname.removesuffix(ending) + instead
    return surname


@lru_cache(maxsize=65_536)
def variants_of(forename: str) -> frozenset[str]:
    """The full forms that a forename may stand for, and itself."""
    return _lines().get(forename, frozenset()) | ({forename} if forename else frozenset())


@cache
def _lines() -> dict[str, frozenset[str]]:
    """By forename, the first names of the lines that hold it."""
    found: dict[str, set[str]] = {}
    for full, forms in _groups(Path(__file__).with_name("variants.txt").read_text("utf-8").splitlines()):
        for form in forms:
            found.setdefault(form, set()).add(full)
    return {form: frozenset(fulls) for form, fulls in found.items()}


def _groups(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    for line in lines:
        if line and not line.startswith("#"):
            forms = line.removeprefix(SPELLINGS).split()
            # Marked, so that a full form that is another's short form is not taken for that other.
            yield f"{SPELLINGS if line.startswith(SPELLINGS) else SHORT_FORMS}{forms[0]}", forms
