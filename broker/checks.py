"""Rules of judgement: may departments be told now? One small function each, listed at the foot. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never
from uuid import UUID

from broker import ids
from broker.choices import UnknownRule
from broker.completing import completed
from broker.decision import Decision, Hold, HoldReason, Proceed, Unsent
from broker.identity.guards import Guard
from broker.notification import Notification
from broker.person import Match, Matched, Unknown, Unsure
from schemas.bereavement import Bereavement
from schemas.problems import Problem
from schemas.subject import Subject
from schemas.today import LONDON
from schemas.variants import Variant, judge_variant
from schemas.withdrawal import Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the notification itself when it is judged."""

    match: Match
    #: deaths of this person that were told before and not withdrawn, without the one that this corrects
    deaths_told: int = 0
    #: who the corrected or withdrawn notification was about, where departments were told of it
    earlier_person: str | None = None
    #: department to the delivery that it had of that notification; None where nothing could be sent
    had_earlier: Mapping[str, str | None] = field(default_factory=dict)
    #: department to the delivery of that notification which the department has not seen
    unsent_earlier: Mapping[str, Unsent] = field(default_factory=dict)
    #: the kind of that notification
    earlier_kind: str | None = None
    #: the corrected notification, where nobody had been told of it: this one takes its place
    replaces: str | None = None
    #: a record about this person came before, and could not be read
    unread_before: bool = False
    #: the whole answer, where it names somebody protected: for the team alone, and never what is acted on here
    protected: Match | None = None
    #: how much this council asks for where the person is unknown
    unknown_rule: UnknownRule = field(default_factory=UnknownRule)

    @property
    def references(self) -> Mapping[str, str]:
        """Departments' own references for this person, where the match is sure."""
        return self.match.person.references if isinstance(self.match, Matched) else {}


def judge(notification: Notification, known: Known) -> Decision:
    """Proceed, or hold with the first rule that says so. A withdrawal never waits: whoever was told must hear it."""
    for rule in () if isinstance(notification.event, Withdrawal) else RULES:
        if (hold := rule(notification, known)) is not None:
            return hold
    return _proceed(notification, known)


def _sure_enough(notification: Notification, known: Known) -> Hold | None:
    match known.match:
        case Matched() | Unknown():
            return None
        case Unsure():
            if known.earlier_person is not None:
                return None
            reason = HoldReason.AFTER_A_DEATH if _only_dead(known.match) else HoldReason.CLERICAL_REVIEW
            return Hold(reason=reason, variant=Variant.UNSURE)
    assert_never(known.match)


def _only_dead(match: Unsure) -> bool:
    """Whether the one record that could be meant would do, but for a death."""
    guards = match.weighed.guards if match.weighed else ()
    return len(match.candidates) == 1 and guards == (Guard.DECEASED_CONFLICT,)


def _says_enough(notification: Notification, known: Known) -> Hold | None:
    if known.earlier_person is not None:
        return None
    variant = variant_for(known.match)
    unknown = variant is Variant.UNKNOWN
    missing = _missing_of_unknown(notification, known) if unknown else _missing(notification, variant)
    if not missing:
        return None
    reason = HoldReason.IDENTITY_INCOMPLETE if unknown else HoldReason.FACTS_INCOMPLETE
    return Hold(reason=reason, variant=variant, missing=missing, person=_person(known.match))


def _missing(notification: Notification, variant: Variant) -> tuple[Problem, ...]:
    return judge_variant(notification.event, variant, notification.recorded_at.astimezone(LONDON).date())


def _missing_of_unknown(notification: Notification, known: Known) -> tuple[Problem, ...]:
    """What the facts lack, and what would reach the points that this council asks for."""
    asked = _missing(notification, Variant.UNKNOWN)
    facts = _missing(notification, Variant.MATCHED) if asked else ()
    rest = [each for each in asked if each not in facts]
    return (*known.unknown_rule.missing(notification.event, rest), *facts)


def _not_after_a_death(notification: Notification, known: Known) -> Hold | None:
    if notification.earlier is not None or not known.deaths_told:
        return None
    second = isinstance(notification.event, Bereavement)
    reason = HoldReason.SECOND_DEATH if second else HoldReason.AFTER_A_DEATH
    return Hold(reason=reason, variant=variant_for(known.match), person=_person(known.match))


def _not_before_what_was_unread(notification: Notification, known: Known) -> Hold | None:
    if not known.unread_before:
        return None
    return Hold(reason=HoldReason.UNREAD_BEFORE, variant=variant_for(known.match), person=_person(known.match))


def variant_for(match: Match) -> Variant:
    """The variant of the schema that fits how surely we know who it is about."""
    match match:
        case Matched():
            return Variant.MATCHED
        case Unsure():
            return Variant.UNSURE
        case Unknown():
            return Variant.UNKNOWN
    assert_never(match)


def _proceed(notification: Notification, known: Known) -> Proceed:
    told: Subject = notification.event.subject
    variant = variant_for(known.match)
    if known.earlier_person is not None:
        same = isinstance(known.match, Matched) and known.match.person.id == known.earlier_person
        subject = completed(told, known.match.person) if same and isinstance(known.match, Matched) else told
        return Proceed(person=known.earlier_person, subject=subject, variant=variant)
    if isinstance(known.match, Matched):
        return Proceed(person=known.match.person.id, subject=completed(told, known.match.person), variant=variant)
    return Proceed(person=ids.unknown_person(UUID(notification.id)), subject=told, variant=variant)


def _person(match: Match) -> str | None:
    return match.person.id if isinstance(match, Matched) else None


Rule = Callable[[Notification, Known], Hold | None]
RULES: Sequence[Rule] = (_sure_enough, _not_after_a_death, _says_enough, _not_before_what_was_unread)
