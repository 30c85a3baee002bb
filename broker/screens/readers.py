"""Readers: which departments read which field of a life event, found by letting each draw its view and watching.

A form asks only what is read. It cannot fall behind an adapter: nothing here is declared a second time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from broker.adapter import Adapter, Telling
from broker.facts import Facts
from broker.screens.questions import Widget, questions_of
from schemas.kinds import life_events
from schemas.life_event import LifeEvent
from schemas.subject import Subject
from schemas.variants import Variant

#: where a watched part keeps whom to tell
_WATCH: Final = "_watch"


@lru_cache(maxsize=256)
def fields_read(adapter: Adapter, kind: str) -> frozenset[str]:
    """The dotted fields of this kind of life event that a department reads; empty where it is never told of it."""
    told = life_events()[kind]
    telling = adapter.telling(told)
    if telling is None:
        return frozenset()
    read: set[str] = set()
    for event in variations(told):
        for references in (None, "99001001"):
            _watch(event, telling, references, read.add)
    return frozenset(read)


def reads(adapter: Adapter, kind: str, path: str) -> bool:
    """Whether a department reads a field, a part of it, or the whole that it is part of without looking inside."""
    found = fields_read(adapter, kind)
    if path in found or any(one.startswith(f"{path}.") for one in found):
        return True
    parents = path.split(".")[:-1]
    return any(_read_whole(".".join(parents[:length]), found) for length in range(1, len(parents) + 1))


def _read_whole(parent: str, found: frozenset[str]) -> bool:
    return parent in found and not any(one.startswith(f"{parent}.") for one in found)


def departments_asking(adapters: Sequence[Adapter], kind: str, path: str) -> tuple[Adapter, ...]:
    """The departments that read a field."""
    return tuple(adapter for adapter in adapters if reads(adapter, kind, path))


def variations(told: type[LifeEvent]) -> Iterator[LifeEvent]:
    """A kind's example, and with each of its choices made otherwise: a rule may read a field in one case only."""
    example = told.example()
    yield example
    for question in questions_of(told.kind, Variant.MATCHED):
        if "." in question.path or question.widget not in (Widget.CHOICE, Widget.YES_NO):
            continue
        for value in _values(told, question.path):
            yield example.model_copy(update={question.path: value})


def _values(told: type[LifeEvent], name: str) -> tuple[Any, ...]:
    annotation = told.model_fields[name].annotation
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return tuple(kind)
    return (True, False)


def facts_of(event: LifeEvent, subject: Subject, reference: str | None) -> Facts:
    """What a department draws from, of an event that nobody has told."""
    return Facts(
        event=event,
        subject=subject,
        told_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
        told_on=date(2026, 11, 2),
        notification="TUO-0000-0000-0000",
        person="00000000-0000-4000-8000-000000000000",
        sequence=1,
        case_reference=reference,
    )


def _watch(event: LifeEvent, telling: Telling, reference: str | None, noted: Callable[[str], None]) -> None:
    facts = facts_of(_watched(event, "", noted), _watched(event.subject, "subject.", noted), reference)
    # What cannot be drawn from an example is read all the same, up to there.
    with suppress(ValidationError, TypeError, ValueError, AttributeError, KeyError):
        telling.when(facts)
    with suppress(ValidationError, TypeError, ValueError, AttributeError, KeyError):
        telling.sees.of(facts)


def _watched(value: Any, prefix: str, noted: Callable[[str], None]) -> Any:  # noqa: ANN401 - any part of an event
    """The same part of an event, which tells of each field that is read."""
    if isinstance(value, tuple):
        return tuple(_watched(one, prefix, noted) for one in value)
    if not isinstance(value, BaseModel):
        return value
    return _watching_class(type(value))._over(value, prefix, noted)


@lru_cache(maxsize=256)
def _watching_class(model: type[BaseModel]) -> Any:  # noqa: ANN401 - a class made here
    def reading(self: Any, name: str) -> Any:  # noqa: ANN401 - a field's value
        found = object.__getattribute__(self, name)
        if name.startswith("_") or name not in model.model_fields:
            return found
        prefix, noted = object.__getattribute__(self, "__dict__")[_WATCH]
        noted(prefix + name)
        return _watched(found, f"{prefix}{name}.", noted)

    def over(cls: Any, value: BaseModel, prefix: str, noted: Callable[[str], None]) -> Any:  # noqa: ANN401
        made = value.model_copy()
        made.__dict__[_WATCH] = (prefix, noted)
        object.__setattr__(made, "__class__", cls)
        return made

    return type(f"Watched{model.__name__}", (model,), {"__getattribute__": reading, "_over": classmethod(over)})
