"""Leaves of a disclosure: each single value by its dotted path, and putting another one in its place. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Every single value with its dotted path, in the order in which it is written."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, f"{path}.{name}" if path else str(name))
        case list():
            for place, inner in enumerate(value):
                yield from leaves(inner, f"{path}.{place}")
        case _:
            yield path, value


def with_changes(said: Mapping[str, Any], changes: Mapping[str, str | None]) -> dict[str, Any]:
    """The fields of a disclosure that these changes reach, whole and changed; None takes a value away.

    ``changes`` are by dotted path: of a leaf, or of a field that was not said before.
    """
    changed: dict[str, Any] = {}
    for path, value in sorted(changes.items(), reverse=True):  # from behind, as a list closes up where one goes
        first, *inner = path.split(".")
        if not inner:
            changed[first] = value
        else:
            changed.setdefault(first, deepcopy(said[first]))
            _put(changed[first], inner, value)
    return changed


def _put(place: Any, path: list[str], value: str | None) -> None:  # noqa: ANN401 - any JSON
    first, *inner = path
    key: Any = int(first) if isinstance(place, list) else first
    if inner:
        _put(place[key], inner, value)
    elif value is None:
        del place[key]
    else:
        place[key] = value
