"""Protection: what an ordinary caller may see of a match. Pure.

A restricted resident (anonymous registration, witness protection, domestic abuse) is matched like any other, so that
departments act rightly; to everybody but a reviewer the answer is the one there would be if we did not hold them. Both
answers are always worked out, so that the time taken does not tell.
"""

from collections.abc import Sequence

from broker.identity.model import Model, shipped_model
from broker.identity.traits import traits_of_subject
from broker.identity.wording import NOT_ENOUGH, said_of
from broker.matching import choose, circumstances_of, weigh_all
from broker.person import Match, Matched, Person, Unsure
from schemas.life_event import Acts
from schemas.subject import Subject


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
    """Decide as ``matching.decide`` does, and answer with what this caller may see of it."""
    circumstances, weighed_with = circumstances_of(acts, death, source_subject), model or shipped_model()
    told = traits_of_subject(subject)
    weighed = weigh_all(told, candidates, weighed_with)
    whole = choose(told, weighed, circumstances, weighed_with)
    open_ones = [each for each in weighed if not each.person.restricted]
    seen = choose(told, open_ones, circumstances, weighed_with)
    return whole if reviewer else _seen(whole, seen)


def _seen(whole: Match, seen: Match) -> Match:
    if isinstance(seen, Matched) and not (isinstance(whole, Matched) and whole.person.id == seen.person.id):
        # Somebody restricted agrees too: not saying so must not make the other one certain.
        because = f"{said_of(seen.comparisons)} {NOT_ENOUGH}"
        return Unsure(candidates=(seen.person,), because=because, comparisons=seen.comparisons, weighed=seen.weighed)
    return seen
