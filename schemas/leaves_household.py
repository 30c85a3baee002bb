"""Someone stopped living in the home."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.address import Address
from schemas.day import Day
from schemas.flag import Flag
from schemas.life_event import LifeEvent
from schemas.person import OtherPerson
from schemas.whole_number import WholeNumber


class LeavingReason(StrEnum):
    """The class of reason, and no more than the class."""

    LEFT = "left"
    HOSPITAL = "hospital"
    CARE_HOME = "care_home"
    PRISON = "prison"
    STUDENT = "student"
    CARER = "carer"


class Leaver(OtherPerson):
    """The person who stopped living in the home."""

    new_address: Address | None = Field(None, description="Where they went; never shown to anyone at the old home")
    address_may_be_shown: Flag = Field(True, description="No if where they went must be kept from others")
    is_partner: Flag = Field(False, description="Whether they lived with the subject as a couple")
    was_responsible: Flag | None = Field(None, description="Whether they were responsible for Council Tax")


class LeavesHousehold(LifeEvent):
    """Someone left a household; the subject is the householder who stays."""

    kind: ClassVar[str] = "leaves_household"
    caption: ClassVar[str] = "Someone has left the household"
    furthest_ahead: ClassVar[timedelta] = timedelta(days=366)

    occurred_on: Day = Field(description="The day they stopped living in the home")
    leaver: Leaver = Field(description="The person who left")
    reason: LeavingReason = Field(description="The class of reason")
    adults_remaining: WholeNumber | None = Field(None, description="How many people over 18 still live in the home")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "leaves_household",
        "schema_version": "1.0",
        "occurred_on": "2026-09-30",
        "told_at": "2026-10-09T09:05:00Z",
        "channel": "phone",
        "subject": {
            "name": {"forenames": "Rosalind", "surname": "Achterberg"},
            "date_of_birth": "1968-08-14",
            "nino": "QQ678901B",
            "address": {"state": "uk", "lines": ["21 Castle Terrace"], "postcode": "AA8 9NP"},
            "phone": "+441632960088",
            "references": [{"department": "council-tax", "reference": "99654321"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "leaver": {
            "name": {"forenames": "Luc", "surname": "Achterberg"},
            "date_of_birth": "2001-06",
            "relationship": "child",
            "was_responsible": False,
        },
        "reason": "left",
        "adults_remaining": 1,
    }
