"""Sentences: what an adviser can read out about one department, whatever its delivery's standing and answer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from broker.standing import Standing
from schemas.outcome import OutcomeKind
from schemas.today import LONDON


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """As much of a department's answer as a sentence may hold."""

    outcome: OutcomeKind | None = None
    #: the day by which their staff will act
    by: date | None = None
    receipt: str | None = None
    #: the question for the caller
    ask: str | None = None


#: the department has answered, and the adapter has no words of its own
OUTCOME_SENTENCES: Final[Mapping[OutcomeKind, str]] = MappingProxyType(
    {
        OutcomeKind.ACCEPTED: "{department} has made the change. You need not do anything.",
        OutcomeKind.NOT_HELD: "{department} holds no record of this person, so there was nothing to change.",
        OutcomeKind.REFERRED: "A member of staff at {department} will act on this. You need not tell them again.",
        OutcomeKind.NEEDS_INFORMATION: "{department} needs one thing from you before it can act.",
        OutcomeKind.AWAITED: "{department} has this and will answer later. You need not do anything.",
        OutcomeKind.DEFERRED: "{department} could not take this yet; we keep trying. You need not do anything.",
        OutcomeKind.REFUSED: "{department} could not accept this. A colleague is looking into it.",
    }
)
#: the department has not answered
STANDING_SENTENCES: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.WAITING: "We are about to tell {department}. You need not do anything.",
        Standing.SENDING: "We are telling {department} now. You need not do anything.",
        Standing.HANDED_OVER: "{department} has been told and has not answered yet. You need not do anything.",
        Standing.RETRYING: "We could not reach {department} yet; we keep trying. You need not do anything.",
        Standing.PARKED: "{department} could not take this yet; we try again from time to time. You need not do anything.",
        Standing.AWAITED: "{department} has this and will answer later. You need not do anything.",
        Standing.UNKNOWN: "We told {department} but got no clear answer. A colleague is looking into this.",
        Standing.SETTLED: "{department} has answered.",
        Standing.DEAD: "We could not tell {department}. A colleague is looking into this.",
        Standing.CANCELLED: "{department} was not told, because this was called off. You need not do anything.",
    }
)
#: called off after a try whose fate nobody knows: what takes it back, or its place, is told instead
CALLED_OFF_LATE: Final = (
    "This was called off. What {department} may have heard of it is put right. You need not do anything."
)
#: spelt out here, because the standard library's follow the machine's language
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Waits(StrEnum):
    """Why a department is not told just now."""

    CLOSED = "closed"
    PAUSED = "paused"
    AWAY = "away"
    COOL_OFF = "cool_off"
    ITS_DAY = "its_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why a department is not told just now, and when that ends or began."""

    why: Waits
    #: when it ends; with AWAY when it began. None where nobody has said
    moment: datetime | None = None


_WAITING: Final[Mapping[Waits, tuple[str, str]]] = MappingProxyType(
    {
        Waits.CLOSED: (
            "{department} is closed until {when}. We will tell them then. You need not do anything.",
            "{department} is closed. We will tell them when they open. You need not do anything.",
        ),
        Waits.PAUSED: (
            "We are holding back what goes to {department} until {when}. You need not do anything.",
            "We are holding back what goes to {department}. We will tell them later. You need not do anything.",
        ),
        Waits.AWAY: (
            "We could not reach {department} yet; we keep trying. You need not do anything. "
            "There has been no answer since {when}.",
            "We could not reach {department} yet; we keep trying. You need not do anything.",
        ),
        Waits.COOL_OFF: (
            "We will tell {department} at {when}; until then this can be stopped. You need not do anything.",
            "We will tell {department} soon; until then this can be stopped. You need not do anything.",
        ),
        Waits.ITS_DAY: (
            "We will tell {department} on {when}. You need not do anything.",
            "We will tell {department} when the day comes. You need not do anything.",
        ),
    }
)


def waiting_sentence(department: str, waiting: Waiting) -> str:
    """Say why a department is not told just now, and when that will change."""
    with_when, without = _WAITING[waiting.why]
    if waiting.moment is None:
        return _begun(without.replace("{department}", department))
    day_alone = waiting.why is Waits.ITS_DAY
    when = written_day(waiting.moment.astimezone(LONDON).date()) if day_alone else written_moment(waiting.moment)
    return _begun(with_when.replace("{department}", department).replace("{when}", when))


def written_moment(moment: datetime) -> str:
    """A moment as it is read out in London, such as 09:00 on 12 December 2026."""
    here = moment.astimezone(LONDON)
    return f"{here:%H:%M} on {written_day(here.date())}"


def sentence(
    department: str,
    standing: Standing,
    answer: Answer,
    says: Mapping[OutcomeKind, str] = MappingProxyType({}),
    *,
    tried: bool = False,
) -> str:
    """Say where one department is. ``department`` is its title; ``says`` are the adapter's own words by outcome.

    ``tried`` says that it was sent at least once, whatever became of it.
    """
    if standing is Standing.CANCELLED and tried:
        return _begun(CALLED_OFF_LATE.replace("{department}", department))
    if standing not in (Standing.SETTLED, Standing.AWAITED) or answer.outcome is None:
        return _begun(STANDING_SENTENCES[standing].replace("{department}", department))
    own = _filled(says.get(answer.outcome, ""), answer)
    return own or _default(department, answer.outcome, answer)


def written_day(day: date) -> str:
    """A day as it is read out, such as 12 December 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _filled(text: str, answer: Answer) -> str:
    """The adapter's words, or nothing where they need what was not answered."""
    values = {"{by}": written_day(answer.by) if answer.by else None, "{receipt}": answer.receipt}
    for place, value in values.items():
        if place in text:
            if value is None:
                return ""
            text = text.replace(place, value)
    return text


def _default(department: str, outcome: OutcomeKind, answer: Answer) -> str:
    said = OUTCOME_SENTENCES[outcome].replace("{department}", department)
    match outcome:
        case OutcomeKind.REFERRED if answer.by is not None:
            said = f"A member of staff at {department} will act on this by {written_day(answer.by)}."
        case OutcomeKind.NEEDS_INFORMATION if answer.ask:
            said = f"{said} {answer.ask}"
        case _:
            pass
    return _begun(f"{said} Their reference is {answer.receipt}." if answer.receipt else said)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
