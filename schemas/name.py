"""People's names, kept as they were typed: the rule is to refuse no real name."""

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.characters import has_control, has_hidden, trimmed
from schemas.shape import Shape

LONGEST_PART: Final = 100
_ORDINARY: Final = re.compile(r"[A-Za-z][A-Za-z '.\-]*")
_PUNCTUATION: Final = frozenset("'\"`´’‘‚“”ʼ.,;:!()/&·・׳״՚")
_KINDS: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Nd", "Mn", "Mc", "Zs", "Pd", "Cf"})
_MOST_MARKS: Final = 4


def read_name_part(text: str) -> str:
    """Return one part of a name trimmed and composed (NFC), or raise.

    Codes: missing, too_long, control_character, name_charset, hidden_character.
    """
    if len(text) > 4 * LONGEST_PART:
        raise _too_long()
    part = trimmed(text)
    if not part:
        raise PydanticCustomError("missing", "This part of the name is blank. Fill it in or leave it out.")
    if has_control(part):
        raise PydanticCustomError("control_character", "Use one line, with no tab or control character, in a name.")
    if not _of_names(part) or _piled(part):
        raise PydanticCustomError("name_charset", "Use letters, spaces and the marks found in names.")
    if has_hidden(part):
        raise PydanticCustomError("hidden_character", "Type the name again: it holds a character that cannot be seen.")
    if len(part) > LONGEST_PART:
        raise _too_long()
    return part


def _too_long() -> PydanticCustomError:
    return PydanticCustomError("too_long", f"Use at most {LONGEST_PART} characters for each part of a name.")


def _of_names(part: str) -> bool:
    """Say whether every character can stand in a name, and at least one is a letter."""
    if _ORDINARY.fullmatch(part):
        return True
    kinds = {unicodedata.category(char) for char in part if char not in _PUNCTUATION}
    return kinds <= _KINDS and any(kind.startswith("L") for kind in kinds)


def _piled(part: str) -> bool:
    """Say whether more marks are piled on one letter than any writing needs."""
    run = 0
    for char in "" if part.isascii() else part:
        run = run + 1 if unicodedata.category(char) == "Mn" else 0
        if run > _MOST_MARKS:
            return True
    return False


NamePart = Annotated[
    str,
    AfterValidator(read_name_part),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_PART}),
]


class Name(Shape):
    """A person's name; someone with a single name has it as the surname."""

    title: NamePart | None = Field(None, description="How they are addressed, such as Ms or Dr")
    forenames: NamePart | None = Field(None, description="All first and middle names, as written")
    surname: NamePart = Field(description="Family name, or the only name of someone who has one name")

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.forenames, self.surname) if part)


class PreviousName(Name):
    """A name someone had before; a restricted one is matched on, then never shown or passed on."""

    restricted: bool = Field(
        False,
        strict=True,
        description="Whether this name must not be disclosed (for example Gender Recognition Act 2004, section 22)",
    )
