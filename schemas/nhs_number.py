"""NHS numbers: ten digits, the last a check digit (modulus 11)."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.squeezed import squeezed

_SHAPE: Final = re.compile(r"[0-9]{10}")


def read_nhs_number(text: str) -> str:
    """Return the ten digits, or raise nhs_number_format or nhs_number_check."""
    number = squeezed(text)
    if not _SHAPE.fullmatch(number):
        raise PydanticCustomError("nhs_number_format", "Enter the 10 numbers of the NHS number.")
    # One digit ten times passes the sum, and was never issued.
    if len(set(number)) == 1 or _check_digit(number) != int(number[9]):
        raise PydanticCustomError("nhs_number_check", "Check the NHS number: its numbers do not add up.")
    return number


def _check_digit(number: str) -> int:
    """Weigh the first nine digits 10 down to 2; an answer of 10 means that there is no such number."""
    total = sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False))
    return (11 - total % 11) % 11


NhsNumber = Annotated[
    str,
    AfterValidator(read_nhs_number),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{10}$", "examples": ["9990000018"]}),
]
