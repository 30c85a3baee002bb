"""An amount of money in pounds and pence, written as text so that no pence are lost on the way."""

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_SHAPE: Final = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,2})?")


def read_pounds(value: object) -> Decimal:
    """Return pounds to two places from text such as `127.50`, or raise amount_format."""
    text = str(value) if isinstance(value, Decimal) else value
    if isinstance(text, str) and _SHAPE.fullmatch(text):
        return Decimal(text).quantize(Decimal("0.01"))
    raise PydanticCustomError("amount_format", 'Write the amount in pounds and pence as text, as in "127.50".')


Pounds = Annotated[
    Decimal,
    BeforeValidator(read_pounds),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,7}(\\.[0-9]{1,2})?$", "examples": ["127.50"]}),
]
