"""A new phone number, email address or way of being written to."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import ClassVar

from pydantic import Field

from schemas.day import Day
from schemas.email import Email
from schemas.flag import Flag
from schemas.language import Language
from schemas.life_event import Acts, LifeEvent
from schemas.phone import Phone
from schemas.problems import Problem


class ContactChange(LifeEvent):
    """How to reach someone changed."""

    kind: ClassVar[str] = "contact_change"
    caption: ClassVar[str] = "Someone's contact details have changed"
    acts: ClassVar[Acts] = "light"
    furthest_ahead: ClassVar[timedelta] = timedelta(days=366)

    occurred_on: Day = Field(description="The day from which the new details hold")
    new_phone: Phone | None = Field(None, description="The new phone number")
    new_email: Email | None = Field(None, description="The new email address")
    new_language: Language | None = Field(None, description="The language they now want to be written to in")
    new_large_print: Flag | None = Field(None, description="Whether they now need large print")

    EXAMPLE: ClassVar[Mapping[str, object]] = {
        "kind": "contact_change",
        "schema_version": "1.0",
        "occurred_on": "2026-10-14",
        "told_at": "2026-10-14T15:30:00Z",
        "channel": "portal",
        "subject": {
            "name": {"forenames": "Niamh", "surname": "Delacroix-Smith"},
            "date_of_birth": "1983-10-10",
            "nino": "QQ901234A",
            "address": {"state": "uk", "lines": ["Rose Cottage", "Anyvillage"], "postcode": "AA2 3UW"},
            "phone": "+447700900789",
        },
        "informant": {"is_subject": True, "authority": "subject"},
        "new_phone": "+447700900321",
        "new_email": "niamh@example.org",
        "new_language": "en",
    }

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse a change that changes nothing."""
        yield from super().refusals(today)
        if (self.new_phone, self.new_email, self.new_language, self.new_large_print) == (None, None, None, None):
            yield Problem(field="", code="nothing_changed", message="Enter at least one new contact detail.")
