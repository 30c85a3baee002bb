"""A move of home: within the council's area, into it, or out of it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.address import Address
from schemas.day import Day
from schemas.flag import Flag
from schemas.life_event import LifeEvent
from schemas.person import OtherPerson
from schemas.problems import Problem
from schemas.tenure import Landlord, Tenure
from schemas.text import Text


class Direction(StrEnum):
    """Which way the move goes, seen from the council that is told."""

    WITHIN = "within"
    IN = "in"
    OUT = "out"


CouncilName = Annotated[str, Text(100)]


class Move(LifeEvent):
    """Someone moved home, or is about to."""

    kind: ClassVar[str] = "move"
    caption: ClassVar[str] = "Someone has moved home"
    furthest_ahead: ClassVar[timedelta] = timedelta(days=366)

    occurred_on: Day = Field(description="The day they moved, or will move")
    direction: Direction = Field(description="Whether they moved within the area, into it or out of it")
    previous_address: Address | None = Field(None, description="The home they left")
    new_address: Address | None = Field(None, description="The home they moved to")
    household: tuple[OtherPerson, ...] = Field((), max_length=20, description="The others who moved with them")
    tenure: Tenure | None = Field(None, description="How the new home is held")
    landlord: Landlord | None = Field(None, description="Landlord or agent of the new home")
    tenancy_starts_on: Day | None = Field(None, description="Day the tenancy or ownership of the new home starts")
    tenancy_ends_on: Day | None = Field(None, description="Day the tenancy or ownership of the old home ends")
    old_home_empty_from: Day | None = Field(None, description="Day the old home is empty of furniture")
    previous_landlord: Landlord | None = Field(None, description="Landlord, agent or new owner of the old home")
    previous_council: CouncilName | None = Field(None, description="The council they moved from, for a move in")
    next_council: CouncilName | None = Field(None, description="The council they moved to, for a move out")
    responsible_for_tax: Flag | None = Field(None, description="Whether they are responsible for Council Tax there")
    single_person: Flag | None = Field(None, description="Whether they are the only adult in the new home")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "move",
        "schema_version": "1.0",
        "occurred_on": "2026-10-05",
        "told_at": "2026-10-06T09:30:00Z",
        "channel": "phone",
        "direction": "within",
        "subject": {
            "name": {"forenames": "Ben Idris", "surname": "Okafor"},
            "date_of_birth": "1985-04-12",
            "nino": "QQ123456C",
            "address": {"state": "uk", "lines": ["12 Mill Row", "Anytown"], "postcode": "AA1 1AA", "uprn": "199356"},
            "phone": "+447700900123",
            "references": [{"department": "council-tax", "reference": "99345678"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "previous_address": {
            "state": "uk",
            "lines": ["12 Mill Row", "Anytown"],
            "postcode": "AA1 1AA",
            "uprn": "199356",
        },
        "new_address": {"state": "uk", "lines": ["3 Elm Court", "Anytown"], "postcode": "AA2 4BB", "uprn": "199402"},
        "household": [{"name": {"forenames": "Mia", "surname": "Okafor"}, "date_of_birth": "2015-09-01"}],
        "tenure": "private_tenant",
        "landlord": {"name": "Anytown Lettings"},
        "tenancy_starts_on": "2026-10-05",
        "tenancy_ends_on": "2026-10-12",
        "responsible_for_tax": True,
        "single_person": True,
    }

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for the addresses the direction needs."""
        yield from super().refusals(today)
        if self.previous_address is None and self.direction is not Direction.IN:
            yield Problem(field="previous_address", code="missing", message="Enter the address they left.")
        if self.new_address is None and self.direction is not Direction.OUT:
            yield Problem(field="new_address", code="missing", message="Enter the address they moved to.")
