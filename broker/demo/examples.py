"""The life events of a demonstration: their dates are recent at its first start, and then stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import orjson

_HERE: Final = Path(__file__).parent
#: how many days before the first start, for each date that must not grow old
_DAYS_AGO: Final[Mapping[str, Mapping[str, int]]] = {
    "move": {"occurred_on": 3, "tenancy_starts_on": 3, "tenancy_ends_on": 3},
    "death": {"occurred_on": 5},
    "move-out": {"occurred_on": 1, "old_home_empty_from": 1},
}
#: told at each start; the rest is for trying out
_TOLD: Final = ("move", "death")
#: for trying out
THIRD: Final = "move-out.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One letter to tell. The same key and the same bytes at every start: the second telling is a repeat."""

    name: str
    letter: bytes

    @property
    def key(self) -> str:
        """The idempotency key."""
        return f"tuo-up-{self.name}"


def examples(kept_in: Path, today: date) -> tuple[Example, ...]:
    """The examples to tell, as they were told at the first start; all are written down if this is the first."""
    letters = {name: _kept(kept_in / f"{name}.json", name, today) for name in _DAYS_AGO}
    return tuple(Example(name=name, letter=letters[name]) for name in _TOLD)


def _kept(path: Path, name: str, today: date) -> bytes:
    if not path.exists():
        whole = path.with_suffix(".part")
        whole.write_bytes(_filled_in(name, today))
        whole.replace(path)
    return path.read_bytes()


def _filled_in(name: str, today: date) -> bytes:
    document = orjson.loads((_HERE / f"{name}.json").read_bytes())
    dates = {field: str(today - timedelta(days=days)) for field, days in _DAYS_AGO[name].items()}
    return orjson.dumps({**document, **dates}, option=orjson.OPT_INDENT_2)
