"""A change in someone's income."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.income import Income
from schemas.life_event import LifeEvent
from schemas.person import OtherPerson
from schemas.pounds import Pounds


class IncomeStep(StrEnum):
    """What became of the income."""

    STARTS = "starts"
    STOPS = "stops"
    RISES = "rises"
    FALLS = "falls"


class IncomeChange(LifeEvent):
    """An income started, stopped or changed; the subject is the claimant the council knows."""

    kind: ClassVar[str] = "income_change"
    caption: ClassVar[str] = "Someone's income has changed"
    furthest_ahead: ClassVar[timedelta] = timedelta(days=366)

    occurred_on: Day = Field(description="The first day of the new income, or the last of the old")
    person: OtherPerson | None = Field(None, description="Whose income it is; left out if it is the subject's")
    change: IncomeStep = Field(description="Whether the income starts, stops, rises or falls")
    income: Income = Field(description="The income as it is now; if it stops, as it was")
    previous_amount: Pounds | None = Field(None, description="How much it was each time before")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "income_change",
        "schema_version": "1.0",
        "occurred_on": "2026-10-01",
        "told_at": "2026-10-10T13:00:00Z",
        "channel": "phone",
        "subject": {
            "name": {"forenames": "Keiko", "surname": "Tanaka-Jones"},
            "date_of_birth": "1957-12-05",
            "nino": "QQ789012C",
            "address": {"state": "uk", "lines": ["9 Station Road"], "postcode": "AA9 1QR"},
            "phone": "+441632960123",
            "references": [{"department": "housing-benefit", "reference": "100555K"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "change": "rises",
        "income": {"income_kind": "private_pension", "amount": "412.50", "frequency": "monthly"},
        "previous_amount": "398.00",
        "evidence": [{"kind": "benefit_letter", "seen": False, "needed_by": "2026-11-10"}],
    }
