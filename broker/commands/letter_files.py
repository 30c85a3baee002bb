"""Letters in files: one JSON document, an array of them, or JSON Lines."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from broker.commands.stopping import bad


@dataclass(frozen=True, slots=True)
class FiledLetter:
    """One letter, with where it stands: a file and a line, or its place in the array."""

    file: str
    place: int
    body: bytes

    def __str__(self) -> str:
        return f"{self.file}:{self.place}"


def letters_in(files: Sequence[str]) -> Iterator[FiledLetter]:
    """Every letter of these files in their order; - is standard input. Bytes of a letter stay as they are."""
    for file in files:
        yield from _letters(file, _read(file))


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        bad(f"{file} cannot be read ({error.strerror}): name a file of JSON or JSON Lines, or - for standard input.")


def _letters(file: str, content: bytes) -> Iterator[FiledLetter]:
    name = "standard input" if file == "-" else file
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError:
        yield from _lines(name, content)
        return
    if isinstance(whole, list):
        yield from (FiledLetter(name, place, orjson.dumps(each)) for place, each in enumerate(whole, start=1))
    else:
        yield FiledLetter(name, 1, content)


def _lines(name: str, content: bytes) -> Iterator[FiledLetter]:
    if _is_one_broken_document(content):
        yield FiledLetter(name, 1, content)
        return
    for place, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            yield FiledLetter(name, place, line)


def _is_one_broken_document(content: bytes) -> bool:
    """A document over several lines whose first line is no document: one mistake, not one a line."""
    first = next((line for line in content.splitlines() if line.strip()), b"")
    return first.strip() in (b"{", b"[") or not first.lstrip().startswith(b"{")
