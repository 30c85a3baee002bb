"""Frequencies: how common what was told is among the residents of the directory. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from broker.identity.model import Model
from broker.identity.traits import Traits
from broker.person import Person

#: so many residents have nearly every forename between them
_ENOUGH: Final = 20_000


class Term(StrEnum):
    """What is counted; all but the forename are comparisons, weighed by how common the value is."""

    NAME = "name"
    BIRTH = "birth"
    HOME = "home"
    PHONE = "phone"
    EMAIL = "email"
    FORENAME = "forename"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """How many residents there are, and how many share each value that was told."""

    #: none where the directory was not asked
    population: int | None = None
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def share(self, term: str, value: str, usual: float, smoothing: float) -> float:
        """How likely a stranger shares this value; the usual share speaks where the directory is small or silent."""
        count = self.counts.get((term, value))
        if count is None or self.population is None:
            return usual
        return min(1.0, (count + smoothing * usual) / (self.population + smoothing))

    def is_unheard(self, forename: str) -> bool:
        """Whether nobody in a directory of some size has this forename: then it is a slip of the pen."""
        enough = (self.population or 0) >= _ENOUGH
        return enough and self.counts.get((Term.FORENAME, forename)) == 0

    def population_for(self, model: Model) -> int:
        """How many it could have been."""
        return max(self.population or model.usual_population, model.least_population)


def terms_of(traits: Traits) -> Iterator[tuple[str, str]]:
    """The values of a person that are counted, as (term, value)."""
    yield from ((Term.NAME.value, name.full) for name in traits.names if name.forename and name.surname)
    yield from ((Term.FORENAME.value, name.forename) for name in traits.names if name.forename)
    if traits.birth:
        yield Term.BIRTH.value, traits.birth
    for home in traits.homes:
        if home.place:
            yield Term.HOME.value, home.place
        if home.uprn and home.postcode and home.door:
            yield Term.HOME.value, f"{home.postcode} {home.door}"
    if traits.phone:
        yield Term.PHONE.value, traits.phone
    if traits.email:
        yield Term.EMAIL.value, traits.email


class Shortlist(tuple[Person, ...]):
    """The candidates for one subject, and how common what was told of the subject is."""

    frequencies: Frequencies

    def __new__(cls, people: tuple[Person, ...] = (), frequencies: Frequencies | None = None) -> "Shortlist":
        """Keep the frequencies beside the people."""
        made = super().__new__(cls, people)
        made.frequencies = frequencies or Frequencies()
        return made
