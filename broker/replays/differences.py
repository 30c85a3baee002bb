"""Differences: which fields of two letters differ, with what is in them masked. Pure.

What a person reads here decides whether a replay goes on, so it says where and of which shape, never what.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_ABSENT = "not said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that is different: its dotted path, and what it was and would be, masked."""

    field: str
    was: str
    now: str


def differences(was: Mapping[str, object], now: Mapping[str, object]) -> tuple[Difference, ...]:
    """The fields that differ between two disclosures, by their paths."""
    before, after = dict(_flat(was)), dict(_flat(now))
    return tuple(
        Difference(field=path, was=_masked(before, path), now=_masked(after, path))
        for path in sorted({*before, *after})
        if before.get(path, _ABSENT) != after.get(path, _ABSENT)
    )


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _flat(inner, f"{path}.{name}" if path else str(name))
        case list() | tuple():
            for place, inner in enumerate(value):
                yield from _flat(inner, f"{path}.{place}")
        case _:
            yield path, value


def _masked(said: Mapping[str, object], path: str) -> str:
    return mask(said[path]) if path in said else _ABSENT


def mask(value: object) -> str:
    """The shape of a value, and nothing of what it is."""
    match value:
        case None:
            return _ABSENT
        case bool():
            return "yes or no"
        case int() | float():
            return "a number"
        case str():
            return f"text, {len(value)} characters"
        case _:
            return "a value"
