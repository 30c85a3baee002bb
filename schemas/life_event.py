"""Something that happened to a person which departments need to know: what every life event has in common."""

import re
from abc import ABC
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from schemas.day import Day
from schemas.evidence import Evidence
from schemas.informant import Informant
from schemas.moment import Moment
from schemas.partial_date import PartialDate
from schemas.permissions import Permissions
from schemas.problems import Problem
from schemas.reference import Reference
from schemas.shape import Shape
from schemas.subject import Subject
from schemas.today import LONDON, today_of

#: How sure a match must be before the event is acted on.
Acts = Literal["irreversible", "standard", "light"]

VERSION: Final = "1.0"
_VERSION_SHAPE: Final = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
_OLD_BIRTH: Final = date(1915, 1, 1)


class Channel(StrEnum):
    """How the council was told."""

    PHONE = "phone"
    FACE_TO_FACE = "face_to_face"
    WEB = "web"
    REGISTRAR = "registrar"
    PORTAL = "portal"


def is_newer_minor(version: object) -> bool:
    """Say whether a version adds fields to ours that we do not know: same major number, later minor number."""
    found = _VERSION_SHAPE.fullmatch(version) if isinstance(version, str) else None
    return (
        found is not None and found[1] == VERSION.partition(".")[0] and int(found[2]) > int(VERSION.partition(".")[2])
    )


def _read_version(version: str) -> str:
    if version == VERSION or is_newer_minor(version):
        return version
    raise PydanticCustomError("unknown_schema_version", f"Use schema version {VERSION}, or a later one that starts 1.")


SchemaVersion = Annotated[
    str, AfterValidator(_read_version), WithJsonSchema({"type": "string", "pattern": "^1\\.(0|[1-9][0-9]{0,3})$"})
]


class LifeEvent(Shape, ABC):
    """One life event as it was told. Each kind is a subclass in a file of its own."""

    kind: ClassVar[str]
    caption: ClassVar[str]
    acts: ClassVar[Acts] = "standard"
    EXAMPLE: ClassVar[Mapping[str, object]]
    furthest_ahead: ClassVar[timedelta] = timedelta(0)

    schema_version: SchemaVersion = Field(VERSION, description="The version of this schema that was written to")
    occurred_on: Day | PartialDate = Field(description="The day it happened")
    told_at: Moment | None = Field(None, description="When the council was told; the law counts from it")
    channel: Channel | None = Field(None, description="How the council was told")
    subject: Subject = Field(description="The person it happened to")
    informant: Informant | None = Field(None, description="Who told us; left out if unknown")
    evidence: tuple[Evidence, ...] = Field((), max_length=20, description="What supports it, seen or still to come")
    permissions: Permissions | None = Field(
        None, description="Which departments may be told, of those that may be told only where the informant agrees"
    )
    corrects: Reference | None = Field(None, description="The reference of the earlier notification this puts right")
    client_reference: Reference | None = Field(None, description="The sender's own reference; never personal data")

    @classmethod
    def example(cls) -> Self:
        """Return an invented life event of this kind, about people with reserved identifiers."""
        return cls.model_validate(cls.EXAMPLE)

    def as_document(self) -> dict[str, object]:
        """Write the life event as the plain document that reads back as the same life event."""
        document: dict[str, object] = self.model_dump(mode="json", exclude_none=True)
        return document

    @property
    def happened(self) -> PartialDate:
        """When it happened, as a date that may be partial whatever the kind."""
        return PartialDate.of(self.occurred_on)

    def refusals(self, today: date) -> Iterator[Problem]:
        """Refuse what lies too far ahead, or before the subject was born."""
        if self.happened.earliest > today + self.furthest_ahead:
            yield Problem(field="occurred_on", code="date_in_future", message="This date is too far in the future.")
        born = self.subject.date_of_birth
        if born is not None and self.happened.latest < born.earliest:
            yield Problem(field="occurred_on", code="date_before_birth", message="This is before the person was born.")

    def unusual(self, today: date) -> Iterator[Problem]:
        """Say which dates should be confirmed."""
        born = self.subject.date_of_birth
        if born is not None and born.latest < _OLD_BIRTH:
            yield unusual_date("subject.date_of_birth", "This person would be very old. Confirm the date of birth.")
        if self.happened.earliest > today + timedelta(days=14):
            yield unusual_date("occurred_on", "This is more than 14 days ahead. Confirm the date.")
        if self.happened.latest < today - timedelta(days=365):
            yield unusual_date("occurred_on", "This is more than a year ago. Confirm the date.")

    @field_validator("told_at")
    @classmethod
    def _told_already(cls, told_at: Moment | None, info: ValidationInfo) -> Moment | None:
        if told_at is not None and told_at.astimezone(LONDON).date() > today_of(info):
            raise PydanticCustomError("date_in_future", "The council cannot have been told in the future.")
        return told_at

    @model_validator(mode="before")
    @classmethod
    def _of_this_kind(cls, document: object) -> object:
        """Take the kind off the document: it is the class, not a field."""
        if not isinstance(document, Mapping) or "kind" not in document:
            return document
        if document["kind"] != cls.kind:
            raise PydanticCustomError("unknown_kind", f"This is read as {cls.kind} but says it is something else.")
        return {key: value for key, value in document.items() if key != "kind"}

    @model_serializer(mode="wrap")
    def _with_kind(self, serialise: Callable[[Self], dict[str, object]]) -> dict[str, object]:
        return {"kind": self.kind, **serialise(self)}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = handler.resolve_ref_schema(handler(schema))
        kind = {"const": cls.kind, "type": "string", "description": "Which life event this is"}
        written["properties"] = {"kind": kind, **written.get("properties", {})}
        written["required"] = ["kind", *written.get("required", [])]
        return written


def unusual_date(field: str, message: str) -> Problem:
    """Make the warning that a date should be confirmed."""
    return Problem(field=field, code="date_unusual", message=message)
