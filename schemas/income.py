"""Money coming in: what kind, how much and how often."""

from enum import StrEnum

from pydantic import Field

from schemas.pounds import Pounds
from schemas.shape import Shape


class IncomeKind(StrEnum):
    """Where the money comes from."""

    EARNINGS = "earnings"
    SELF_EMPLOYMENT = "self_employment"
    STATE_PENSION = "state_pension"
    PRIVATE_PENSION = "private_pension"
    UNIVERSAL_CREDIT = "universal_credit"
    OTHER_BENEFIT = "other_benefit"
    MAINTENANCE = "maintenance"
    RENT = "rent"
    SAVINGS = "savings"
    STUDENT_FINANCE = "student_finance"
    OTHER = "other"


class Frequency(StrEnum):
    """How often it is paid."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    FOUR_WEEKLY = "four_weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    ONCE = "once"


class Income(Shape):
    """One income."""

    income_kind: IncomeKind = Field(description="Where the money comes from")
    amount: Pounds = Field(description="How much, in pounds and pence, each time it is paid")
    frequency: Frequency = Field(description="How often it is paid")
