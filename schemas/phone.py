"""Telephone numbers, kept as E.164."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_LONGEST: Final = 40
_SPACING: Final = re.compile(r"[\s.\-()/\u2010-\u2015]+")
_TRUNK_ZERO: Final = re.compile(r"^(\+|00)44\s*\(0\)")
# Ofcom's numbering plan: 01 and 0800 may be a digit short; 8001111 is a helpline; 09 is premium rate and not taken.
_NATIONAL: Final = re.compile(r"1[0-9]{8,9}|2[0-9]{9}|3[0-9]{9}|5[0-9]{8,9}|7[0-9]{9}|8[0-9]{9}|800[0-9]{6}|8001111")
_FOREIGN: Final = re.compile(r"\+(?!44)[1-9][0-9]{6,14}")


def read_phone(text: str) -> str:
    """Return the number as + and digits, or raise phone_format."""
    if len(text) > _LONGEST:
        raise _unusable()
    number = _SPACING.sub("", _TRUNK_ZERO.sub(r"\g<1>44", text.strip()))
    if number.startswith("00"):
        number = "+" + number[2:]
    if _FOREIGN.fullmatch(number):
        return number
    national = number.removeprefix("+44") if number.startswith("+44") else number.removeprefix("0")
    if national == number or not _NATIONAL.fullmatch(national):
        raise _unusable()
    return f"+44{national}"


def _unusable() -> PydanticCustomError:
    return PydanticCustomError(
        "phone_format", "Enter a full phone number that is not premium rate, with no letters or extension."
    )


Phone = Annotated[
    str,
    AfterValidator(read_phone),
    WithJsonSchema({"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$", "examples": ["+447700900123"]}),
]
