"""The language someone wants to be written to in, as a language tag (BCP 47)."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_SHAPE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


def _read_language(text: str) -> str:
    if not _SHAPE.fullmatch(text):
        raise PydanticCustomError("language_format", "Use a language tag, such as en for English or cy for Welsh.")
    return text


Language = Annotated[
    str,
    AfterValidator(_read_language),
    WithJsonSchema({"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z]{2})?$", "examples": ["en", "cy"]}),
]
