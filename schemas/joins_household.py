"""Someone came to live in the home."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.disregard import Disregard
from schemas.email import Email
from schemas.flag import Flag
from schemas.income import Income
from schemas.life_event import LifeEvent
from schemas.person import OtherPerson
from schemas.phone import Phone
from schemas.whole_number import WholeNumber


class Joiner(OtherPerson):
    """The person who came to live in the home."""

    is_adult: Flag = Field(description="Whether they are 18 or over")
    is_partner: Flag = Field(False, description="Whether they live with the subject as a couple")
    jointly_responsible: Flag | None = Field(None, description="Whether they share responsibility for Council Tax")
    disregard: Disregard | None = Field(None, description="The class in which Council Tax does not count them, if any")
    income: Income | None = Field(None, description="Their income, if it may change benefit")
    phone: Phone | None = Field(None, description="Their phone number")
    email: Email | None = Field(None, description="Their email address")


class JoinsHousehold(LifeEvent):
    """Someone joined a household; the subject is the householder the council knows."""

    kind: ClassVar[str] = "joins_household"
    caption: ClassVar[str] = "Someone has joined the household"
    furthest_ahead: ClassVar[timedelta] = timedelta(days=366)

    occurred_on: Day = Field(description="The day they came to live in the home")
    joiner: Joiner = Field(description="The person who joined")
    adults_now: WholeNumber | None = Field(None, description="How many people over 18 now live in the home")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "joins_household",
        "schema_version": "1.0",
        "occurred_on": "2026-10-03",
        "told_at": "2026-10-08T16:20:00Z",
        "channel": "phone",
        "subject": {
            "name": {"forenames": "Amina", "surname": "Yusuf"},
            "date_of_birth": "1979-03-08",
            "nino": "QQ567890A",
            "address": {"state": "uk", "lines": ["5 Bridge Street"], "postcode": "AA7 8LN", "uprn": "200145"},
            "phone": "+447700900456",
            "references": [{"department": "housing-benefit", "reference": "100871B"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "joiner": {
            "name": {"forenames": "Omar", "surname": "Yusuf"},
            "date_of_birth": "2004-12-25",
            "relationship": "child",
            "is_adult": True,
            "disregard": "student",
        },
        "adults_now": 2,
    }
