"""Comparing: a subject beside every candidate, best first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.identity.frequencies import Frequencies
from broker.identity.model import Model
from broker.identity.names import ForenameLevel
from broker.identity.scoring import Pair, Score, compare
from broker.identity.traits import Traits, traits_of_person
from broker.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One candidate beside the subject."""

    person: Person
    held: Traits
    pair: Pair
    score: Score
    #: nobody has the forename that was told, so it is nearly another by a slip of the pen
    slip: bool = False


def compare_all(told: Traits, people: Iterable[Person], model: Model, frequencies: Frequencies) -> list[Compared]:
    """Everybody who was found, best first; who is named twice counts once."""
    compared = [_compare(told, person, model, frequencies) for person in {each.id: each for each in people}.values()]
    return sorted(compared, key=_best_first)


def _compare(told: Traits, person: Person, model: Model, frequencies: Frequencies) -> Compared:
    held = traits_of_person(person)
    pair, score = compare(told, held, model, frequencies)
    slip = pair.names.forename is ForenameLevel.NEAR and all(frequencies.is_unheard(n.forename) for n in told.names)
    return Compared(person=person, held=held, pair=pair, score=score, slip=slip)


def _best_first(each: Compared) -> tuple[float, float, str]:
    return -each.score.bits, -each.score.plain, each.person.id
