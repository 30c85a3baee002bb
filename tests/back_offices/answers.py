"""What a back office answers to one delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

Outcome = Literal["accepted", "not_held", "referred", "needs_information", "awaited", "deferred", "refused"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing the caller should be asked."""

    field: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An outcome and what belongs to it; never a personal field."""

    outcome: Outcome
    receipt: str | None = None
    reason: str | None = None
    question: Question | None = None
    by: date | None = None
    again_at: datetime | None = None
    case: str | None = None
    field: str | None = None


def to_plain(answer: Answer) -> dict[str, object]:
    """The answer as JSON keeps it."""
    question = answer.question
    return {
        "outcome": answer.outcome,
        "receipt": answer.receipt,
        "reason": answer.reason,
        "question": {"field": question.field, "ask": question.ask} if question else None,
        "by": answer.by.isoformat() if answer.by else None,
        "again_at": answer.again_at.isoformat() if answer.again_at else None,
        "case": answer.case,
        "field": answer.field,
    }


def from_plain(plain: Mapping[str, str | None], question: Mapping[str, str] | None) -> Answer:
    """The answer that `to_plain` wrote."""
    by, again_at = plain["by"], plain["again_at"]
    return Answer(
        outcome=next(outcome for outcome in OUTCOMES if outcome == plain["outcome"]),
        receipt=plain["receipt"],
        reason=plain["reason"],
        question=Question(field=question["field"], ask=question["ask"]) if question else None,
        by=date.fromisoformat(by) if by else None,
        again_at=datetime.fromisoformat(again_at) if again_at else None,
        case=plain["case"],
        field=plain["field"],
    )


def accepted(case: str | None = None) -> Answer:
    """Done; the desk adds the receipt."""
    return Answer(outcome="accepted", case=case)


def referred(reason: str, by: date, case: str | None = None) -> Answer:
    """A member of staff will act, by that day."""
    return Answer(outcome="referred", reason=reason, by=by, case=case)


def not_held(reason: str) -> Answer:
    """Nobody, or nothing, is held here to act upon."""
    return Answer(outcome="not_held", reason=reason)


def refused(reason: str, field: str | None = None) -> Answer:
    """Never, as it stands."""
    return Answer(outcome="refused", reason=reason, field=field)


def needs(field: str, ask: str, by: date) -> Answer:
    """One question for the caller."""
    return Answer(outcome="needs_information", question=Question(field=field, ask=ask), by=by)
