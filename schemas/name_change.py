"""A change of name, by marriage, civil partnership, divorce, deed poll or otherwise."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.flag import Flag
from schemas.life_event import LifeEvent, unusual_date
from schemas.name import Name, PreviousName
from schemas.partial_date import PartialDate
from schemas.person import OtherPerson
from schemas.problems import Problem


class NameChangeReason(StrEnum):
    """Why the name changed."""

    MARRIAGE = "marriage"
    CIVIL_PARTNERSHIP = "civil_partnership"
    DIVORCE = "divorce"
    DEED_POLL = "deed_poll"
    OTHER = "other"


class Partner(OtherPerson):
    """The person they married or formed a civil partnership with."""

    moves_in: Flag = Field(description="Whether the partner lives, or will live, in the same home")
    moved_in_on: Day | None = Field(None, description="The day the partner moved in, if it is known")


class NameChange(LifeEvent):
    """Someone's name changed."""

    kind: ClassVar[str] = "name_change"
    caption: ClassVar[str] = "Someone has changed their name"

    occurred_on: Day = Field(description="The day the name changed")
    reason: NameChangeReason = Field(description="Why the name changed")
    previous_name: PreviousName = Field(description="The name before; restricted if it must not be disclosed")
    new_name: Name = Field(description="The name now")
    partner: Partner | None = Field(None, description="The partner, if there was a marriage or civil partnership")
    evidence_seen: Flag = Field(description="Whether proof of the change was seen; no copy is kept here")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "name_change",
        "schema_version": "1.0",
        "occurred_on": "2026-09-12",
        "told_at": "2026-09-28T11:40:00Z",
        "channel": "web",
        "subject": {
            "name": {"forenames": "Siobhán", "surname": "O'Brien"},
            "date_of_birth": "1991-07-19",
            "nino": "QQ456789D",
            "address": {"state": "uk", "lines": ["18 Orchard Way"], "postcode": "AA6 7JL"},
            "email": "siobhan@example.org",
            "references": [{"department": "council-tax", "reference": "99811220"}],
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "reason": "marriage",
        "previous_name": {"forenames": "Siobhán", "surname": "O'Brien"},
        "new_name": {"forenames": "Siobhán", "surname": "O'Brien-Nowak"},
        "partner": {
            "name": {"forenames": "Piotr", "surname": "Nowak"},
            "date_of_birth": "1990-01-23",
            "relationship": "spouse",
            "moves_in": True,
            "moved_in_on": "2026-09-12",
        },
        "evidence_seen": True,
    }

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse a change that changes nothing."""
        yield from super().refusals(today)
        before, after = self.previous_name, self.new_name
        if (before.title, before.forenames, before.surname) == (after.title, after.forenames, after.surname):
            yield Problem(field="new_name", code="nothing_changed", message="The new name is the same as the old one.")

    def unusual(self, today: date) -> Iterator[Problem]:
        """Say that a party to the marriage seems under 18 (16 in Scotland and Northern Ireland)."""
        yield from super().unusual(today)
        if self.reason not in (NameChangeReason.MARRIAGE, NameChangeReason.CIVIL_PARTNERSHIP):
            return
        born = {"subject.date_of_birth": self.subject.date_of_birth}
        born["partner.date_of_birth"] = self.partner.date_of_birth if self.partner else None
        for field, birth in born.items():
            if birth is not None and _under_18(birth, self.occurred_on):
                yield unusual_date(field, "This person would have been under 18. Confirm the date of birth.")


def _under_18(born: PartialDate, on: date) -> bool:
    """Say whether the 18th birthday is after the day; someone born on 29 February comes of age on 1 March."""
    birthday = born.earliest
    return (on.year - birthday.year, on.month, on.day) < (18, birthday.month, birthday.day)
