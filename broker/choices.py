"""What a council chooses for itself: how much must be said of somebody unknown, and how its reviewers work. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from schemas.life_event import LifeEvent
from schemas.problems import Problem

#: what a field of somebody unknown is worth by default: all of the first four, and one way to tell them from another
POINTS: Final[Mapping[str, int]] = {
    "name": 10,
    "date_of_birth": 10,
    "address": 10,
    "informant": 10,
    "nino": 3,
    "phone": 3,
    "email": 3,
}
NEEDED: Final = 43
#: any of these tells a person from another; the schema asks for one of them under the name of the first
_OWN: Final = ("nino", "phone", "email")
_ASKS: Final[Mapping[str, str]] = {
    "nino": "Enter a National Insurance number.",
    "phone": "Enter a phone number.",
    "email": "Enter an email address.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRule:
    """How much must be said of somebody the directory does not know before departments are told, in points."""

    points: Mapping[str, int] = field(default_factory=lambda: dict(POINTS))
    needed: int = NEEDED

    def missing(self, event: LifeEvent, asked: Sequence[Problem]) -> tuple[Problem, ...]:
        """What must still be said. ``asked`` is what the schema for somebody unknown asks for beside the event's facts.

        Where the points are reached, what the schema asks of the person and the informant is not missing; where they
        are not, whatever would reach them is, the most valuable first.
        """
        others = [each for each in asked if _field_of(each) is None]
        said = {name for name in self.points if _is_said(name, event, asked)}
        chosen = self._to_reach(said)
        return (*_asked_for(chosen, asked), *others)

    def _to_reach(self, said: set[str]) -> list[str]:
        reached = sum(self.points[name] for name in said)
        chosen: list[str] = []
        for name in sorted(self.points.keys() - said, key=lambda each: (-self.points[each], list(POINTS).index(each))):
            if reached >= self.needed:
                break
            if self.points[name] > 0:
                chosen.append(name)
                reached += self.points[name]
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What this council has chosen."""

    unknown: UnknownRule = field(default_factory=UnknownRule)
    #: the team that whoever is protected is known to
    protection_team: str = "Protection team"
    #: the share of automatic links that a reviewer looks at again, without knowing that they were made
    second_looks: float = 0.0
    #: how long a case is one reviewer's own
    claim: timedelta = timedelta(minutes=15)


def _field_of(problem: Problem) -> str | None:
    """Which of the fields that are worth points a problem is about, if any."""
    first, _, rest = problem.field.partition(".")
    if first == "informant":
        return "informant"
    second = rest.partition(".")[0]
    return second if first == "subject" and second in POINTS else None


def _is_said(name: str, event: LifeEvent, asked: Sequence[Problem]) -> bool:
    if name in _OWN:
        return getattr(event.subject, name) is not None
    return not any(_field_of(each) == name for each in asked)


def _asked_for(chosen: Sequence[str], asked: Sequence[Problem]) -> Iterator[Problem]:
    for name in chosen:
        found = [each for each in asked if _field_of(each) == name]
        if found:
            yield from found
        elif name in _ASKS:
            yield Problem(field=f"subject.{name}", code="missing", message=_ASKS[name])
