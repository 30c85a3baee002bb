"""Names: how two names compare, as a whole and part by part. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple

from rapidfuzz.distance import JaroWinkler

from broker.identity.naming import PET_FORMS, SPELLINGS, NameForms

FORENAMES_ALIKE: Final = 0.9
SURNAMES_ALIKE: Final = 0.88
_SHORTEST_PREFIX: Final = 3
#: a shorter name has too few letters to be like another by chance alone
SHORTEST_ALIKE: Final = 4


class ForenameLevel(StrEnum):
    """How two forenames compare, closest first."""

    EXACT = "exact"
    SHORT_FORM = "short_form"
    SPELLING = "spelling"
    MIDDLE = "middle"
    INITIAL = "initial"
    NEAR = "near"
    DIFFERS = "differs"
    MISSING = "missing"


class SurnameLevel(StrEnum):
    """How two surnames compare, closest first."""

    EXACT = "exact"
    PART = "part"
    NEAR = "near"
    DIFFERS = "differs"
    MISSING = "missing"


class NameLevel(StrEnum):
    """How two whole names compare, closest first. Only these are weighed."""

    FULL = "full"
    OTHER_READING = "other_reading"
    VARIANT = "variant"
    SWAPPED = "swapped"
    MIDDLE = "middle"
    INITIAL = "initial"
    NEAR_FORENAME = "near_forename"
    NEAR_SURNAME = "near_surname"
    BOTH_NEAR = "both_near"
    SURNAME_ALONE = "surname_alone"
    FORENAME_ALONE = "forename_alone"
    FORENAME_ONLY = "forename_only"
    SURNAME_ONLY = "surname_only"
    DIFFERS = "differs"
    MISSING = "missing"


class MiddleLevel(StrEnum):
    """How the other given names compare."""

    AGREES = "agrees"
    INITIAL = "initial"
    DIFFERS = "differs"
    MISSING = "missing"


class NamesCompared(NamedTuple):
    """Two names compared."""

    whole: NameLevel
    forename: ForenameLevel
    surname: SurnameLevel
    middle: MiddleLevel


def compare_names(told: NameForms, held: NameForms) -> NamesCompared:
    """Compare two names in every way that is weighed or guarded."""
    forename, surname = compare_forenames(told, held), compare_surnames(told, held)
    whole = _whole(told, held, forename, surname)
    if whole is NameLevel.SWAPPED:
        forename = ForenameLevel.EXACT
    if told.middle and held.middle:
        return NamesCompared(whole, forename, surname, _compare_middles(told, held))
    return NamesCompared(whole, forename, surname, MiddleLevel.MISSING)


def compare_forenames(told: NameForms, held: NameForms) -> ForenameLevel:
    """Compare what two people are called by."""
    if not told.forename or not held.forename:
        # Two single names are compared by the surname field alone.
        return ForenameLevel.EXACT if _both_single(told, held) else ForenameLevel.MISSING
    if told.ways & held.ways:
        return ForenameLevel.EXACT
    if shared := told.variants & held.variants:
        spelt = all(form.startswith(SPELLINGS) for form in shared)
        pet_form = not spelt and _is_pet_form(told.forename, held.forename)
        return ForenameLevel.SHORT_FORM if pet_form else ForenameLevel.SPELLING
    if _is_middle(told, held) or _is_middle(held, told):
        return ForenameLevel.MIDDLE
    if _is_initial(told.forename, held) or _is_initial(held.forename, told):
        return ForenameLevel.INITIAL
    return ForenameLevel.NEAR if alike(told.forename, held.forename, FORENAMES_ALIKE) else ForenameLevel.DIFFERS


def _is_pet_form(one: str, other: str) -> bool:
    """Whether one of two variants is only ever short for the other: Bob, but not Jack, who may be John's brother."""
    short, full = sorted((one, other), key=len)
    return one in PET_FORMS or other in PET_FORMS or (len(short) >= _SHORTEST_PREFIX and full.startswith(short))


def _both_single(told: NameForms, held: NameForms) -> bool:
    return told.single and held.single and bool(told.forms & held.forms)


def _is_middle(one: NameForms, other: NameForms) -> bool:
    """Whether one's forename is another given name of the other, or the name of honour before it."""
    return len(one.forename) > 1 and (one.forename in other.middle or bool(one.variants & other.honours))


def _is_initial(letter: str, other: NameForms) -> bool:
    return len(letter) == 1 and any(way.startswith(letter) for way in other.ways)


def alike(one: str, other: str, least: float) -> bool:
    """Whether two names are spelled nearly the same (Jaro-Winkler)."""
    short = min(len(one), len(other)) < SHORTEST_ALIKE
    return not short and JaroWinkler.similarity(one, other) >= least


def compare_surnames(told: NameForms, held: NameForms) -> SurnameLevel:
    """Compare two surnames; a part of a double surname is enough to be alike."""
    if not told.surname or not held.surname:
        return SurnameLevel.MISSING
    if told.forms & held.forms:
        return SurnameLevel.EXACT
    if told.parts & held.parts:
        return SurnameLevel.PART
    return SurnameLevel.NEAR if alike(told.surname, held.surname, SURNAMES_ALIKE) else SurnameLevel.DIFFERS


def _whole(told: NameForms, held: NameForms, forename: ForenameLevel, surname: SurnameLevel) -> NameLevel:
    if told.full == held.full and told.forename and told.surname:
        return NameLevel.FULL
    if surname is SurnameLevel.MISSING:
        return NameLevel.FORENAME_ALONE if forename is ForenameLevel.EXACT else NameLevel.MISSING
    if surname is SurnameLevel.EXACT or surname is SurnameLevel.PART:
        return _swapped(told, held) or _WITH_SURNAME[forename]
    if swapped := _swapped(told, held):
        return swapped
    return _WITH_NEAR_SURNAME[forename] if surname is SurnameLevel.NEAR else _WITH_ANOTHER_SURNAME[forename]


def _swapped(told: NameForms, held: NameForms) -> NameLevel | None:
    """Whether forename and surname stand in each other's place."""
    crossed = told.forename in held.forms and held.forename in told.forms
    return NameLevel.SWAPPED if crossed and told.forename != held.forename else None


_WITH_SURNAME: Final = {
    ForenameLevel.EXACT: NameLevel.OTHER_READING,
    ForenameLevel.SHORT_FORM: NameLevel.VARIANT,
    ForenameLevel.SPELLING: NameLevel.VARIANT,
    ForenameLevel.MIDDLE: NameLevel.MIDDLE,
    ForenameLevel.INITIAL: NameLevel.INITIAL,
    ForenameLevel.NEAR: NameLevel.NEAR_FORENAME,
    ForenameLevel.DIFFERS: NameLevel.SURNAME_ONLY,
    ForenameLevel.MISSING: NameLevel.SURNAME_ALONE,
}
_WITH_NEAR_SURNAME: Final = {
    ForenameLevel.EXACT: NameLevel.NEAR_SURNAME,
    ForenameLevel.SHORT_FORM: NameLevel.BOTH_NEAR,
    ForenameLevel.SPELLING: NameLevel.BOTH_NEAR,
    ForenameLevel.MIDDLE: NameLevel.BOTH_NEAR,
    ForenameLevel.INITIAL: NameLevel.BOTH_NEAR,
    ForenameLevel.NEAR: NameLevel.BOTH_NEAR,
    ForenameLevel.DIFFERS: NameLevel.SURNAME_ONLY,
    ForenameLevel.MISSING: NameLevel.SURNAME_ALONE,
}
_WITH_ANOTHER_SURNAME: Final = {
    ForenameLevel.EXACT: NameLevel.FORENAME_ONLY,
    ForenameLevel.SHORT_FORM: NameLevel.FORENAME_ONLY,
    ForenameLevel.SPELLING: NameLevel.FORENAME_ONLY,
    ForenameLevel.MIDDLE: NameLevel.DIFFERS,
    ForenameLevel.INITIAL: NameLevel.DIFFERS,
    ForenameLevel.NEAR: NameLevel.DIFFERS,
    ForenameLevel.DIFFERS: NameLevel.DIFFERS,
    ForenameLevel.MISSING: NameLevel.DIFFERS,
}


def _compare_middles(told: NameForms, held: NameForms) -> MiddleLevel:
    """One that agrees is enough: middle names are often left out."""
    if _long(told.middle) & _long(held.middle):
        return MiddleLevel.AGREES
    return (
        MiddleLevel.INITIAL if _letters(told) & held.initials or _letters(held) & told.initials else MiddleLevel.DIFFERS
    )


def _long(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if len(name) > 1)


def _letters(name: NameForms) -> frozenset[str]:
    """The given names that are written as an initial."""
    return frozenset(other for other in name.middle if len(other) == 1)
