"""National Insurance numbers (HMRC NIM39110): a help in matching, never a proof of identity."""

import os
import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.squeezed import squeezed

_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{6}[A-Z]?")
_FULL: Final = re.compile(r"[A-Z]{2}[0-9]{6}[A-D]")
_BARRED_LETTERS: Final = frozenset("DFIQUV")
_BARRED_PAIRS: Final = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})


def test_identifiers_allowed() -> bool:
    """Say whether numbers kept for documentation (QQ) are accepted: the environment says TUO_TEST_IDENTIFIERS=1."""
    return os.environ.get("TUO_TEST_IDENTIFIERS") == "1"


# The name is the switch's own; pytest must not take it for a test when a test imports it.
test_identifiers_allowed.__test__ = False  # type: ignore[attr-defined]


def looks_like_nino(text: str) -> bool:
    """Say whether a text has the form of a National Insurance number, whatever its prefix."""
    return _FULL.fullmatch(squeezed(text)) is not None


def read_nino(text: str) -> str:
    """Return the number as nine characters, or raise nino_format, nino_suffix or nino_prefix."""
    number = squeezed(text)
    if not _SHAPE.fullmatch(number):
        raise PydanticCustomError("nino_format", "Enter 2 letters, 6 numbers, then A, B, C or D, as in QQ 12 34 56 C.")
    if not _FULL.fullmatch(number):
        raise PydanticCustomError("nino_suffix", "Add the last letter of the National Insurance number: A, B, C or D.")
    _refuse_prefix(number[:2])
    return number


def _refuse_prefix(prefix: str) -> None:
    if prefix == "QQ" and test_identifiers_allowed():
        return
    if prefix in _BARRED_PAIRS:
        raise PydanticCustomError(
            "nino_prefix",
            "Temporary and administrative numbers are not accepted. Use a full National Insurance number.",
        )
    if _BARRED_LETTERS & set(prefix) or prefix[1] == "O":
        raise PydanticCustomError(
            "nino_prefix", "No National Insurance number starts with these letters. Check the first two."
        )


Nino = Annotated[
    str,
    AfterValidator(read_nino),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}[0-9]{6}[A-D]$", "examples": ["QQ123456C"]}),
]
