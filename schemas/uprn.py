"""Unique property reference numbers: the public sector's key of a home."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.squeezed import squeezed

_SHAPE: Final = re.compile(r"[0-9]{1,12}")


def read_uprn(text: str) -> str:
    """Return the digits without leading zeros, or raise uprn_format."""
    number = squeezed(text)
    kept = number.lstrip("0")
    if not _SHAPE.fullmatch(number) or not kept:
        raise PydanticCustomError("uprn_format", "Enter the property reference as 1 to 12 numbers, not all zero.")
    return kept


Uprn = Annotated[
    str,
    AfterValidator(read_uprn),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,11}$", "examples": ["199356"]}),
]
