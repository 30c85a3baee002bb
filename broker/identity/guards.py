"""Guards: what keeps us from acting on a candidate alone, however high the score. One small function each. Pure.

No score makes up for these: an absent twin agrees in everything but the forename.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.identity.births import BirthLevel, is_default
from broker.identity.comparing import Compared
from broker.identity.homes import HomeLevel
from broker.identity.names import ForenameLevel, NameLevel, SurnameLevel
from broker.identity.scoring import AGREES, DIFFERS, NEAR
from broker.identity.traits import Traits
from schemas.life_event import Acts

AT_HOME: Final = frozenset({HomeLevel.PROPERTY, HomeLevel.DOOR, HomeLevel.PREVIOUS, HomeLevel.SLIP})
BORN_ALIKE: Final = frozenset({BirthLevel.EXACT, BirthLevel.SWAPPED, BirthLevel.ONE_SLIP})
_WEAK: Final = frozenset({ForenameLevel.MIDDLE, ForenameLevel.INITIAL, ForenameLevel.NEAR})


class Guard(StrEnum):
    """Why a person must look first."""

    IDENTIFIER_CONFLICT = "identifier_conflict"
    NINO_OF_ANOTHER = "nino_of_another"
    REFERENCE_OF_ANOTHER = "reference_of_another"
    DECEASED_CONFLICT = "deceased_conflict"
    NOT_THE_SAME = "not_the_same"
    BOUND_TO_ANOTHER = "bound_to_another"
    FORENAME_DIFFERS = "forename_differs"
    FORENAME_UNKNOWN = "forename_unknown"
    WEAK_FORENAME = "weak_forename"
    POSSIBLE_TWIN = "possible_twin"
    BIRTH_DIFFERS = "birth_differs"
    DEFAULT_BIRTH = "default_birth"
    SEX_CONFLICT = "sex_conflict"
    CONTACTS_CONFLICT = "contacts_conflict"
    ONLY_THE_HOUSEHOLD = "only_the_household"
    TOO_LITTLE_SAID = "too_little_said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of the event beside its subject."""

    acts: Acts
    #: whether it is a death; a death is the one thing that may be told of the dead
    death: bool
    #: the sender's own, lasting name for the person, such as a sign-in's
    source_subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing:
    """The best candidate, beside what was told and all the others."""

    told: Traits
    best: Compared
    others: Sequence[Compared]
    circumstances: Circumstances


def identifier_conflict(facing: Facing) -> bool:
    """The number differs by more than a slip, or by a slip under another forename or date of birth, as twins' do; or it
    agrees under a wholly different name.
    """
    pair = facing.best.pair
    another = pair.names.forename is ForenameLevel.DIFFERS or birth_differs(facing)
    strange = pair.names.whole is NameLevel.DIFFERS
    return pair.nino == DIFFERS or (pair.nino == NEAR and another) or (pair.nino == AGREES and strange)


def nino_of_another(facing: Facing) -> bool:
    """The number that was told is another record's, whether or not it is this one's as well."""
    return any(other.pair.nino == AGREES for other in facing.others)


def reference_of_another(facing: Facing) -> bool:
    """The reference that was told is another record's alone."""
    return facing.best.pair.reference != AGREES and any(other.pair.reference == AGREES for other in facing.others)


def deceased_conflict(facing: Facing) -> bool:
    """The record is of somebody who has died, and this is not about a death."""
    return facing.best.person.deceased_on is not None and not facing.circumstances.death


def not_the_same(facing: Facing) -> bool:
    """A colleague has said that this is not the person."""
    return facing.circumstances.source_subject in facing.best.person.not_same_as


def bound_to_another(facing: Facing) -> bool:
    """Whoever sent this has been bound to another record before."""
    source = facing.circumstances.source_subject
    mine = source in facing.best.person.bound_subjects
    return not mine and any(source in other.person.bound_subjects for other in facing.others)


def forename_differs(facing: Facing) -> bool:
    """Twins differ in nothing else."""
    return facing.best.pair.names.forename is ForenameLevel.DIFFERS


def forename_unknown(facing: Facing) -> bool:
    """Without a forename, or any name at all, nobody is told from a twin or the others at home."""
    pair = facing.best.pair
    return pair.names.forename is ForenameLevel.MISSING and pair.nino != AGREES


def weak_forename(facing: Facing) -> bool:
    """The forename is only near, an initial or a middle name, and nothing else is the person's own.

    A forename that nobody has is a slip of the pen where all else agrees; twins have names that others have too.
    """
    pair = facing.best.pair
    own = AGREES in (pair.nino, pair.phone, pair.email, pair.reference)
    all_else = pair.names.surname is SurnameLevel.EXACT and pair.birth is BirthLevel.EXACT and pair.home in AT_HOME
    return pair.names.forename in _WEAK and not own and not (facing.best.slip and all_else)


def possible_twin(facing: Facing) -> bool:
    """Another spelling of the forename, one birth and one home: twins are named alike."""
    pair = facing.best.pair
    own = AGREES in (pair.nino, pair.phone, pair.email)
    together = pair.birth in BORN_ALIKE and pair.home in AT_HOME
    return pair.names.forename is ForenameLevel.SPELLING and together and not own


def birth_differs(facing: Facing) -> bool:
    """The dates of birth are too far apart for a slip, and no number says otherwise."""
    return facing.best.pair.birth in (BirthLevel.DIFFERS, BirthLevel.YEAR) and facing.best.pair.nino != AGREES


def default_birth(facing: Facing) -> bool:
    """The first of January is what is written where the day is not known; it says little away from home."""
    pair = facing.best.pair
    return is_default(facing.told.birth) and pair.home not in AT_HOME and pair.nino != AGREES


def sex_conflict(facing: Facing) -> bool:
    """The sex that was told is not the one that is held."""
    return facing.best.pair.sex == DIFFERS


def contacts_conflict(facing: Facing) -> bool:
    """Neither telephone nor e-mail is the one that is held."""
    return facing.best.pair.phone == facing.best.pair.email == DIFFERS


def only_the_household(facing: Facing) -> bool:
    """No date of birth or number agrees, and what does is what a parent and child of one name share."""
    pair = facing.best.pair
    own = pair.birth in BORN_ALIKE or pair.nino == AGREES or pair.email == AGREES
    return facing.circumstances.acts == "irreversible" and not own


def too_little_said(facing: Facing) -> bool:
    """What cannot be undone asks for a date of birth or a number."""
    return facing.circumstances.acts == "irreversible" and not facing.told.birth and not facing.told.nino


HARD: Final[dict[Guard, Callable[[Facing], bool]]] = {
    Guard.IDENTIFIER_CONFLICT: identifier_conflict,
    Guard.NINO_OF_ANOTHER: nino_of_another,
    Guard.REFERENCE_OF_ANOTHER: reference_of_another,
    Guard.DECEASED_CONFLICT: deceased_conflict,
    Guard.NOT_THE_SAME: not_the_same,
    Guard.BOUND_TO_ANOTHER: bound_to_another,
}
SOFT: Final[dict[Guard, Callable[[Facing], bool]]] = {
    Guard.FORENAME_DIFFERS: forename_differs,
    Guard.FORENAME_UNKNOWN: forename_unknown,
    Guard.WEAK_FORENAME: weak_forename,
    Guard.POSSIBLE_TWIN: possible_twin,
    Guard.BIRTH_DIFFERS: birth_differs,
    Guard.DEFAULT_BIRTH: default_birth,
    Guard.SEX_CONFLICT: sex_conflict,
    Guard.CONTACTS_CONFLICT: contacts_conflict,
    Guard.ONLY_THE_HOUSEHOLD: only_the_household,
    Guard.TOO_LITTLE_SAID: too_little_said,
}


def guards_of(facing: Facing) -> Iterator[Guard]:
    """Every guard that stands, the gravest first."""
    return (guard for guard, stands in (*HARD.items(), *SOFT.items()) if stands(facing))


def corroborations(compared: Compared) -> int:
    """How many of date of birth, home, number, telephone and e-mail agree."""
    pair = compared.pair
    agree = (pair.birth in BORN_ALIKE, pair.home in AT_HOME)
    return sum(agree) + sum(each == AGREES for each in (pair.nino, pair.phone, pair.email))
