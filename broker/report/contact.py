"""Contact: what was told, by event, channel and ward, and which contacts came again about the same change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from broker.report.answering import has_answered
from broker.report.facts import REPEATED_WITHIN, DeliveryFact, ToldFact
from schemas.outcome import OutcomeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The contacts of a month."""

    told: int
    amendments: int
    by_kind: Mapping[str, int]
    by_channel: Mapping[str, int]
    by_ward: Mapping[str, int]
    #: told again about the same person and the same kind of event within ten days
    repeats: int
    #: settled by the first contact: every department answered, none asked the caller, and nobody told it again
    first_contact: int
    #: how many could be judged so: those of which every department has answered
    judged: int


def contact(told: Sequence[ToldFact], deliveries: Iterable[DeliveryFact], earlier: Iterable[ToldFact] = ()) -> Contact:
    """Count the contacts of a month. ``earlier`` are the notifications of the ten days before it."""
    new = [fact for fact in told if not fact.amends]
    repeats = repeated([*earlier, *new])
    ids = {fact.id for fact in new}
    of: dict[str, list[DeliveryFact]] = {}
    for delivery in deliveries:
        of.setdefault(delivery.event_id, []).append(delivery)
    judged = [fact for fact in new if fact.id in of and all(has_answered(one) for one in of[fact.id])]
    asked = {one.event_id for group in of.values() for one in group if one.outcome == OutcomeKind.NEEDS_INFORMATION}
    told_again = {first for first, _ in repeats}
    return Contact(
        told=len(new),
        amendments=len(told) - len(new),
        by_kind=_counted(fact.kind for fact in new),
        by_channel=_counted(fact.channel for fact in new),
        by_ward=_counted(fact.ward for fact in new),
        repeats=sum(second in ids for _, second in repeats),
        first_contact=sum(fact.id not in told_again | asked for fact in judged),
        judged=len(judged),
    )


def repeated(told: Iterable[ToldFact]) -> list[tuple[str, str]]:
    """Pairs of notifications about the same person and kind within ten days: the first, and the one that came again."""
    latest: dict[tuple[str, str], ToldFact] = {}
    pairs: list[tuple[str, str]] = []
    for fact in sorted(told, key=lambda one: one.recorded_at):
        if fact.person is None or fact.amends:
            continue
        before = latest.get((fact.person, fact.kind))
        if before is not None and fact.recorded_at - before.recorded_at <= REPEATED_WITHIN:
            pairs.append((before.id, fact.id))
        latest[fact.person, fact.kind] = fact
    return pairs


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))
