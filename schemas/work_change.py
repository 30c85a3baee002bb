"""Someone starts or stops work."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.disregard import Disregard
from schemas.flag import Flag
from schemas.income import Frequency
from schemas.life_event import LifeEvent
from schemas.person import OtherPerson
from schemas.pounds import Pounds
from schemas.problems import Problem
from schemas.shape import Shape
from schemas.text import Text


class WorkStep(StrEnum):
    """Which way."""

    STARTS = "starts"
    STOPS = "stops"


class DisregardStep(StrEnum):
    """Whether a disregard class begins or ends with the change."""

    BEGAN = "began"
    ENDED = "ended"


class DisregardChange(Shape):
    """A Council Tax disregard that begins or ends with the work."""

    disregard: Disregard = Field(description="The class in which Council Tax does not count them")
    change: DisregardStep = Field(description="Whether they come into the class or leave it")


class WorkChange(LifeEvent):
    """Work started or stopped; the subject is the person the council knows."""

    kind: ClassVar[str] = "work_change"
    caption: ClassVar[str] = "Someone has started or stopped work"
    furthest_ahead: ClassVar[timedelta] = timedelta(days=366)

    occurred_on: Day = Field(description="The first day of the work, or the last")
    person: OtherPerson | None = Field(None, description="Whose work it is; left out if it is the subject's")
    change: WorkStep = Field(description="Whether the work starts or stops")
    employer: Annotated[str, Text(200)] | None = Field(None, description="The employer's name")
    self_employed: Flag = Field(False, description="Whether they work for themselves")
    hours_a_week: Annotated[int, Field(strict=True, ge=0, le=168)] | None = Field(
        None, description="Hours of work a week, to the nearest hour"
    )
    first_pay_on: Day | None = Field(None, description="The day of the first pay")
    last_pay_on: Day | None = Field(None, description="The day of the last pay")
    pay: Pounds | None = Field(None, description="Pay each time, before tax, in pounds and pence")
    pay_frequency: Frequency | None = Field(None, description="How often it is paid")
    disregard_change: DisregardChange | None = Field(None, description="A disregard that begins or ends with the work")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "work_change",
        "schema_version": "1.0",
        "occurred_on": "2026-10-12",
        "told_at": "2026-10-13T08:45:00Z",
        "channel": "web",
        "subject": {
            "name": {"forenames": "Dafydd", "surname": "ap Rhys"},
            "date_of_birth": "1999-01-31",
            "nino": "QQ890123D",
            "address": {"state": "uk", "lines": ["14 Market Square"], "postcode": "AA1 2ST"},
            "email": "dafydd@example.org",
            "references": [{"department": "housing-benefit", "reference": "100912D"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "change": "starts",
        "employer": "Anytown Bakery",
        "hours_a_week": 30,
        "first_pay_on": "2026-10-30",
        "pay": "1450.00",
        "pay_frequency": "monthly",
        "disregard_change": {"disregard": "student", "change": "ended"},
    }

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse pay that ends before it begins."""
        yield from super().refusals(today)
        first, last = self.first_pay_on, self.last_pay_on
        if first is not None and last is not None and last < first:
            yield Problem(field="last_pay_on", code="date_order", message="This is before the day of the first pay.")
