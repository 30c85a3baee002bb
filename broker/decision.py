"""Decisions: whether a notification goes to departments now, and what each department is told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from broker.adapter import Behind, HandOver
from broker.notification import Notification
from broker.person import Match
from schemas.problems import Problem
from schemas.subject import Subject
from schemas.variants import Variant


class HoldReason(StrEnum):
    """Why nobody is told yet."""

    #: more than one resident could be meant, or one is not sure enough
    CLERICAL_REVIEW = "clerical-review"
    #: the directory knows nobody, and too little was said to let a department find the person
    IDENTITY_INCOMPLETE = "identity-incomplete"
    #: the match is sure, but facts of the event are missing
    FACTS_INCOMPLETE = "facts-incomplete"
    #: a reviewer cannot choose from what was said
    ASK_THE_CALLER = "ask-the-caller"
    #: the person is recorded as having died
    AFTER_A_DEATH = "after-a-death"
    #: a death of this person has been told before
    SECOND_DEATH = "second-death"
    #: a record about this person came before, and could not be read
    UNREAD_BEFORE = "unread-before"


HOLD_CAPTIONS: dict[HoldReason, str] = {
    HoldReason.CLERICAL_REVIEW: "A colleague must choose between records that could be this person.",
    HoldReason.IDENTITY_INCOMPLETE: "We do not hold this person, and need more to let departments find them.",
    HoldReason.FACTS_INCOMPLETE: "We know who this is, and need more about what happened.",
    HoldReason.ASK_THE_CALLER: "A reviewer needs one thing from the caller to choose between records.",
    HoldReason.AFTER_A_DEATH: "This person is recorded as having died, so a colleague must look first.",
    HoldReason.SECOND_DEATH: "A death has been recorded for this person before, so a colleague must look first.",
    HoldReason.UNREAD_BEFORE: "Something that was told of this person before could not be read; an operator is asked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceed:
    """Departments are told."""

    #: the lane: a directory id, or one of its own for somebody unknown
    person: str
    #: the subject as told, completed from the directory where the match is sure
    subject: Subject
    variant: Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nobody is told until a person decides or a missing fact arrives."""

    reason: HoldReason
    variant: Variant
    missing: tuple[Problem, ...] = ()
    #: known even now, where the match is sure
    person: str | None = None


Decision: TypeAlias = Proceed | Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One department's copy of one notification."""

    id: str
    event_id: str
    department: str
    revision: int
    person: str
    seq: int
    kind: str
    hand_over: HandOver
    #: what the department is told: a delivery letter, as bytes
    letter: bytes
    #: what the department must still be told before it can act; then nothing is sent
    missing: tuple[Problem, ...] = ()
    #: what becomes of the person's later ones while this one is stuck
    behind: Behind = Behind.BLOCK
    #: 2 where it goes before all others
    jump: int = 0
    #: it waits for its day
    not_before: datetime | None = None
    #: it cannot be undone, so it waits a while in which it can be stopped
    cools_off: bool = False
    #: it is told because the person who tells us agreed; else under its law
    agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A delivery of an earlier notification that its department has not seen."""

    delivery: str
    #: it waits for its day
    waits_for_its_day: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTold:
    """A department that is told of such events, but not of this one, and why."""

    department: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Everything the first leg decided about one notification."""

    told: Notification
    match: Match | None
    decision: Decision
    deliveries: tuple[Delivery, ...] = ()
    not_told: tuple[NotTold, ...] = ()
    #: deliveries of the earlier notification that are called off: their departments have not seen them
    calls_off: tuple[str, ...] = ()
    #: an earlier notification that nobody had been told of, and that this one replaces
    replaces: str | None = None
    #: the whole answer, where it names somebody protected: for the team alone
    protected: Match | None = None

    @property
    def event_id(self) -> str:
        """The notification's id."""
        return self.told.id
