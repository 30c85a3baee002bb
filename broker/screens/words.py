"""The words of the screens, in English and Welsh, from one catalogue (words.toml)."""

import re
import tomllib
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

_CATALOGUE: Final = Path(__file__).with_name("words.toml")


class Tongue(StrEnum):
    """A language that the screens speak."""

    ENGLISH = "en"
    WELSH = "cy"


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Every sentence by its name, as (English, Welsh). Raises LookupError for one that is not a pair."""
    return dict(_pairs("", tomllib.loads(_CATALOGUE.read_text("utf-8"))))


def _pairs(prefix: str, table: dict[str, Any]) -> list[tuple[str, tuple[str, str]]]:
    found: list[tuple[str, tuple[str, str]]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _pairs(f"{prefix}{name}.", value)
        elif isinstance(value, list) and len(value) == 2:
            found.append((f"{prefix}{name}", (value[0], value[1])))
        else:
            raise LookupError(f"{prefix}{name} is not a pair of English and Welsh")
    return found


class Words:
    """The catalogue in one language: ``say("start.title")``, with ``{places}`` filled in by name."""

    def __init__(self, tongue: Tongue) -> None:
        self.tongue = tongue
        self._at = list(Tongue).index(tongue)

    def __call__(self, name: str, /, **places: object) -> str:
        """The sentence. Raises LookupError for a name that the catalogue does not have."""
        text = catalogue()[name][self._at]
        for place, value in places.items():
            text = text.replace("{" + place + "}", str(value))
        return text

    def has(self, name: str) -> bool:
        """Whether the catalogue has this sentence."""
        return name in catalogue()

    def either(self, english: str) -> str:
        """The Welsh of an English sentence that other parts of the broker say, where the catalogue has it."""
        return _welsh_of(english) if self.tongue is Tongue.WELSH else english


@lru_cache(maxsize=2_000)
def _welsh_of(english: str) -> str:
    """The Welsh of a sentence, with what stands in its places; the English where there is none."""
    for pattern, welsh in _patterns():
        if found := pattern.fullmatch(english):
            return re.sub(r"{(\w+)}", lambda place: found[place[1]], welsh)
    return english


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_pattern(english), re.DOTALL), welsh) for english, welsh in catalogue().values())


def _pattern(english: str) -> str:
    parts = re.split(r"{(\w+)}", english)
    return "".join(f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
