"""The reference a registrar gives for a death: twelve letters and numbers, with no check digit."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.squeezed import squeezed

_SHAPE: Final = re.compile(r"[A-Z0-9]{12}")


def read_tuo_reference(text: str) -> str:
    """Return the twelve characters, or raise tuo_reference_format."""
    reference = squeezed(text)
    if not _SHAPE.fullmatch(reference):
        raise PydanticCustomError("tuo_reference_format", "Enter the 12 letters and numbers the registrar gave.")
    return reference


TuoReference = Annotated[
    str,
    AfterValidator(read_tuo_reference),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z0-9]{12}$", "examples": ["AB123C456DE7"]}),
]
