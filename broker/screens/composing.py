"""Composing: the life event that a draft tells, with what the form need not ask."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import orjson

from broker.person import Person
from broker.screens.answers import is_unchanged, put, value_at, value_of
from broker.screens.asking import Asked
from broker.screens.drafts import Draft
from broker.screens.questions import Question
from schemas.address import Address
from schemas.bereavement import Bereavement
from schemas.move import Move
from schemas.name import Name
from schemas.name_change import NameChange
from schemas.today import LONDON

Document = dict[str, Any]
#: in the form: others at the home who moved too
PICKED: Final = "q.household.pick"


def compose(draft: Draft, person: Person | None, others: Sequence[Person], asked: Sequence[Asked]) -> Document:
    """The life event as a document. The same draft always composes the same document, whenever it is sent."""
    before = draft.said.before
    document = _without(before, asked)
    for question in (one.question for one in asked):
        kept = value_at(before, question.path)
        value = kept if is_unchanged(draft.said.typed, question, before) else answer_to(draft, question)
        if value is not None:
            put(document, question.path, value)
    document |= {"kind": draft.kind, "schema_version": "1.0", "channel": "phone", "told_at": _told_at(draft)}
    document["subject"] = (
        {**_subject(person), **document.get("subject", {})} if "subject" not in before else document["subject"]
    )
    document["informant"] = _informant(draft, document)
    if draft.said.corrects:
        document["corrects"] = draft.said.corrects
    complete = _COMPLETE.get(draft.kind)
    if complete is not None:
        complete(document, person, [one for one in others if one.id in draft.said.typed.get(PICKED, ())])
    return document


def answer_to(draft: Draft, question: Question) -> Any:  # noqa: ANN401 - a JSON value
    """What was answered to one question; none where nothing was."""
    return value_of(draft.said.typed, question, draft_day(draft))


def _without(before: Document, asked: Sequence[Asked]) -> Document:
    """What was told before, but for what is asked again: an answer that was taken away is gone."""
    document: Document = orjson.loads(orjson.dumps(before))
    for one in asked:
        *outer, last = one.question.path.split(".")
        place: Any = document
        for step in outer:
            place = place.get(step, {}) if isinstance(place, dict) else {}
        if isinstance(place, dict):
            place.pop(last, None)
    for group in {one.question.group for one in asked if one.question.group}:
        if document.get(group) == {}:
            del document[group]
    return document


def _told_at(draft: Draft) -> str:
    return draft.made_at.astimezone(LONDON).replace(microsecond=0).isoformat()


def draft_day(draft: Draft) -> date:
    """What the caller calls today."""
    return draft.made_at.astimezone(LONDON).date()


def _subject(person: Person | None) -> Document:
    """What points at the person whom the adviser chose; the broker completes the rest itself."""
    if person is None:
        return {}
    said: Document = {"name": _name(person.names[0])} if person.names else {}
    if person.date_of_birth:
        said["date_of_birth"] = person.date_of_birth
    if person.nino:
        said["nino"] = person.nino
    if person.addresses and (home := _address(person.addresses[0])):
        said["address"] = home
    references = [{"department": name, "reference": held} for name, held in sorted(person.references.items())]
    return {**said, "references": references} if references else said


def _name(name: Name) -> Document:
    return {part: value for part in ("forenames", "surname") if (value := getattr(name, part))}


def _address(address: Address) -> Document | None:
    """An address as a life event may tell it; the directory can hold less."""
    if not address.lines or not address.postcode:
        return None
    held = {"state": "uk", "lines": list(address.lines), "postcode": address.postcode}
    return {**held, "uprn": address.uprn} if address.uprn else held


def _informant(draft: Draft, answers: Document) -> Document:
    if "informant" in draft.said.before:
        return dict(answers["informant"])
    if draft.said.caller == "self" and draft.kind != Bereavement.kind:
        return {"is_subject": True, "authority": "subject"}
    return dict(answers.get("informant", {}))


def _move(document: Document, person: Person | None, picked: Sequence[Person]) -> None:
    """The home they left is the one that we know; a new home that we know is in our area; who moved too may be chosen."""
    new = document.get("new_address")
    if "direction" not in document and isinstance(new, dict) and new.get("uprn"):
        document["direction"] = "within"
    left = _address(person.addresses[0]) if person and person.addresses else None
    if "previous_address" not in document and left and document.get("direction") != "in":
        document["previous_address"] = left
    household = [*_others(picked), *document.get("household", ())]
    if household:
        document["household"] = household


def _others(picked: Sequence[Person]) -> list[Document]:
    return [
        {"name": _name(one.names[0]), **({"date_of_birth": one.date_of_birth} if one.date_of_birth else {})}
        for one in picked
        if one.names
    ]


def _death(document: Document, person: Person | None, picked: Sequence[Person]) -> None:
    """A company deals with the estate where one is named, else a person."""
    estate = document.get("estate")
    if isinstance(estate, dict):
        estate["held_by"] = "company" if estate.get("company") else "person"


def _new_name(document: Document, person: Person | None, picked: Sequence[Person]) -> None:
    """The name before is the one that we know."""
    if "previous_name" not in document and person and person.names:
        document["previous_name"] = _name(person.names[0])


_COMPLETE: Final[Mapping[str, Callable[[Document, Person | None, Sequence[Person]], None]]] = MappingProxyType(
    {Move.kind: _move, Bereavement.kind: _death, NameChange.kind: _new_name}
)
#: the form need not ask what is completed here, where the person is known
COMPLETED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {Move.kind: frozenset({"previous_address"}), NameChange.kind: frozenset({"previous_name"})}
)
