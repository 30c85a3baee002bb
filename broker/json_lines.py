"""Reading a file of JSON Lines without ever holding it: good lines as values, bad ones with their number and field."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Generic, TypeAlias, TypeVar

from pydantic import ValidationError

from broker.directory.file import FiledPerson
from schemas.problems import Problem, problems_of
from schemas.reading import LARGEST_BODY, Unreadable, read_json

Filed = TypeVar("Filed", bound=FiledPerson)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_REPEATED: Final = Problem(field="id", code="repeated", message="An earlier line has the same id. Keep one of them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Good(Generic[Filed]):
    """A line that says what it should."""

    number: int
    said: Filed


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A line that cannot be used, what is wrong with it, and its bytes for the file of rejects."""

    number: int
    problems: tuple[Problem, ...]
    raw: bytes

    def __str__(self) -> str:
        said = "; ".join(f"{problem.field or 'the whole line'}: {problem.message}" for problem in self.problems)
        return f"line {self.number}: {said}"


Line: TypeAlias = Good[Filed] | Bad


class JsonLines(Generic[Filed]):
    """The lines of one file, in order. Blank lines say nothing; an ``id`` that stood before is refused.

    Only one line is in memory, and the ids. Iterating raises OSError if the file cannot be read.
    """

    def __init__(self, path: Path, kind: type[Filed]) -> None:
        self._path = path
        self._kind = kind
        #: bytes read so far, for showing progress
        self.bytes_read = 0

    def __iter__(self) -> Iterator[Line[Filed]]:
        met: set[str] = set()
        for number, raw in self._raw_lines():
            line = _read_line(number, raw, self._kind)
            match line:
                case Good(said=said) if said.id in met:
                    yield Bad(number=number, problems=(_REPEATED,), raw=raw)
                case Good(said=said):
                    met.add(said.id)
                    yield line
                case Bad():
                    yield line

    def _raw_lines(self) -> Iterator[tuple[int, bytes]]:
        with self._path.open("rb") as file:
            for number, whole in enumerate(iter(lambda: self._next(file), b""), start=1):
                # Windows programs begin UTF-8 files so.
                raw = (whole.removeprefix(_BYTE_ORDER_MARK) if number == 1 else whole).strip()
                if raw:
                    yield number, raw

    def _next(self, file: BinaryIO) -> bytes:
        """One line; of a line too long to be right only the beginning, which the reader then refuses."""
        raw = file.readline(LARGEST_BODY + 2)
        rest = raw
        self.bytes_read += len(raw)
        while len(rest) > LARGEST_BODY and not rest.endswith(b"\n"):
            rest = file.readline(LARGEST_BODY + 2)
            self.bytes_read += len(rest)
        return raw


def _read_line(number: int, raw: bytes, kind: type[Filed]) -> Line[Filed]:
    try:
        return Good(number=number, said=kind.model_validate(read_json(raw)))
    except Unreadable as error:
        problems: tuple[Problem, ...] = (Problem(field="", code=error.code, message=error.message),)
    except ValidationError as error:
        problems = problems_of(error)
    return Bad(number=number, problems=problems, raw=raw)
