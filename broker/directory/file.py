"""The council's own files: residents to load and events to match, one JSON object a line (JSON Lines, UTF-8)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.address import AddressLine
from schemas.day import Day
from schemas.email import Email
from schemas.flag import Flag
from schemas.life_event import Acts
from schemas.name import NamePart
from schemas.nino import Nino
from schemas.partial_date import PartialDate
from schemas.phone import Phone
from schemas.problems import Problem
from schemas.reference import DepartmentReference
from schemas.shape import Shape
from schemas.squeezed import squeezed
from schemas.text import Text
from schemas.uprn import Uprn

Key = Annotated[str, Text(255)]
_LONGEST_POSTCODE: Final = 8


def _read_postcode(value: object) -> object:
    """Extracts also hold postcodes that do not exist; they still compare, so only their look is asked for."""
    if not isinstance(value, str):
        return value
    letters = squeezed(value)
    if not letters.isalnum() or len(letters) > _LONGEST_POSTCODE:
        raise PydanticCustomError("postcode_format", "Enter the postcode alone, as in AA1 1AA, or leave it out.")
    return f"{letters[:-3]} {letters[-3:]}"


def _read_number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


FilePostcode = Annotated[str, BeforeValidator(_read_postcode)]
FileUprn = Annotated[Uprn, BeforeValidator(_read_number)]
FileSex = Literal["M", "F"]


class _Filed(Shape):
    """A part of a line: blank means not known, as extracts have it."""

    @model_validator(mode="before")
    @classmethod
    def _blank_is_nothing(cls, document: object) -> object:
        if not isinstance(document, Mapping):
            return document
        return {key: value for key, value in document.items() if not _is_blank(value)}


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


class FiledName(_Filed):
    """Another name of a resident; without a surname, it goes with the present one."""

    forenames: NamePart | None = None
    surname: NamePart | None = None


class FiledAddress(_Filed):
    """Another home of a resident."""

    uprn: FileUprn | None = None
    postcode: FilePostcode | None = None
    line1: AddressLine | None = None


class FiledReference(_Filed, DepartmentReference):
    """What a department calls a resident, and what they are to that account or claim: liable, claimant, partner."""

    role: Annotated[str, Text(40)] | None = None


class FiledPerson(_Filed):
    """What residents and events both say of a person."""

    id: Key
    forenames: NamePart | None = None
    surname: NamePart | None = None
    sex: FileSex | None = None
    uprn: FileUprn | None = None
    postcode: FilePostcode | None = None
    line1: AddressLine | None = None
    nino: Nino | None = None
    phone: Phone | None = None
    email: Email | None = None


class Resident(FiledPerson):
    """One resident of an extract. ``id`` is the extract's own, and what makes loading idempotent."""

    dob: Day | None = None
    known_as: tuple[FiledName, ...] = Field((), max_length=20)
    previous_names: tuple[FiledName, ...] = Field((), max_length=20)
    previous: tuple[FiledAddress, ...] = Field((), max_length=50)
    deceased: Day | None = None
    restricted: Flag = False
    not_same_as: tuple[Key, ...] = Field((), max_length=100)
    bound_subjects: tuple[Key, ...] = Field((), max_length=100)
    references: tuple[FiledReference, ...] = Field((), max_length=50)

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for a name, for whoever has one alone in either field, and for dates that can be."""
        if self.surname is None and self.forenames is None:
            yield Problem(field="surname", code="missing", message="This is needed. Fill it in.")
        for field, day in (("dob", self.dob), ("deceased", self.deceased)):
            if day is not None and day > today:
                yield Problem(field=field, code="date_in_future", message="This date is in the future. Check it.")


class FiledEvent(FiledPerson):
    """One event to match. The address is where they lived before, if they moved."""

    type: Literal["bereavement", "move", "birth", "name_change", "contact_change", "search"]
    profile: Acts | None = None
    middle: tuple[NamePart, ...] = Field((), max_length=20)
    previous_surname: NamePart | None = None
    dob: PartialDate | None = None
    new_uprn: FileUprn | None = None
    new_postcode: FilePostcode | None = None
    source_subject: Key | None = None


class FiledTruth(FiledEvent):
    """One event whose resident is known, for evaluating a model."""

    #: the resident's id; none where the directory does not hold them
    person: Key | None = None
    #: where the name comes from, if that is known
    origin: Key | None = None
