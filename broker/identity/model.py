"""The model: how often each likeness is found between two records of one person, of relatives, and of strangers.

A model is data: a JSON file, shipped with its sha256, that a council may replace by one estimated from its own people.
Fellegi and Sunter, "A theory for record linkage", JASA 64 (1969); the third hypothesis is in docs/identity.md.
"""

import hashlib
import math
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.life_event import Acts

SHIPPED: Final = Path(__file__).with_name("model.json")
Share = Annotated[float, Field(gt=0, le=1)]
MISSING: Final = "missing"


class ModelRefused(Exception):
    """A model that cannot be used, and why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Level(_Part):
    """One level of a comparison: how often it is found where the two are the same person (m), or strangers (u)."""

    m: Share
    u: Share
    #: how common the value itself is takes the place of u
    by_frequency: bool = False
    #: u holds for the usual population, and is less the more residents there are
    local: bool = False

    @cached_property
    def bits(self) -> float:
        """What the level says for the same person, as the base-2 logarithm of m over u."""
        return math.log2(self.m / self.u)

    @cached_property
    def log_m(self) -> float:
        """The base-2 logarithm of m."""
        return math.log2(self.m)


class Relatives(_Part):
    """How often levels are found between two who live together."""

    #: by the level of the name, by the level of the birth: the two go together, as twins show
    name_and_birth: Mapping[str, Mapping[str, Share]]
    #: by comparison, by level; the home agrees as it would for the same person
    alone: Mapping[str, Mapping[str, Share]]
    #: how many others share a home with a resident, on average
    housemates: Annotated[float, Field(gt=0)]

    @cached_property
    def logs_together(self) -> dict[tuple[str, str], float]:
        """The base-2 logarithms of name and birth."""
        return {(name, birth): math.log2(p) for name, row in self.name_and_birth.items() for birth, p in row.items()}

    @cached_property
    def logs_alone(self) -> dict[tuple[str, str], float]:
        """The base-2 logarithms of the other comparisons."""
        return {(name, level): math.log2(p) for name, row in self.alone.items() for level, p in row.items()}


class Band(_Part):
    """What acting alone asks for, by what a wrong match would do."""

    #: bits of the best candidate, in the score that knows relatives
    bits: float
    #: bits that the next candidate must be behind
    gap: float
    #: how many of date of birth, home, number, phone and e-mail must agree
    corroborations: int
    #: only what the act asks for: guards of a grave kind
    hard_guards_only: bool = False


class Model(_Part):
    """Everything that is weighed with."""

    version: str
    comparisons: Mapping[str, Mapping[str, Level]]
    relatives: Relatives
    #: how often the person told of is a resident
    resident: Share
    #: how often it is somebody else, who has a resident's name and date of birth, however rare they look
    coincidence: Share
    bands: Mapping[Acts, Band]
    #: a candidate below this is nobody
    review_from: float
    #: two candidates from here on, closer than the gap, cannot be told apart
    rival_from: float
    #: by how many residents' worth the usual frequency outweighs what a small directory shows
    smoothing: Annotated[float, Field(ge=0)]
    #: a directory with fewer is weighed as if it held so many
    least_population: Annotated[int, Field(gt=0)]
    #: how many residents there were where strangers were counted
    usual_population: Annotated[int, Field(gt=0)]

    def level(self, comparison: str, level: str) -> Level:
        """One level's numbers."""
        return self.comparisons[comparison][level]


@cache
def shipped_model() -> Model:
    """The model that comes with the broker. Raises ModelRefused if the file is not the one that was shipped."""
    wanted = SHIPPED.with_name("model.json.sha256").read_text("ascii").split()[0]
    raw = SHIPPED.read_bytes()
    if hashlib.sha256(raw).hexdigest() != wanted:
        raise ModelRefused("model.json is not the file that was shipped: its sha256 differs")
    return read_model(raw)


def read_model(raw: bytes) -> Model:
    """Read a model. Raises ModelRefused for what is no model, or one whose levels make no sense."""
    try:
        model = Model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ModelRefused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for name, levels in model.comparisons.items():
        for level, numbers in levels.items():
            if numbers.by_frequency and numbers.bits <= 0:
                raise ModelRefused(f"comparisons.{name}.{level}: a value that agrees must speak for the same person")
    return model


def save_model(model: Model, path: Path) -> str:
    """Write a model, and its sha256 beside it; the sum is returned."""
    raw = model.model_dump_json(indent=1).encode() + b"\n"
    digest = hashlib.sha256(raw).hexdigest()
    path.write_bytes(raw)
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", "ascii")
    return digest
