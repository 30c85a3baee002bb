"""Wording: why a match was or was not made, in sentences that an adviser can read; no value is ever named. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from broker.identity.births import BirthLevel
from broker.identity.guards import Guard
from broker.identity.homes import HomeLevel
from broker.identity.names import ForenameLevel, MiddleLevel, SurnameLevel
from broker.identity.scoring import Pair, Score
from broker.person import Agreement, Comparison

AGREES: Final = Agreement.AGREES
CLOSE: Final = Agreement.CLOSE
DIFFERS: Final = Agreement.DIFFERS
MISSING: Final = Agreement.MISSING

#: what each field is called, in the order a reviewer reads them
FIELDS: Final[Mapping[str, str]] = {
    "nino": "National Insurance number",
    "surname": "surname",
    "forenames": "first forename",
    "middle_names": "middle name",
    "date_of_birth": "date of birth",
    "address": "address",
    "phone": "phone number",
    "email": "email address",
    "sex": "sex",
    "reference": "department's reference",
}
#: said of everybody the directory does not know, and of whom a caller may not know that it does
NOBODY: Final = "The directory holds nobody who could be this person."
SEVERAL: Final = "More than one record could be this person, and nothing said tells them apart."
NOT_ENOUGH: Final = "That is not enough to be sure."
RIVAL: Final = "Another record holds the same National Insurance number or reference."
CAPTIONS: Final[Mapping[Guard, str]] = {
    Guard.IDENTIFIER_CONFLICT: "The National Insurance number and the name point at different people.",
    Guard.NINO_OF_ANOTHER: RIVAL,
    Guard.REFERENCE_OF_ANOTHER: RIVAL,
    Guard.DECEASED_CONFLICT: "The record is of somebody who has died.",
    Guard.NOT_THE_SAME: "A colleague has said before that this is somebody else.",
    Guard.BOUND_TO_ANOTHER: "Whoever sent this was linked to another record before.",
    Guard.FORENAME_DIFFERS: "The first forename differs: it could be a twin or a relative.",
    Guard.FORENAME_UNKNOWN: "Without a forename it could be anybody of that name at home.",
    Guard.WEAK_FORENAME: "The first forename only nearly agrees, and nothing else is this person's alone.",
    Guard.POSSIBLE_TWIN: "The first forename is another form of the name: it could be a twin.",
    Guard.BIRTH_DIFFERS: "The date of birth differs: it could be a parent or a child of the same name.",
    Guard.DEFAULT_BIRTH: "The first of January is often written where the date of birth is not known.",
    Guard.SEX_CONFLICT: "The sex differs.",
    Guard.CONTACTS_CONFLICT: "Neither the phone number nor the email address is the one held.",
    Guard.ONLY_THE_HOUSEHOLD: "What agrees could be shared by a parent and a child of the same name.",
    Guard.TOO_LITTLE_SAID: "Neither a date of birth nor a National Insurance number was given.",
}
_FORENAMES: Final = {ForenameLevel.EXACT: AGREES, ForenameLevel.DIFFERS: DIFFERS, ForenameLevel.MISSING: MISSING}
_SURNAMES: Final = {SurnameLevel.EXACT: AGREES, SurnameLevel.DIFFERS: DIFFERS, SurnameLevel.MISSING: MISSING}
_MIDDLES: Final = {MiddleLevel.AGREES: AGREES, MiddleLevel.DIFFERS: DIFFERS, MiddleLevel.MISSING: MISSING}
_BIRTHS: Final = {BirthLevel.EXACT: AGREES, BirthLevel.DIFFERS: DIFFERS, BirthLevel.MISSING: MISSING}
_HOMES: Final = {
    HomeLevel.PROPERTY: AGREES,
    HomeLevel.DOOR: AGREES,
    HomeLevel.PREVIOUS: AGREES,
    HomeLevel.OUTCODE: DIFFERS,
    HomeLevel.DIFFERS: DIFFERS,
    HomeLevel.MISSING: MISSING,
}
_VERBS: Final = ((AGREES, "agrees", "agree"), (CLOSE, "is close", "are close"), (DIFFERS, "differs", "differ"))
_OTHERS: Final = {"agrees": AGREES, "near": CLOSE, "differs": DIFFERS, "missing": MISSING}


def comparisons_of(pair: Pair, score: Score) -> tuple[Comparison, ...]:
    """One row a field, in the order a reviewer reads them. The bits of the whole name stand with the surname."""
    bits = {weight.comparison: weight.bits + weight.frequency_bits for weight in score.weights}
    agreements = {
        "nino": _OTHERS[pair.nino],
        "surname": _SURNAMES.get(pair.names.surname, CLOSE),
        "forenames": _FORENAMES.get(pair.names.forename, CLOSE),
        "middle_names": _MIDDLES.get(pair.names.middle, CLOSE),
        "date_of_birth": _BIRTHS.get(pair.birth, CLOSE),
        "address": _HOMES.get(pair.home, CLOSE),
        "phone": _OTHERS[pair.phone],
        "email": _OTHERS[pair.email],
        "sex": _OTHERS[pair.sex],
        "reference": _OTHERS[pair.reference],
    }
    weighed_as = {"surname": "name", "middle_names": "middle", "date_of_birth": "birth", "address": "home"}
    return tuple(
        _compared(name, agreement, round(bits.get(weighed_as.get(name, name), 0.0), 2))
        for name, agreement in agreements.items()
    )


@lru_cache(4096)
def _compared(field: str, agreement: Agreement, bits: float) -> Comparison:
    """Ten fields agree or not with a few weights: nearly every comparison has been made before."""
    return Comparison(field=field, agreement=agreement, bits=bits)


def said_of(rows: Sequence[Comparison]) -> str:
    """What agrees, is close and differs, in a sentence."""
    parts = [
        f"{_joined(fields)} {one if len(fields) == 1 else more}"
        for agreement, one, more in _VERBS
        if (fields := [FIELDS[row.field] for row in rows if row.agreement is agreement])
    ]
    said = "; the ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else "Nothing can be compared."


def why_unsure(rows: Sequence[Comparison], guards: Sequence[Guard], *, ambiguous: bool) -> str:
    """Why a person must look first."""
    reasons = [SEVERAL] if ambiguous else []
    reasons += dict.fromkeys(CAPTIONS[guard] for guard in guards)
    return " ".join([said_of(rows), *(reasons or [NOT_ENOUGH])])


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
