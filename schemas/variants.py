"""What each life event asks for, by how surely we know whom it is about."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, get_args

from pydantic import ConfigDict, Field, ValidationError, create_model
from pydantic.config import JsonDict

from schemas.address import Address
from schemas.informant import Informant
from schemas.kinds import life_events
from schemas.life_event import LifeEvent
from schemas.name import Name
from schemas.partial_date import WholeDate
from schemas.problems import Problem, problems_of
from schemas.shape import Shape
from schemas.subject import Subject


class Variant(StrEnum):
    """How surely the person is known; `unsure` may be completed later, `unknown` may not."""

    MATCHED = "matched"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


def _told(*fields: str) -> JsonDict:
    """Ask for fields that are there and not null."""
    return {"required": list(fields), "properties": {field: {"not": {"type": "null"}} for field in fields}}


def _any_of(*fields: str) -> JsonDict:
    return {"anyOf": [_told(field) for field in fields]}


class DescribedSubject(Subject):
    """Someone the council may not know: enough to look for them by, and to reach them."""

    model_config = ConfigDict(json_schema_extra=_any_of("nino", "phone", "email"))

    name: Name = Field(description="Their full name")
    date_of_birth: WholeDate = Field(description="Their full date of birth")
    address: Address = Field(description="Where they live or lived")

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for one detail that is theirs alone."""
        yield from super().refusals(today)
        if self.nino is None and self.phone is None and self.email is None:
            message = "Enter a National Insurance number, a phone number or an email address."
            yield Problem(field="nino", code="missing", message=message)


_REACHABLE: Final[JsonDict] = {
    "if": {"not": {"required": ["is_subject"], "properties": {"is_subject": {"const": True}}}},
    "then": {**_told("name", "relationship"), **_any_of("phone", "email", "address")},
}


class _Reachable(Informant):
    """An informant we can ask again: the subject, or someone with a name, a relationship and a contact."""

    model_config = ConfigDict(json_schema_extra=_REACHABLE)

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask who they are and how to reach them, unless the subject's own details say so."""
        yield from super().refusals(today)
        if self.is_subject:
            return
        if self.name is None:
            yield Problem(field="name", code="missing", message="Enter the informant's name.")
        if self.relationship is None:
            yield Problem(field="relationship", code="missing", message="Say what the informant is to the person.")
        if self.phone is None and self.email is None and self.address is None:
            yield Problem(field="phone", code="missing", message="Enter a way to reach the informant.")


def variant_of(kind: type[LifeEvent], variant: Variant) -> type[LifeEvent]:
    """Make the schema a life event is judged by when its person is matched, unsure or unknown."""
    return _variant(life_events()[kind.kind], variant)


def judge_variant(event: LifeEvent, variant: Variant, today: date | None = None) -> tuple[Problem, ...]:
    """List what the variant asks for that the event does not have."""
    try:
        variant_of(type(event), variant).model_validate(event.as_document(), context={"today": today})
    except ValidationError as error:
        return problems_of(error)
    return ()


def json_schema(kind: str, variant: Variant) -> dict[str, object]:
    """Publish the contract of a kind and variant as JSON Schema 2020-12; an unknown kind is a KeyError."""
    schema = variant_of(life_events()[kind], variant).model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tell-us-once:life-event:{kind}:{variant.value}:1.0",
        **schema,
    }


@cache
def _variant(kind: type[LifeEvent], variant: Variant) -> type[LifeEvent]:
    title = f"{kind.__name__}{variant.value.capitalize()}"
    match variant:
        case Variant.MATCHED:
            return create_model(title, __base__=kind, __doc__=f"{kind.__doc__} We know whom it is about.")
        case Variant.UNSURE | Variant.UNKNOWN:
            return create_model(
                title,
                __base__=kind,
                __doc__=f"{kind.__doc__} We are not sure, or do not know, whom it is about.",
                subject=(DescribedSubject, Field(description="The person it happened to, described in full")),
                informant=(_reachable(kind), Field(description="Who told us, and how to reach them")),
            )


@cache
def _reachable(kind: type[LifeEvent]) -> type[Shape]:
    """Ask of the kind's own informant what every informant of an unmatched person must tell."""
    annotation = kind.model_fields["informant"].annotation
    own = next(part for part in (*get_args(annotation), annotation) if isinstance(part, type))
    if not issubclass(own, Informant):
        raise TypeError(f"{kind.__name__}.informant is not an informant")
    bases = (_Reachable,) if own is Informant else (_Reachable, own)
    return create_model(f"Reachable{own.__name__}", __base__=bases, __doc__=own.__doc__)
