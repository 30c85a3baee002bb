"""United Kingdom postcodes (BS 7666): a right form does not mean that the place exists."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.squeezed import squeezed

_FIRST: Final = "[A-PR-UWYZ]"
_SECOND: Final = "[A-HK-Y]"
_OUTWARD: Final = "|".join(
    (
        f"{_FIRST}[0-9]{{1,2}}",
        f"{_FIRST}{_SECOND}[0-9]{{1,2}}",
        f"{_FIRST}[0-9][A-HJKPSTUW]",
        f"{_FIRST}{_SECOND}[0-9][ABEHMNPRVWXY]",
    )
)
PATTERN: Final = f"^(?:{_OUTWARD}) [0-9][ABD-HJLNP-UW-Z]{{2}}$"
_SHAPE: Final = re.compile(PATTERN)


def read_postcode(text: str) -> str:
    """Return the postcode in capitals with its space, or raise postcode_format or postcode_unknown."""
    letters = squeezed(text)
    if letters == "GIR0AA":
        raise PydanticCustomError("postcode_unknown", "No one lives at this postcode. Enter the postcode of a home.")
    postcode = f"{letters[:-3]} {letters[-3:]}"
    if not _SHAPE.fullmatch(postcode):
        raise PydanticCustomError(
            "postcode_format", "Enter a full UK postcode, or say that the address is overseas or of no fixed abode."
        )
    return postcode


Postcode = Annotated[
    str,
    AfterValidator(read_postcode),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["AA1 1AA"]}),
]
