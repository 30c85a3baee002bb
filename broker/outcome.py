"""Outcomes: what a back office answered to an attempt, as values."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias, assert_never

from pydantic import ValidationError

from schemas.outcome import OutcomeFacts, OutcomeKind, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Done: the back office has made the change."""

    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotHeld:
    """The department holds no record of this person; there was nothing to change."""

    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """The department's staff will act, by a day they name."""

    by: date | None = None
    receipt: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsInformation:
    """The caller is asked one thing before the department can act."""

    question: Question
    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """Taken; the answer comes later, by the back office's own way."""

    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now: ask again, not before ``after`` where the back office said so."""

    reason: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Never: the back office will not take this, with its reason code."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Sent, and no usable answer came back: the change may or may not have been made."""

    reason: str


Outcome: TypeAlias = Accepted | NotHeld | Referred | NeedsInformation | Awaited | Deferred | Refused
Heard: TypeAlias = Outcome | Unheard
#: the answers that end a delivery
FINAL = (Accepted, NotHeld, Referred, NeedsInformation, Refused)


def outcome_of(facts: OutcomeFacts, now: datetime) -> Outcome:
    """Read an outcome from the wire; ``now`` turns a wall-clock "again at" into a wait."""
    match facts.outcome:
        case OutcomeKind.ACCEPTED:
            return Accepted(receipt=facts.receipt)
        case OutcomeKind.NOT_HELD:
            return NotHeld(receipt=facts.receipt)
        case OutcomeKind.REFERRED:
            return Referred(by=facts.by, receipt=facts.receipt, reason=facts.reason)
        case OutcomeKind.NEEDS_INFORMATION:
            return NeedsInformation(question=facts.question or _UNSAID, receipt=facts.receipt)
        case OutcomeKind.AWAITED:
            return Awaited(receipt=facts.receipt)
        case OutcomeKind.DEFERRED:
            return Deferred(reason=facts.reason or "not-now", after=facts.again_at - now if facts.again_at else None)
        case OutcomeKind.REFUSED:
            return Refused(reason=facts.reason or "not-said")
    assert_never(facts.outcome)


def facts_of(outcome: Outcome, *, delivery: str, department: str, now: datetime) -> OutcomeFacts:
    """Put an outcome on the wire."""
    said: dict[str, object] = {"delivery": delivery, "department": department, "outcome": kind_of(outcome)}
    match outcome:
        case Accepted() | NotHeld() | Awaited():
            said["receipt"] = outcome.receipt
        case Referred():
            said |= {"receipt": outcome.receipt, "by": outcome.by, "reason": outcome.reason}
        case NeedsInformation():
            said |= {"receipt": outcome.receipt, "question": outcome.question}
        case Deferred():
            said |= {"reason": outcome.reason, "again_at": now + outcome.after if outcome.after else None}
        case Refused():
            said["reason"] = outcome.reason
        case _:
            assert_never(outcome)
    return OutcomeFacts.model_validate(said)


def can_be_kept(heard: Heard, now: datetime) -> bool:
    """Whether what an adapter returned fits the wire: a reason is a code, a receipt is short."""
    said = Deferred(reason=heard.reason) if isinstance(heard, Unheard) else heard
    try:
        facts_of(said, delivery="", department="", now=now)
    except (ValidationError, OverflowError):
        return False
    return True


def kind_of(outcome: Outcome) -> OutcomeKind:
    """The word for an outcome."""
    return _KINDS[type(outcome)]


_KINDS: dict[type, OutcomeKind] = {
    Accepted: OutcomeKind.ACCEPTED,
    NotHeld: OutcomeKind.NOT_HELD,
    Referred: OutcomeKind.REFERRED,
    NeedsInformation: OutcomeKind.NEEDS_INFORMATION,
    Awaited: OutcomeKind.AWAITED,
    Deferred: OutcomeKind.DEFERRED,
    Refused: OutcomeKind.REFUSED,
}
_UNSAID = Question(field="", ask="The department needs to speak to you.")
