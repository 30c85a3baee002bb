"""A death."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.address import Address
from schemas.flag import Flag
from schemas.life_event import Acts, LifeEvent
from schemas.mourners import DeathInformant, Estate, NextOfKin, Survivor
from schemas.partial_date import PartialDate
from schemas.problems import Problem
from schemas.registration import EvidenceClass, Registration
from schemas.shape import Shape
from schemas.tenure import Tenure
from schemas.text import Text
from schemas.whole_number import WholeNumber


class MaritalStatus(StrEnum):
    """What the person who died was in law."""

    SINGLE = "single"
    MARRIED = "married"
    CIVIL_PARTNERSHIP = "civil_partnership"
    SEPARATED = "separated"
    DIVORCED = "divorced"
    FORMER_CIVIL_PARTNER = "former_civil_partner"
    WIDOWED = "widowed"
    SURVIVING_CIVIL_PARTNER = "surviving_civil_partner"


class PlaceInClaim(StrEnum):
    """What the person who died was in a benefit claim."""

    CLAIMANT = "claimant"
    PARTNER = "partner"
    NEITHER = "neither"
    UNKNOWN = "unknown"


class CareHome(Shape):
    """The hospital, hospice or care home where the person had been living."""

    name: Annotated[str, Text(200)] = Field(description="Its name")
    address: Address | None = Field(None, description="Its address")
    over_28_days: Flag = Field(description="Whether they had been there for more than 28 days")


class Bereavement(LifeEvent):
    """Someone died; the subject is the person who died."""

    kind: ClassVar[str] = "bereavement"
    caption: ClassVar[str] = "Someone has died"
    acts: ClassVar[Acts] = "irreversible"

    occurred_on: PartialDate = Field(description="The date of death, or on or about when: a day, a month or a year")
    informant: DeathInformant = Field(description="Who told us of the death")
    evidence_class: EvidenceClass = Field(description="What the report of the death rests on")
    registration: Registration | None = Field(None, description="The entry in the register, if there is one yet")
    marital_status: MaritalStatus | None = Field(None, description="Marital status of the person who died")
    care_home: CareHome | None = Field(None, description="The hospital, hospice or care home they lived in, if any")
    tenure: Tenure | None = Field(None, description="How their home was held")
    adults_remaining: WholeNumber | None = Field(None, description="How many people over 18 now live in the home")
    claimant_or_partner: PlaceInClaim | None = Field(None, description="Their place in a benefit claim")
    next_of_kin: NextOfKin | None = Field(None, description="The next of kin")
    survivor: Survivor | None = Field(None, description="The surviving spouse, civil partner or partner")
    estate: Estate | None = Field(None, description="Who deals with the estate")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "bereavement",
        "schema_version": "1.0",
        "occurred_on": "2026-10-01",
        "told_at": "2026-10-07T10:15:00Z",
        "channel": "phone",
        "subject": {
            "name": {"title": "Mrs", "forenames": "Ada Rose", "surname": "Penhaligon"},
            "date_of_birth": "1938-11-02",
            "nino": "QQ345678B",
            "address": {"state": "uk", "lines": ["7 Chapel Lane", "Anytown"], "postcode": "AA4 5EF", "uprn": "199777"},
            "references": [{"department": "council-tax", "reference": "99700123"}],
        },
        "informant": {
            "name": {"forenames": "Tom", "surname": "Penhaligon"},
            "relationship": "child",
            "phone": "+441632960001",
            "address": {"state": "uk", "lines": ["2 Quay Street"], "postcode": "AA5 6GH"},
            "authority": "next_of_kin",
            "penalty_declaration": True,
            "is_next_of_kin": True,
            "deals_with_estate": True,
        },
        "evidence_class": "close_relative",
        "registration": {
            "tuo_reference": "AB123C456DE7",
            "source": "ron",
            "number": "512345678",
            "district": "Anytown",
            "registered_on": "2026-10-06",
        },
        "marital_status": "married",
        "tenure": "owner",
        "adults_remaining": 1,
        "claimant_or_partner": "partner",
        "survivor": {
            "name": {"forenames": "Jory", "surname": "Penhaligon"},
            "permission_to_share": True,
            "date_of_birth": "1940-05-30",
        },
        "estate": {
            "held_by": "person",
            "name": {"forenames": "Tom", "surname": "Penhaligon"},
            "phone": "+441632960001",
        },
    }

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse a registration before the death, or not made yet."""
        yield from super().refusals(today)
        registered = self.registration.registered_on if self.registration else None
        field = "registration.registered_on"
        if registered is not None and registered < self.occurred_on.earliest:
            yield Problem(field=field, code="date_before_death", message="This is before the date of death.")
        if registered is not None and registered > today:
            yield Problem(field=field, code="date_in_future", message="This is in the future.")
