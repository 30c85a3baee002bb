"""Characters that a reader cannot see, and those that would start a second line."""

import re
import unicodedata
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# Zero-width and bidirectional controls, blank letters, tags and variation selectors (Unicode TR36, TR39).
_HIDDEN: Final = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINER: Final = re.compile(r"[\u200c\u200d]")
_VIRAMA_CLASS: Final = 9


def has_control(text: str) -> bool:
    """Say whether a control character, a line or paragraph separator, or half a surrogate pair is in the text."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def has_hidden(text: str) -> bool:
    """Say whether the text holds a character nobody can see; joiners that a script needs do not count."""
    if text.isascii():
        return False
    return _HIDDEN.search(text) is not None or any(
        not _joiner_in_place(text, found.start()) for found in _JOINER.finditer(text)
    )


def trimmed(text: str) -> str:
    """Compose the text (NFC) and drop the spaces around it, no-break spaces included, but no control character."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return re.sub(r"^[^\S\x00-\x1f\x85\u2028\u2029]+|[^\S\x00-\x1f\x85\u2028\u2029]+$", "", composed)


def _joiner_in_place(text: str, at: int) -> bool:
    """Apply RFC 5892 appendix A in short: after a virama (Indic names), or non-joining between Arabic letters."""
    if at == 0 or at + 1 >= len(text):
        return False
    if unicodedata.combining(text[at - 1]) == _VIRAMA_CLASS:
        return True
    return text[at] == "\u200c" and _arabic(text[at - 1]) and _arabic(text[at + 1])


def _arabic(char: str) -> bool:
    return unicodedata.name(char, "").startswith("ARABIC LETTER")
