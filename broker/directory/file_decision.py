"""The decision on one event of a file, as the council reads it back. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from broker.directory.file import FiledEvent
from broker.person import Match, Matched, Person, Unknown, Unsure

MOST_LISTED: Final = 10


class Verdict(StrEnum):
    """What would happen to the event."""

    AUTO = "AUTO"
    REVIEW = "REVIEW"
    AMBIGUOUS = "AMBIGUOUS"
    NO_MATCH = "NO_MATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDecision:
    """One line of a file of decisions. People are named by the extract's own ids."""

    id: str
    decision: Verdict
    person: str | None
    #: best first
    candidates: tuple[str, ...]
    #: how surely, in bits; 0 for nobody
    bits: float
    #: by how many bits the next is behind
    gap: float
    guards: tuple[str, ...]
    explanation: str


def file_decision(event: FiledEvent, match: Match, source_ids: Mapping[str, str]) -> FileDecision:
    """Write down a match, as seen by the caller. ``source_ids``: the extract's id by person id."""
    people = candidates_in(match)[:MOST_LISTED]
    return FileDecision(
        id=event.id,
        decision=_verdict(match),
        person=source_ids[match.person.id] if isinstance(match, Matched) else None,
        candidates=tuple(source_ids[person.id] for person in people),
        bits=match.weighed.bits if match.weighed else 0.0,
        gap=match.weighed.gap if match.weighed else 0.0,
        guards=(*(match.weighed.guards if match.weighed else ()), *_flags(event, people)),
        explanation=match.because,
    )


def candidates_in(match: Match) -> tuple[Person, ...]:
    """Everybody whom a match names."""
    match match:
        case Matched():
            return (match.person,)
        case Unsure():
            return match.candidates
        case Unknown():
            return ()
    assert_never(match)


def _verdict(match: Match) -> Verdict:
    match match:
        case Matched():
            return Verdict.AUTO
        case Unsure(ambiguous=True):
            return Verdict.AMBIGUOUS
        case Unsure():
            return Verdict.REVIEW
        case Unknown():
            return Verdict.NO_MATCH
    assert_never(match)


def _flags(event: FiledEvent, people: tuple[Person, ...]) -> Iterator[str]:
    """What a colleague should know of the first in the list, beside the guards."""
    if not people:
        return
    if people[0].deceased_on is not None:
        yield "already_deceased"
        if event.type == "bereavement":
            yield "no_reroute"
    if people[0].restricted:
        yield "restricted"
