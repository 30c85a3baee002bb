"""Protection: what may be seen of a match. Pure.

A restricted resident (anonymous registration, witness protection, domestic abuse) is matched like any other, and the
answer is for a named team alone: everybody else, and every department, gets the one there would be if we did not hold
them. Both answers are always worked out, so that the time taken does not tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.identity.model import Model, shipped_model
from broker.identity.traits import traits_of_subject
from broker.identity.wording import NOT_ENOUGH, said_of
from broker.matching import choose, circumstances_of, weigh_all
from broker.person import Match, Matched, Person, Unknown, Unsure
from schemas.life_event import Acts
from schemas.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Both answers to one question."""

    #: as it is, for the team that protected people are known to
    whole: Match
    #: as everybody else sees it, and as it is acted on
    seen: Match

    @property
    def protected(self) -> Match | None:
        """The whole answer, where it names somebody protected."""
        return self.whole if any(person.restricted for person in _named(self.whole)) else None


def decide_both(
    subject: Subject,
    candidates: Sequence[Person],
    acts: Acts,
    *,
    death: bool | None = None,
    source_subject: str | None = None,
    model: Model | None = None,
) -> Sight:
    """Decide as ``matching.decide`` does, once with everybody and once as if nobody protected were held."""
    circumstances, weighed_with = circumstances_of(acts, death, source_subject), model or shipped_model()
    told = traits_of_subject(subject)
    weighed = weigh_all(told, candidates, weighed_with)
    whole = choose(told, weighed, circumstances, weighed_with)
    open_ones = [each for each in weighed if not each.person.restricted]
    return Sight(whole=whole, seen=_seen(whole, choose(told, open_ones, circumstances, weighed_with)))


def decide_as_seen(
    subject: Subject,
    candidates: Sequence[Person],
    acts: Acts,
    *,
    reviewer: bool,
    death: bool | None = None,
    source_subject: str | None = None,
    model: Model | None = None,
) -> Match:
    """The answer that this caller may see: the whole one for a reviewer of a file."""
    both = decide_both(subject, candidates, acts, death=death, source_subject=source_subject, model=model)
    return both.whole if reviewer else both.seen


def _named(match: Match) -> tuple[Person, ...]:
    match match:
        case Matched():
            return (match.person,)
        case Unsure():
            return match.candidates
        case Unknown():
            return ()


def _seen(whole: Match, seen: Match) -> Match:
    if isinstance(seen, Matched) and not (isinstance(whole, Matched) and whole.person.id == seen.person.id):
        # Somebody restricted agrees too: not saying so must not make the other one certain.
        because = f"{said_of(seen.comparisons)} {NOT_ENOUGH}"
        return Unsure(candidates=(seen.person,), because=because, comparisons=seen.comparisons, weighed=seen.weighed)
    return seen
