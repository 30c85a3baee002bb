"""The outcome letter: what a back office answered, as CloudEvents 1.0 JSON on the topic ``outcomes``."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

#: a NUL cannot be kept in every database
Kept = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class OutcomeKind(StrEnum):
    """The seven things a back office can say."""

    #: done: the back office has made the change
    ACCEPTED = "accepted"
    #: nothing to do: the department holds no record of this person
    NOT_HELD = "not_held"
    #: a member of their staff will act, by a day they name
    REFERRED = "referred"
    #: the caller is asked one thing
    NEEDS_INFORMATION = "needs_information"
    #: taken, the answer comes later
    AWAITED = "awaited"
    #: not now: ask again
    DEFERRED = "deferred"
    #: never: with a reason code
    REFUSED = "refused"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, str_max_length=255)


class Question(_Wire):
    """One thing the caller is asked for."""

    field: Kept = Field(description="the field of the life event that is asked for, dotted")
    ask: Kept = Field(description="the question in plain words, with no personal data in it")


class OutcomeFacts(_Wire):
    """What one back office answered to one delivery."""

    delivery: Kept = Field(description="the delivery id that is answered")
    department: Kept = Field(description="the department that answers")
    outcome: OutcomeKind = Field(description="one of the seven outcomes")
    receipt: Kept | None = Field(default=None, description="the back office's own reference for having taken it")
    reason: str | None = Field(
        default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="a reason code, never a text"
    )
    question: Question | None = Field(default=None, description="with needs_information: what is asked")
    by: date | None = Field(default=None, description="with referred: the day by which their staff will act")
    again_at: AwareDatetime | None = Field(default=None, description="with deferred: when to ask again")


class OutcomeLetter(_Wire):
    """The envelope of an outcome (CloudEvents 1.0, JSON, structured mode)."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, description="unique for each outcome letter of this source")
    source: str = Field(
        min_length=1, description="urn:tell-us-once:broker, or urn:tell-us-once:back-office:<department>"
    )
    type: Literal["uk.tell-us-once.outcome.v1"] = "uk.tell-us-once.outcome.v1"
    time: datetime = Field(description="when it was answered")
    datacontenttype: Literal["application/json"] = "application/json"
    subject: str = Field(description="the delivery id")
    data: OutcomeFacts
