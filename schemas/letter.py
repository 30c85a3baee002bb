"""The letter on the wire: a notification as bytes, plain or in a CloudEvents 1.0 envelope."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pydantic_core import PydanticCustomError

from schemas.characters import has_control
from schemas.kinds import parse_life_event
from schemas.life_event import LifeEvent
from schemas.moment import read_moment
from schemas.nino import looks_like_nino
from schemas.problems import Invalid, Problem
from schemas.reading import read_json
from schemas.today import LONDON, london_today

TYPE_PREFIX: Final = "uk.tell-us-once.life-event."
LONGEST_ATTRIBUTE: Final = 255
_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json(?:;.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that has been read: who sent it under which id, and the life event it tells.

    `canonical` is the plain document with its keys sorted and no white space, in UTF-8: two letters that say the same
    in another order have the same canonical bytes.
    """

    id: str | None
    source: str | None
    told_at: datetime | None
    event: LifeEvent
    canonical: bytes


def read_letter(body: bytes, *, today: date | None = None) -> Letter:
    """Read a letter, or raise Unreadable for its bytes or Invalid for its fields."""
    document = read_json(body)
    if "specversion" in document:
        return _enveloped(document, today)
    event = parse_life_event(document, today=today)
    return Letter(id=None, source=None, told_at=event.told_at, event=event, canonical=canonical(document))


def canonical(document: dict[str, object]) -> bytes:
    """Write a document so that white space and the order of keys no longer matter."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def type_of(kind: str) -> str:
    """Say the CloudEvents type of a kind of life event."""
    return f"{TYPE_PREFIX}{kind}.v1"


def _enveloped(envelope: dict[str, object], today: date | None) -> Letter:
    problems = tuple(_problems(envelope))
    if problems:
        raise Invalid(problems)
    document = envelope["data"]
    if not isinstance(document, dict):
        raise Invalid((_problem("data", "wrong_type", "Put the life event in data, as a JSON object."),))
    time = _time(envelope.get("time"), today or london_today())
    event = parse_life_event(document, today=today)
    if envelope["type"] != type_of(event.kind):
        raise Invalid((_problem("type", "type_disagrees", f"For this kind of life event, use {type_of(event.kind)}."),))
    return Letter(
        id=str(envelope["id"]),
        source=str(envelope["source"]),
        told_at=event.told_at or time,
        event=event,
        canonical=canonical(document),
    )


def _problems(envelope: dict[str, object]) -> list[Problem]:
    """List what is wrong with the attributes (CloudEvents 1.0.2, section 3)."""
    problems = []
    if envelope["specversion"] != "1.0":
        problems.append(_problem("specversion", "unknown_specversion", "Use CloudEvents 1.0."))
    problems += [problem for name in ("id", "source", "type") for problem in _attribute(name, envelope.get(name))]
    content = envelope.get("datacontenttype", "application/json")
    if not isinstance(content, str) or not _JSON.fullmatch(content):
        problems.append(_problem("datacontenttype", "unknown_content_type", "Send application/json."))
    if "data" not in envelope:
        problems.append(_problem("data", "missing", "Put the life event in data, as a JSON object."))
    return problems


def _attribute(name: str, value: object) -> list[Problem]:
    if not isinstance(value, str) or not value.strip():
        return [_problem(name, "missing", "This is needed, as text.")]
    if len(value) > LONGEST_ATTRIBUTE:
        return [_problem(name, "too_long", f"Use at most {LONGEST_ATTRIBUTE} characters.")]
    if has_control(value):
        return [_problem(name, "control_character", "Use no control character.")]
    if name != "type" and looks_like_nino(value):
        return [_problem(name, "reference_is_personal_data", "A National Insurance number cannot be used here.")]
    return []


def _time(value: object, today: date) -> datetime | None:
    try:
        time = None if value is None else read_moment(value)
    except PydanticCustomError as error:
        problem = _problem("time", error.type, error.message())
    else:
        if time is None or time.astimezone(LONDON).date() <= today:
            return time
        problem = _problem("time", "date_in_future", "The letter cannot have been written in the future.")
    raise Invalid((problem,))


def _problem(field: str, code: str, message: str) -> Problem:
    return Problem(field=field, code=code, message=message)
