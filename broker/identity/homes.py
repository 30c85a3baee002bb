"""Homes: an address in the form that is compared, and how two of them compare. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import JaroWinkler

from broker.folding import folded, folded_words
from broker.identity.births import one_slip_apart
from schemas.address import Address

_SHORT: Final = {
    "st": "street", "rd": "road", "ave": "avenue", "av": "avenue", "cl": "close", "ln": "lane", "dr": "drive",
    "cres": "crescent", "ct": "court", "pl": "place", "sq": "square", "gdns": "gardens", "gdn": "gardens",
    "terr": "terrace", "ter": "terrace", "hse": "house", "apt": "flat", "apartment": "flat", "no": "", "the": "",
}  # fmt: skip
_PLACEHOLDERS: Final = frozenset({"nfa", "no fixed abode", "no fixed address", "unknown", "not known", "care of", "na"})
_ALIKE: Final = 0.9
_INWARD: Final = 3


class HomeLevel(StrEnum):
    """How two homes compare, closest first."""

    PROPERTY = "property"
    DOOR = "door"
    PREVIOUS = "previous"
    SLIP = "slip"
    POSTCODE = "postcode"
    OUTCODE = "outcode"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One address in the form that is compared. Empty means not known."""

    uprn: str
    postcode: str
    #: the first line, with its words in full
    door: str
    #: a home they have left
    left: bool = False

    @property
    def outcode(self) -> str:
        """The postcode without its last three."""
        return self.postcode[:-_INWARD]

    @property
    def place(self) -> str:
        """What how many live there is counted by."""
        return self.uprn or (f"{self.postcode} {self.door}" if self.postcode and self.door else "")


def home_of(address: Address, *, left: bool = False) -> Home:
    """Read an address."""
    line = address.lines[0] if address.lines else ""
    return Home(uprn=address.uprn or "", postcode=folded(address.postcode or ""), door=door_of(line), left=left)


@lru_cache(maxsize=32_768)
def door_of(line: str) -> str:
    """A first line with its usual short words in full: 1 Elm Rd. is 1 elm road. Empty for what says nothing."""
    words = folded_words(line)
    if words in _PLACEHOLDERS or words.startswith("care of"):
        return ""
    return " ".join(full for word in words.split() if (full := _SHORT.get(word, word)))


def compare_homes(told: Home, held: Home) -> HomeLevel:
    """Compare two homes."""
    if told.uprn and told.uprn == held.uprn:
        return HomeLevel.PREVIOUS if held.left else HomeLevel.PROPERTY
    if not told.postcode or not held.postcode:
        return HomeLevel.DIFFERS if told.uprn and held.uprn else HomeLevel.MISSING
    if told.door and held.door and (one_door := _compare_doors(told, held)) is not None:
        return one_door
    if told.postcode == held.postcode:
        return HomeLevel.POSTCODE
    return HomeLevel.OUTCODE if told.outcode == held.outcode else HomeLevel.DIFFERS


def _compare_doors(told: Home, held: Home) -> HomeLevel | None:
    """None where the first lines do not say that it is one home."""
    one_postcode = told.postcode == held.postcode
    if one_postcode and told.door == held.door:
        return HomeLevel.PREVIOUS if held.left else HomeLevel.DOOR
    # Another number is another home, whatever the street.
    if numbers(told.door) != numbers(held.door):
        return None
    if told.door == held.door and numbers(told.door) and told.outcode == held.outcode:
        return HomeLevel.SLIP
    near = one_postcode or one_slip_apart(told.postcode, held.postcode)
    alike = JaroWinkler.similarity(told.door.replace(" ", ""), held.door.replace(" ", "")) >= _ALIKE
    return HomeLevel.SLIP if near and alike else None


@lru_cache(maxsize=32_768)
def numbers(door: str) -> str:
    """The words of a first line that hold a digit."""
    return " ".join(word for word in door.split() if any(char.isdigit() for char in word))
