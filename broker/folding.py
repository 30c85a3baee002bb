"""Folding: what is left of a name or an address line when case, accents and punctuation no longer count. Pure."""

import re
import unicodedata
from typing import Final

#: letters that Unicode does not take apart (after upper-casing and casefolding)
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"})
_NOT_PLAIN: Final = re.compile(r"[^a-z0-9]+")
#: what is written where nothing is known; folded
_PLACEHOLDERS: Final = frozenset(
    {"unknown", "notknown", "xx", "xxx", "xxxx", "baby", "babyboy", "babygirl", "infant", "fnu", "lnu"}
)


def folded(text: str) -> str:
    """The letters and digits of a text alone: O'Neill, O NEILL and Oneill are one, and so are Siân and Sian."""
    if text.isascii():
        return text.lower() if text.isalnum() else _NOT_PLAIN.sub("", text.lower())
    return "".join(char for char in _plain(text) if _stands(char))


def folded_words(text: str) -> str:
    """The same word by word, with single spaces: for address lines, where flat 1, 1 High Street is not number 11."""
    if text.isascii():
        return _NOT_PLAIN.sub(" ", text.lower()).strip()
    return " ".join("".join(char if _stands(char) else " " for char in _plain(text)).split())


def folded_name(text: str | None) -> str:
    """A name folded; empty for none and for what only stands for one, such as "unknown" or "baby"."""
    name = folded(text or "")
    return "" if name in _PLACEHOLDERS else name


def first_forename(forenames: str | None) -> frozenset[str]:
    """The ways to read the first forename, folded: Mary Ann is Mary and Maryann. Empty if it is not known."""
    words = (forenames or "").split()
    if not words or not folded_name(words[0]) or not folded_name(forenames):
        return frozenset()
    return frozenset({folded(words[0]), folded(" ".join(words))})


def _plain(text: str) -> str:
    """Without accents, in one case. Upper case first: some letters (ß, ı) meet only there."""
    apart = unicodedata.normalize("NFKD", text).upper().casefold()
    bare = (char for char in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(char))
    return "".join(bare).translate(_LETTERS)


def _stands(char: str) -> bool:
    """Letters, digits, and the vowel signs of scripts that write vowels as signs; no apostrophe, whatever its kind."""
    kind = unicodedata.category(char)
    return kind[0] in "LMN" and kind != "Lm"
