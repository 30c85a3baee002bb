"""What was spared: contacts that a caller did not have to make, and what they would have cost. Every term is shown.

    avoided = sum over notifications of (departments told - 1) x the chance that the caller would have told each
              - repeat contacts about the same change
    saving  = avoided x what a contact costs in the channel it came by

The unit costs shipped are published averages of 2011 (Socitm: face to face 8.62, telephone 2.83, web 0.15 pounds) and
stand in until a council writes its own; the chance is a guess until it asks its callers. So the figure is a range.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from broker.report.facts import DeliveryFact, ToldFact
from broker.report.terms import Terms

#: channels whose contact nobody had to make by a visit or a call: a feed, say
_FREE = 0.0


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate, and how far off it may be."""

    estimate: float
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """What a month spared callers and the council."""

    contacts: Range
    pounds: Range
    terms: Terms


def spared(told: Sequence[ToldFact], deliveries: Iterable[DeliveryFact], repeats: int, terms: Terms) -> Spared:
    """Reckon what a month spared."""
    departments: dict[str, int] = {}
    for delivery in deliveries:
        departments[delivery.event_id] = departments.get(delivery.event_id, 0) + 1
    further: dict[str, int] = {}
    for fact in told:
        if not fact.amends:
            further[fact.channel] = further.get(fact.channel, 0) + max(0, departments.get(fact.id, 0) - 1)
    shares = (terms.would_have_told, terms.least, terms.most)
    contacts = [max(0.0, sum(further.values()) * share - repeats) for share in shares]
    pounds = [_pounds(further, share, repeats, terms.unit_costs) for share in shares]
    return Spared(contacts=Range(*contacts), pounds=Range(*pounds), terms=terms)


def _pounds(further: Mapping[str, int], share: float, repeats: int, costs: Mapping[str, float]) -> float:
    """Repeat contacts are taken from every channel as it was used."""
    whole = sum(further.values()) * share
    kept = max(0.0, whole - repeats) / whole if whole else 0.0
    return sum(count * share * kept * costs.get(channel, _FREE) for channel, count in further.items())
