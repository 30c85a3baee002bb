"""Whom it happened to."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from pydantic import Field

from schemas.address import Address
from schemas.email import Email
from schemas.flag import Flag
from schemas.language import Language
from schemas.name import Name, PreviousName
from schemas.nino import Nino
from schemas.partial_date import PartialDate
from schemas.phone import Phone
from schemas.problems import Problem
from schemas.reference import DepartmentReference
from schemas.shape import Shape


class Sex(StrEnum):
    """Sex as a council's records hold it."""

    FEMALE = "female"
    MALE = "male"
    NOT_STATED = "not_stated"


class Subject(Shape):
    """The person the life event happened to, by whatever is known of them."""

    name: Name | None = Field(None, description="Their name now; for a name change, the name the council knows")
    previous_names: tuple[PreviousName, ...] = Field((), max_length=20, description="Names they had before")
    date_of_birth: PartialDate | None = Field(None, description="Date of birth, or the year or month if that is all")
    sex: Sex | None = Field(None, description="Sex, if it was given")
    nino: Nino | None = Field(None, description="National Insurance number, to help find them; it proves nothing")
    address: Address | None = Field(None, description="Where the council knows them to live; for a move, the old home")
    phone: Phone | None = Field(None, description="Their phone number")
    email: Email | None = Field(None, description="Their email address")
    language: Language | None = Field(None, description="The language they want to be written to in")
    large_print: Flag = Field(False, description="Whether they need letters in large print")
    references: tuple[DepartmentReference, ...] = Field(
        (), max_length=20, description="What departments call them: account, claim or case references"
    )
    address_may_be_shown: Flag = Field(
        True, description="No if their address must be kept from others, for their safety; no reason is asked"
    )

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for something that points at a person, and for a birth that has happened."""
        if self.name is None and self.nino is None and not self.references:
            yield Problem(
                field="", code="person_missing", message="Give a name, a National Insurance number or a reference."
            )
        if self.date_of_birth is not None and self.date_of_birth.earliest > today:
            yield Problem(field="date_of_birth", code="date_in_future", message="The date of birth is in the future.")
