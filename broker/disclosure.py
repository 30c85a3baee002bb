"""Disclosures: the fields that one department may see of one life event. The data sharing agreement is the type."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict

from broker.facts import Facts

Source = str | Callable[[Facts], object]


@dataclass(frozen=True, slots=True)
class Sees:
    """Where a field comes from (a dotted path in ``Facts``, or a rule over them) and why the department needs it."""

    source: Source
    why: str

    def __post_init__(self) -> None:
        """Refuse what is no source: in a class body, a field with a default hides a rule of the same name."""
        if not isinstance(self.source, str) and not callable(self.source):
            raise TypeError("a source is a dotted path or a rule; does a field hide the rule of its name?")

    def __call__(self, facts: Facts) -> object:
        """Draw the value; a path that ends early is None."""
        if callable(self.source):
            return self.source(facts)
        value: object = facts
        for step in self.source.split("."):
            value = getattr(value, step, None)
        return value

    @property
    def origin(self) -> str:
        """The source in words for the disclosure register: the path, or the name of the rule."""
        return self.source if isinstance(self.source, str) else f"rule: {self.source.__name__.replace('_', ' ')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenField:
    """One row of the disclosure register."""

    name: str
    origin: str
    why: str


class Disclosure(BaseModel):
    """A department's view: plain values and other disclosures only, so that it cannot widen when a schema grows."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """Build the view of these facts. Raises pydantic's ValidationError where a needed field is not known."""
        return cls.model_validate({name: seen(facts) for name, seen in cls._seen()})

    @classmethod
    def register(cls) -> tuple[SeenField, ...]:
        """Every field, where it comes from and why, in the order of declaration."""
        return tuple(SeenField(name=name, origin=seen.origin, why=seen.why) for name, seen in cls._seen())

    @classmethod
    @cache
    def _seen(cls) -> tuple[tuple[str, Sees], ...]:
        marks = ((name, mark) for name, field in cls.model_fields.items() for mark in field.metadata)
        return tuple((name, mark) for name, mark in marks if isinstance(mark, Sees))
