"""Another person in the story: in the household, joining it, leaving it, or a partner."""

from collections.abc import Iterator
from datetime import date

from pydantic import Field

from schemas.name import Name
from schemas.nino import Nino
from schemas.partial_date import PartialDate
from schemas.problems import Problem
from schemas.relationship import Relationship
from schemas.shape import Shape


class OtherPerson(Shape):
    """Someone besides the subject, with no more than departments need."""

    name: Name = Field(description="Their name")
    date_of_birth: PartialDate | None = Field(None, description="Their date of birth, as far as it is known")
    nino: Nino | None = Field(None, description="Their National Insurance number, if it is needed and known")
    relationship: Relationship | None = Field(None, description="What they are to the subject")

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse a birth that has not happened."""
        if self.date_of_birth is not None and self.date_of_birth.earliest > today:
            yield Problem(field="date_of_birth", code="date_in_future", message="The date of birth is in the future.")
