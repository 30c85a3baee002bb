"""Answers: what was typed into a form, as a life event's document, and back again for a correction. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from broker.screens.questions import Question, Widget
from broker.screens.spoken import address_in_words, spoken_address, spoken_day, spoken_name, spoken_pounds
from broker.screens.worded import day_in_words

#: what a field is called in the form
PREFIX: Final = "q."
#: rows for people who are not in the directory
SPARE_ROWS: Final = 2
Typed = Mapping[str, Sequence[str]]


def first(typed: Typed, name: str) -> str:
    """The last value that was typed into a field."""
    values = typed.get(name) or ("",)
    return values[-1].strip()


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Put a value where a dotted path leads, making the groups on the way."""
    *outer, last = path.split(".")
    for step in outer:
        document = document.setdefault(step, {})
    document[last] = value


def value_at(document: Any, path: str) -> Any:  # noqa: ANN401 - a JSON value
    """What stands where a dotted path leads, or none."""
    for step in path.split("."):
        document = document.get(step) if isinstance(document, Mapping) else None
    return document


def is_unchanged(typed: Typed, question: Question, before: Mapping[str, Any]) -> bool:
    """Whether a field still shows what was told before: then its value stays whole, with what a form does not show."""
    shown = typed_from(before, [question])
    name = PREFIX + question.path
    said = {key: first(typed, key) for key in typed if key == name or key.startswith(f"{name}.")}
    return bool(shown) and {key: values[0] for key, values in shown.items() if values[0]} == {
        key: value for key, value in said.items() if value
    }


def value_of(typed: Typed, question: Question, today: date) -> Any:  # noqa: ANN401 - a JSON value
    """What was answered to one question, as the life event writes it; none where nothing was typed."""
    name = PREFIX + question.path
    said = first(typed, name)
    match question.widget:
        case Widget.DAY | Widget.PARTIAL_DAY:
            return _day(typed, name, today)
        case Widget.YES_NO:
            return {"yes": True, "no": False}.get(said)
        case Widget.NAME:
            return spoken_name(first(typed, f"{name}.forenames"), first(typed, f"{name}.surname"))
        case Widget.ADDRESS:
            return spoken_address(said, first(typed, f"{name}.country"))
        case Widget.PEOPLE:
            return _people(typed, name, today)
        case Widget.EVIDENCE:
            return [{"kind": said, "seen": first(typed, f"{name}.seen") == "yes"}] if said else None
        case Widget.NUMBER:
            return int(said) if said.isdecimal() and len(said) < 5 else said or None
        case Widget.POUNDS:
            return spoken_pounds(said) or None
        case Widget.CHOICE | Widget.PHONE | Widget.EMAIL | Widget.NINO | Widget.TEXT:
            return said or None


def _day(typed: Typed, name: str, today: date) -> str | None:
    chosen, said = first(typed, name), first(typed, f"{name}.other")
    if chosen in ("today", "yesterday") and not said:
        return spoken_day(chosen, today)
    if said or chosen in ("", "other"):
        return spoken_day(said, today) or None
    return spoken_day(chosen, today) or None


def _people(typed: Typed, name: str, today: date) -> list[dict[str, Any]] | None:
    found = [_person(typed, f"{name}.{row}", today) for row in range(SPARE_ROWS)]
    return [one for one in found if one is not None] or None


def _person(typed: Typed, name: str, today: date) -> dict[str, Any] | None:
    called = spoken_name(first(typed, f"{name}.forenames"), first(typed, f"{name}.surname"))
    if called is None:
        return None
    born = spoken_day(first(typed, f"{name}.born"), today)
    return {"name": called, **({"date_of_birth": born} if born else {})}


def typed_from(document: Mapping[str, Any], questions: Iterable[Question]) -> dict[str, list[str]]:
    """What would have been typed for this document: a correction's form begins with it."""
    typed: dict[str, list[str]] = {}
    for question in questions:
        value = value_at(document, question.path)
        if value is not None:
            for name, said in _said(question, value):
                typed[PREFIX + question.path + name] = [said]
    return typed


def _said(question: Question, value: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a JSON value
    match question.widget:
        case Widget.NAME:
            return [(f".{part}", value.get(part) or "") for part in ("forenames", "surname")]
        case Widget.ADDRESS:
            return [("", address_in_words(value)), (".country", value.get("country") or "")]
        case Widget.YES_NO:
            return [("", "yes" if value else "no")]
        case Widget.DAY | Widget.PARTIAL_DAY:
            return [("", "other"), (".other", day_in_words(value))]
        case Widget.EVIDENCE:
            return [("", value[0]["kind"]), (".seen", "yes" if value[0]["seen"] else "no")] if value else []
        case Widget.PEOPLE:
            return [part for row, person in enumerate(value[:SPARE_ROWS]) for part in _row(row, person)]
        case _:
            return [("", str(value))]


def _row(row: int, person: Mapping[str, Any]) -> list[tuple[str, str]]:
    name = person.get("name", {})
    return [
        (f".{row}.forenames", name.get("forenames") or ""),
        (f".{row}.surname", name.get("surname") or ""),
        (f".{row}.born", person.get("date_of_birth") or ""),
    ]
