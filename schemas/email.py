"""E-mail addresses: the plain form only (no quoted names, comments or unencoded international domains)."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_LONGEST: Final = 254
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL: Final = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}")


def read_email(text: str) -> str:
    """Return the address trimmed, its domain in lower case, or raise email_format."""
    address = text.strip()
    local, at, domain = address.rpartition("@")
    if len(address) > _LONGEST or not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise _unusable()
    labels = domain.lower().split(".") if domain.isascii() else []
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or not _LAST_LABEL.fullmatch(labels[-1]):
        raise _unusable()
    return f"{local}@{'.'.join(labels)}"


def _unusable() -> PydanticCustomError:
    return PydanticCustomError("email_format", "Enter an email address in the form name@example.org.")


Email = Annotated[
    str,
    AfterValidator(read_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254, "examples": ["name@example.org"]}),
]
