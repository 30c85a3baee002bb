"""How identifiers are typed: with spaces and dashes that mean nothing, in either case."""

import re
from typing import Final

_LONGEST: Final = 64
_SPACING: Final = re.compile(r"[\s.\-/\u2010-\u2015]+")


def squeezed(text: str) -> str:
    """Drop spaces and punctuation and upper-case; answer nothing at all for what is not then plain ASCII.

    ASCII is asked for first because upper-casing changes other letters, and because other scripts have digits.
    """
    if len(text) > _LONGEST:
        return ""
    kept = _SPACING.sub("", text)
    return kept.upper() if kept.isascii() else ""
