"""What the broker knows of one notification when it decides what a department may see of it."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.life_event import LifeEvent
from schemas.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a disclosure may draw from. No department sees this whole."""

    event: LifeEvent
    #: the subject as told, completed from the directory where the match is sure
    subject: Subject
    #: when the council was told; rules count from here
    told_at: datetime
    #: the same day in Europe/London
    told_on: date
    #: the reference that the adviser and the caller hold
    notification: str
    #: an opaque id of the person, equal for equal persons and nothing else
    person: str
    #: rises with acceptance: a later event of a person has a higher number
    sequence: int
    #: 1, and one more for each edit by an operator
    revision: int = 1
    #: the department's own reference for this person, where the council knows it
    case_reference: str | None = None
    #: with a correction or a withdrawal: the delivery that this department had of the earlier notification
    earlier_delivery: str | None = None
