"""Who told us."""

from enum import StrEnum

from pydantic import Field

from schemas.address import Address
from schemas.email import Email
from schemas.flag import Flag
from schemas.name import Name
from schemas.phone import Phone
from schemas.relationship import Relationship
from schemas.shape import Shape


class Authority(StrEnum):
    """Why the informant may tell us."""

    SUBJECT = "subject"
    NEXT_OF_KIN = "next_of_kin"
    DEALING_WITH_ESTATE = "dealing_with_estate"
    AUTHORISED = "authorised"
    POWER_OF_ATTORNEY = "power_of_attorney"
    APPOINTEE = "appointee"
    PARENT_OR_GUARDIAN = "parent_or_guardian"
    OFFICIAL_DUTY = "official_duty"
    NONE = "none"


class Informant(Shape):
    """The person who told the council; may be the subject."""

    is_subject: Flag = Field(False, description="Whether the informant is the person it happened to")
    name: Name | None = Field(None, description="The informant's name")
    relationship: Relationship | None = Field(None, description="What the informant is to the subject")
    phone: Phone | None = Field(None, description="The informant's phone number")
    email: Email | None = Field(None, description="The informant's email address")
    address: Address | None = Field(None, description="The informant's address")
    authority: Authority | None = Field(None, description="Why the informant may tell us this")
