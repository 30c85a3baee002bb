"""Where someone lives: in the UK, overseas, or nowhere fixed."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from schemas.postcode import PATTERN, read_postcode
from schemas.problems import Problem
from schemas.shape import Shape
from schemas.text import Text
from schemas.uprn import Uprn

AddressLine = Annotated[str, Text(255)]


class AddressState(StrEnum):
    """What kind of address it is; made-up postcodes for these are not accepted."""

    UK = "uk"
    OVERSEAS = "overseas"
    NO_FIXED_ABODE = "no_fixed_abode"


_ASKS_FOR: JsonDict = {
    "allOf": [
        {
            "if": {"required": ["state"], "properties": {"state": {"const": "uk"}}},
            "then": {
                "required": ["lines", "postcode"],
                "properties": {"lines": {"minItems": 1}, "postcode": {"type": "string", "pattern": PATTERN}},
            },
        },
        {
            "if": {"required": ["state"], "properties": {"state": {"const": "overseas"}}},
            "then": {
                "required": ["lines", "country"],
                "properties": {"lines": {"minItems": 1}, "country": {"type": "string"}},
            },
        },
    ]
}


class Address(Shape):
    """One address, by its lines and postcode and, where it is known, its property reference."""

    model_config = ConfigDict(json_schema_extra=_ASKS_FOR)

    state: AddressState = Field(description="Whether the address is in the UK, overseas, or of no fixed abode")
    lines: tuple[AddressLine, ...] = Field(
        (),
        max_length=5,
        description="The lines of the address without the postcode, up to 5; none if of no fixed abode",
    )
    postcode: Annotated[str, Text(20)] | None = Field(
        None, description="UK postcode; overseas, the postal code of that country"
    )
    uprn: Uprn | None = Field(None, description="Unique property reference number, if known")
    country: Annotated[str, Text(60)] | None = Field(None, description="Country, for an address overseas")

    @field_validator("postcode")
    @classmethod
    def _of_the_uk(cls, postcode: str | None, info: ValidationInfo) -> str | None:
        overseas = info.data.get("state") == AddressState.OVERSEAS
        return postcode if postcode is None or overseas else read_postcode(postcode)

    def refusals(self, today: date) -> Iterator[Problem]:
        """Ask for what each kind of address cannot do without."""
        if self.state is not AddressState.NO_FIXED_ABODE and not self.lines:
            yield Problem(field="lines", code="missing", message="Enter at least one line of the address.")
        if self.state is AddressState.UK and self.postcode is None:
            yield Problem(field="postcode", code="missing", message="Enter the postcode.")
        if self.state is AddressState.OVERSEAS and self.country is None:
            yield Problem(field="country", code="missing", message="Enter the country.")
