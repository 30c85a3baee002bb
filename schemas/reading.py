"""Strict reading of JSON: what two parsers could read differently is refused."""

import json
import re
from math import isfinite
from typing import Final, NoReturn

LARGEST_BODY: Final = 64 * 1024
DEEPEST: Final = 20
LONGEST_NUMBER: Final = 30


class Unreadable(Exception):
    """The bytes are not a letter we can read; `code` and `message` never repeat them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def read_json(body: bytes) -> dict[str, object]:
    """Read one JSON object (RFC 8259, UTF-8) or raise Unreadable.

    Refuses more than 64 KiB, nesting beyond 20, repeated keys, NaN and infinities, numbers of more than 30 characters,
    a byte order mark, NUL and half surrogates.
    """
    if len(body) > LARGEST_BODY:
        raise Unreadable("body_too_large", f"Send at most {LARGEST_BODY} bytes.")
    _refuse_depth(body)
    document = _parsed(_text(body))
    if not isinstance(document, dict):
        raise _invalid("Send one JSON object.")
    if b"\\u" in body:
        _refuse_odd_characters(document)
    return document


def _invalid(message: str) -> Unreadable:
    return Unreadable("invalid_json", message)


def _text(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise _invalid("Send UTF-8 without a byte order mark.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass  # raised below, so that the error does not carry the bytes
    raise _invalid("Send UTF-8.")


# A string, or a bracket. Possessive, so a hostile body cannot make it go back over what it has read.
_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def _refuse_depth(body: bytes) -> None:
    """Count brackets outside strings before parsing: the parser itself recurses."""
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = found[0][:1]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise _invalid(f"Nest at most {DEEPEST} deep.")
        elif first in b"]}":
            depth -= 1


def _parsed(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except ValueError:
        pass  # raised below, so that the error does not carry the document
    raise _invalid("This is not well-formed JSON.")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("duplicate_key", "Send each key once in an object.")
    return found


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _invalid(f"Send numbers of at most {LONGEST_NUMBER} characters.")
    return int(digits)


def _fraction(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER or not isfinite(number := float(digits)):
        raise _invalid(f"Send finite numbers of at most {LONGEST_NUMBER} characters.")
    return number


def _constant(_: str) -> NoReturn:
    raise _invalid("NaN and Infinity are not JSON.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)


def _refuse_odd_characters(value: object) -> None:
    """Refuse NUL and half surrogates, which only an escape can bring; depth is already bounded."""
    match value:
        case str():
            if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in value):
                raise _invalid("Send no NUL and no half surrogate.")
        case dict():
            for key, inner in value.items():
                _refuse_odd_characters(key)
                _refuse_odd_characters(inner)
        case list():
            for inner in value:
                _refuse_odd_characters(inner)
        case _:
            pass
