"""A birth in the household. Of a still-birth we keep that it happened, and nothing of the child."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.life_event import LifeEvent, unusual_date
from schemas.name import Name
from schemas.problems import Problem
from schemas.shape import Shape
from schemas.subject import Sex


class BirthOutcome(StrEnum):
    """Whether the child was born alive."""

    LIVE = "live"
    STILL = "still"


class Child(Shape):
    """A child who was born; the day of birth is the day of the event."""

    name: Name | None = Field(None, description="The child's name, if it is chosen")
    sex: Sex | None = Field(None, description="The child's sex, if it was given")


class Birth(LifeEvent):
    """A child was born; the subject is the parent the council knows."""

    kind: ClassVar[str] = "birth"
    caption: ClassVar[str] = "A child has been born"

    occurred_on: Day = Field(description="The day the child was born")
    outcome: BirthOutcome = Field(description="Whether the child was born alive")
    child: Child | None = Field(None, description="The child; left out for a still-birth")
    registered_on: Day | None = Field(None, description="The day the birth was registered")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "birth",
        "schema_version": "1.0",
        "occurred_on": "2026-09-21",
        "told_at": "2026-10-02T14:05:00Z",
        "channel": "face_to_face",
        "subject": {
            "name": {"forenames": "Gwenllïan", "surname": "Llŷr"},
            "date_of_birth": "1996-02-29",
            "nino": "QQ234567A",
            "address": {"state": "uk", "lines": ["Flat 2", "40 Harbour Street"], "postcode": "AA3 2DE"},
            "email": "gwen@example.org",
            "language": "cy",
            "references": [{"department": "housing-benefit", "reference": "100234X"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "outcome": "live",
        "child": {"name": {"forenames": "Cadi", "surname": "Llŷr"}, "sex": "female"},
        "registered_on": "2026-10-01",
    }

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for the child born alive, for nothing of a child who was not, and for dates in order."""
        yield from super().refusals(today)
        if self.outcome is BirthOutcome.LIVE and self.child is None:
            yield Problem(field="child", code="missing", message="Say what is known of the child.")
        if self.outcome is BirthOutcome.STILL and self.child is not None:
            yield Problem(field="child", code="not_wanted", message="Leave out the child's details for a still-birth.")
        if self.registered_on is not None and self.registered_on < self.occurred_on:
            yield Problem(field="registered_on", code="date_before_birth", message="This is before the child was born.")
        if self.registered_on is not None and self.registered_on > today:
            yield Problem(field="registered_on", code="date_in_future", message="This is in the future.")

    def unusual(self, today: date) -> Iterator[Problem]:
        """Say that a birth is not registered within 42 days (Births and Deaths Registration Act 1953, section 2)."""
        yield from super().unusual(today)
        if self.registered_on is None and self.occurred_on < today - timedelta(days=42):
            yield unusual_date("registered_on", "A birth is registered within 42 days. Ask whether it was.")
