"""The living people a death brings into the story, each a person in their own right."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.address import Address
from schemas.email import Email
from schemas.flag import Flag
from schemas.informant import Informant
from schemas.name import Name
from schemas.nino import Nino
from schemas.partial_date import PartialDate
from schemas.phone import Phone
from schemas.problems import Problem
from schemas.relationship import Relationship
from schemas.shape import Shape
from schemas.text import Text


class DeathInformant(Informant):
    """Who told us of a death, and what they declared."""

    name: Name = Field(description="The informant's name")
    relationship: Relationship = Field(description="What the informant was to the person who died")
    penalty_declaration: Flag = Field(description="Whether they said they know the penalty for false information")
    is_next_of_kin: Flag = Field(description="Whether they are the next of kin")
    deals_with_estate: Flag = Field(description="Whether they deal with the estate")

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse someone telling their own death."""
        yield from super().refusals(today)
        if self.is_subject:
            yield Problem(
                field="is_subject", code="informant_is_subject", message="The person who died cannot be the informant."
            )


class NextOfKin(Shape):
    """The next of kin of the person who died."""

    name: Name = Field(description="Their name")
    relationship: Relationship | None = Field(None, description="What they were to the person who died")
    may_be_contacted: Flag = Field(description="Whether they may be contacted")
    address: Address | None = Field(None, description="Their address")
    phone: Phone | None = Field(None, description="Their phone number")
    email: Email | None = Field(None, description="Their email address")
    deals_with_estate: Flag = Field(False, description="Whether they deal with the estate")


class Survivor(Shape):
    """The surviving spouse, civil partner or partner."""

    name: Name = Field(description="Their name")
    permission_to_share: Flag = Field(description="Whether they agreed that we are told about them")
    date_of_birth: PartialDate | None = Field(None, description="Their date of birth; this or the next is needed")
    nino: Nino | None = Field(None, description="Their National Insurance number; this or the one before is needed")
    address: Address | None = Field(None, description="Their address")
    deals_with_estate: Flag = Field(False, description="Whether they deal with the estate")

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for a National Insurance number or a date of birth, and for a birth that has happened."""
        if self.nino is None and self.date_of_birth is None:
            message = "Enter the survivor's National Insurance number or date of birth."
            yield Problem(field="nino", code="missing", message=message)
        if self.date_of_birth is not None and self.date_of_birth.earliest > today:
            yield Problem(field="date_of_birth", code="date_in_future", message="The date of birth is in the future.")


class EstateHolder(StrEnum):
    """Whether a person or a company deals with the estate."""

    PERSON = "person"
    COMPANY = "company"


class Estate(Shape):
    """Who deals with what the person left."""

    held_by: EstateHolder = Field(description="Whether a person or a company deals with the estate")
    name: Name | None = Field(None, description="The person's name")
    company: Annotated[str, Text(200)] | None = Field(None, description="The company's name")
    address: Address | None = Field(None, description="Where to write about the estate")
    phone: Phone | None = Field(None, description="Their phone number")
    email: Email | None = Field(None, description="Their email address")

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for the name of the person or of the company."""
        if self.held_by is EstateHolder.PERSON and self.name is None:
            yield Problem(field="name", code="missing", message="Enter the name of the person dealing with the estate.")
        if self.held_by is EstateHolder.COMPANY and self.company is None:
            yield Problem(field="company", code="missing", message="Enter the company dealing with the estate.")
