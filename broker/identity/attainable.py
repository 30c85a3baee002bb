"""The attainable score: how sure a match could be with what was said, and which missing field would help most. Pure.

What was told is weighed against itself, as if a record agreed in all of it; then once more with each missing field.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from broker.identity.comparing import Compared
from broker.identity.frequencies import Frequencies
from broker.identity.guards import Circumstances, Facing, corroborations, guards_of
from broker.identity.homes import Home
from broker.identity.model import Model, shipped_model
from broker.identity.naming import read_name
from broker.identity.scoring import compare
from broker.identity.traits import Traits, traits_of_subject
from broker.identity.wording import FIELDS
from broker.person import Person
from schemas.life_event import Acts
from schemas.subject import Subject

_NOBODY: Final = Person(id="", names=())
#: values that no directory holds, so that the usual frequency is weighed
_SOME_BIRTH: Final = "1950-06-15"
_SOME_HOME: Final = Home(uprn="0", postcode="0", door="0")
_SOME_FORENAME: Final = "forename"
_SOME_SURNAME: Final = "surname"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A field that was not said, and what it would add."""

    field: str
    #: bits that it would add, if it agrees
    bits: float
    #: whether, with it, a match could be acted on
    enough: bool

    def __str__(self) -> str:
        """What an adviser reads: 'date of birth adds about 14 bits'."""
        return f"{FIELDS[self.field]} adds about {round(self.bits)} bits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainable:
    """How sure a match could be at best."""

    bits: float
    #: what acting alone asks for
    needed: float
    #: whether a record that agrees in all that was said could be matched
    enough: bool
    #: what would help, the most first
    missing: tuple[Missing, ...]


def attainable(
    subject: Subject, acts: Acts, *, frequencies: Frequencies | None = None, model: Model | None = None
) -> Attainable:
    """Weigh what was said before anybody is searched for. ``frequencies`` are a Shortlist's, where there is one."""
    known, weighed_with = frequencies or Frequencies(), model or shipped_model()
    told = traits_of_subject(subject)
    bits, enough = _against_itself(told, acts, known, weighed_with)
    gains: list[Missing] = []
    for field, more in _with_one_more(told):
        then, and_then = _against_itself(more, acts, known, weighed_with)
        gains.append(Missing(field=field, bits=round(then - bits, 2), enough=and_then))
    gains.sort(key=lambda gain: (not gain.enough, -gain.bits))
    return Attainable(bits=round(bits, 2), needed=weighed_with.bands[acts].bits, enough=enough, missing=tuple(gains))


def _against_itself(told: Traits, acts: Acts, frequencies: Frequencies, model: Model) -> tuple[float, bool]:
    """The bits that a record agreeing in everything would have, and whether that would be acted on."""
    pair, score = compare(told, told, model, frequencies)
    best = Compared(person=_NOBODY, held=told, pair=pair, score=score)
    circumstances = Circumstances(acts=acts, death=True)
    guards = list(guards_of(Facing(told=told, best=best, others=(), circumstances=circumstances)))
    band = model.bands[acts]
    sure = score.bits >= band.bits and corroborations(best) >= band.corroborations
    return score.bits, sure and (band.hard_guards_only or not guards)


def _with_one_more(told: Traits) -> Iterator[tuple[str, Traits]]:
    """What was told with each missing field, by the field's name."""
    name = told.names[0] if told.names else None
    if name is None or not name.surname:
        forename = name.forename if name and name.forename else _SOME_FORENAME
        yield "surname", replace(told, names=(read_name(forename, _SOME_SURNAME),))
    if name is not None and not name.forename:
        yield "forenames", replace(told, names=(read_name(_SOME_FORENAME, name.surname),))
    if len(told.birth) != len(_SOME_BIRTH):
        yield "date_of_birth", replace(told, birth=_SOME_BIRTH)
    if not any(home.place for home in told.homes):
        yield "address", replace(told, homes=(_SOME_HOME,))
    if not told.nino:
        yield "nino", replace(told, nino="0")
    if not told.phone:
        yield "phone", replace(told, phone="0")
    if not told.email:
        yield "email", replace(told, email="0")
