"""An earlier life event did not happen, or not to this person."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.life_event import LifeEvent
from schemas.reference import Reference


class WithdrawalReason(StrEnum):
    """Why what was told is taken back."""

    DID_NOT_HAPPEN = "did_not_happen"
    WRONG_PERSON = "wrong_person"
    TOLD_TWICE = "told_twice"
    INFORMANT_MISTAKE = "informant_mistake"
    ADVISER_MISTAKE = "adviser_mistake"
    REGISTRATION_CANCELLED = "registration_cancelled"
    NO_LONGER_WANTED = "no_longer_wanted"


class Withdrawal(LifeEvent):
    """An earlier notification is taken back; everyone who had it is told."""

    kind: ClassVar[str] = "withdrawal"
    caption: ClassVar[str] = "Something we were told did not happen"

    occurred_on: Day = Field(description="The day it was taken back")
    withdraws: Reference = Field(description="The reference of the earlier notification")
    reason: WithdrawalReason = Field(description="Why it is taken back")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "withdrawal",
        "schema_version": "1.0",
        "occurred_on": "2026-10-15",
        "told_at": "2026-10-15T09:00:00Z",
        "channel": "phone",
        "subject": {
            "name": {"forenames": "Ben Idris", "surname": "Okafor"},
            "date_of_birth": "1985-04-12",
            "nino": "QQ123456C",
            "address": {"state": "uk", "lines": ["12 Mill Row", "Anytown"], "postcode": "AA1 1AA", "uprn": "199356"},
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "withdraws": "TUO-2026-000123",
        "reason": "did_not_happen",
    }
