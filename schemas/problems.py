"""What is wrong with what we were told: a field, a code and what to do about it, never the value itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, get_args

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from schemas.today import london_today


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong, or unusual: the dotted path of the field (empty for the whole), a code and a sentence."""

    field: str
    code: str
    message: str


class Invalid(Exception):
    """What was told cannot be accepted as it stands; says only fields and codes."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.field or 'document'}: {problem.code}" for problem in problems))
        self.problems = problems


class Questionable(Protocol):
    """Anything that can say what is unusual about itself."""

    def unusual(self, today: date) -> Iterable[Problem]:
        """Say what should be confirmed before it is acted on."""
        ...


def warnings_of(event: Questionable, today: date | None = None) -> tuple[Problem, ...]:
    """List what is accepted but should be confirmed; today is the date in London unless given."""
    return tuple(event.unusual(today or london_today()))


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """Translate pydantic's errors into ours, without the values that caused them."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return tuple(_problem(detail["type"], detail["loc"], detail["msg"]) for detail in details)


def refused(title: str, problems: Iterable[Problem]) -> ValidationError:
    """Make the error that pydantic nests under the right field of the shape around it."""
    details = [
        InitErrorDetails(type=PydanticCustomError(problem.code, problem.message), loc=_loc(problem.field), input=None)
        for problem in problems
    ]
    return ValidationError.from_exception_data(title, details, hide_input=True)


_OF_PYDANTIC: Final = frozenset(get_args(ErrorType))

_CODES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("missing", "This is needed. Fill it in."),
    "extra_forbidden": ("unknown_field", "This field is not known here. Remove it or check its spelling."),
    "string_too_long": ("too_long", "This is too long. Shorten it."),
    "too_long": ("too_long", "There are too many of these. Send fewer."),
    "string_too_short": ("too_short", "This is too short. Complete it."),
    "too_short": ("too_short", "There are too few of these. Send at least one."),
    "greater_than_equal": ("out_of_range", "This number is too small. Check it."),
    "less_than_equal": ("out_of_range", "This number is too large. Check it."),
}

_PLAIN_KEY: Final = re.compile(r"_{0,2}[a-z]+(?:_[a-z]+)*_{0,2}", re.ASCII)


def _problem(kind: str, loc: tuple[int | str, ...], message: str) -> Problem:
    if kind not in _OF_PYDANTIC:
        return Problem(field=_path(loc), code=kind, message=message)
    if kind == "extra_forbidden":
        loc = _without_odd_key(loc)
    if kind in ("enum", "literal_error"):
        # What pydantic lists here are our own values, never the one that was sent.
        expected = message.removeprefix("Input should be ")
        return Problem(field=_path(loc), code="unknown_value", message=f"Choose one of: {expected}.")
    code, text = _CODES.get(kind, _any_other(kind))
    return Problem(field=_path(loc), code=code, message=text)


def _any_other(kind: str) -> tuple[str, str]:
    if kind.endswith(("_type", "_parsing", "_from_float")):
        return "wrong_type", "This is not the kind of value expected here. See the published schema."
    return "invalid", "This cannot be accepted as it stands. See the published schema."


def _without_odd_key(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Name an unknown field only if it looks like a field name: a key can carry personal data too."""
    key = str(loc[-1])
    return loc if len(key) <= 40 and _PLAIN_KEY.fullmatch(key) else loc[:-1]


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc)


def _loc(field: str) -> tuple[int | str, ...]:
    return tuple(int(step) if step.isdecimal() else step for step in field.split(".")) if field else ()
