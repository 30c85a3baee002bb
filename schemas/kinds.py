"""Which life events there are, and reading a document as the one it says it is."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import ValidationError

from schemas.life_event import LifeEvent, is_newer_minor
from schemas.problems import Invalid, Problem, problems_of


def life_events() -> dict[str, type[LifeEvent]]:
    """List every life event by its kind; a file put in this folder is one more. Two of one kind are a TypeError."""
    events = sorted(LifeEvent.__subclasses__(), key=lambda event: event.kind)
    found = {event.kind: event for event in events}
    if len(found) != len(events):
        raise TypeError(f"two life events have the same kind: {', '.join(event.__qualname__ for event in events)}")
    return found


def parse_life_event(document: Mapping[str, object], *, today: date | None = None) -> LifeEvent:
    """Read a plain document as the life event its `kind` names, or raise Invalid with every problem found."""
    event = _class_of(document)
    # A later minor version may only add fields: what we do not know of it is left out.
    extra: Literal["ignore"] | None = "ignore" if is_newer_minor(document.get("schema_version")) else None
    try:
        return event.model_validate(document, extra=extra, context={"today": today})
    except ValidationError as error:
        problems = problems_of(error)
    # Raised here and not above, so that it does not carry the error that holds the values.
    raise Invalid(problems)


def _class_of(document: Mapping[str, object]) -> type[LifeEvent]:
    known = life_events()
    kind = document.get("kind")
    if kind is None:
        raise Invalid((Problem(field="kind", code="missing", message="Say which life event this is."),))
    if not isinstance(kind, str) or kind not in known:
        raise Invalid((Problem(field="kind", code="unknown_kind", message=f"Choose one of: {', '.join(known)}."),))
    return known[kind]
