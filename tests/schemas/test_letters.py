"""The letter on the wire."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.kinds import life_events
from schemas.letter import read_letter, type_of
from schemas.problems import Invalid
from schemas.reading import Unreadable

TODAY = date(2026, 11, 1)
MOVE: dict[str, Any] = dict(life_events()["move"].EXAMPLE)


def envelope(**changes: object) -> dict[str, object]:
    sent: dict[str, object] = {
        "specversion": "1.0",
        "id": "2026-000123",
        "source": "https://portal.example.org/moves",
        "type": "uk.tell-us-once.life-event.move.v1",
        "time": "2026-10-06T10:00:00Z",
        "datacontenttype": "application/json",
        "data": MOVE,
    }
    return {key: value for key, value in {**sent, **changes}.items() if value is not None}


def letter_bytes(document: object) -> bytes:
    return json.dumps(document).encode()


def test_a_plain_letter_is_read() -> None:
    letter = read_letter(letter_bytes(MOVE), today=TODAY)
    assert (letter.id, letter.source) == (None, None)
    assert letter.told_at == datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
    assert letter.event == life_events()["move"].model_validate(MOVE, context={"today": TODAY})


def test_an_enveloped_letter_says_who_sent_it_and_the_same_thing() -> None:
    letter = read_letter(letter_bytes(envelope(traceparent="00-x")), today=TODAY)
    plain = read_letter(letter_bytes(MOVE), today=TODAY)
    assert (letter.id, letter.source) == ("2026-000123", "https://portal.example.org/moves")
    assert (letter.event, letter.canonical) == (plain.event, plain.canonical)


def test_the_envelopes_time_stands_in_when_the_letter_does_not_say_when_we_were_told() -> None:
    untimed = {key: value for key, value in MOVE.items() if key != "told_at"}
    letter = read_letter(letter_bytes(envelope(data=untimed)), today=TODAY)
    assert letter.told_at == datetime(2026, 10, 6, 10, 0, tzinfo=UTC)
    assert read_letter(letter_bytes(envelope(data=untimed, time=None)), today=TODAY).told_at is None


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"specversion": "0.3"}, "specversion", "unknown_specversion"),
        ({"id": None}, "id", "missing"),
        ({"id": "  "}, "id", "missing"),
        ({"id": 7}, "id", "missing"),
        ({"id": "a" * 256}, "id", "too_long"),
        ({"id": "a\r\nb"}, "id", "control_character"),
        ({"id": "QQ123456C"}, "id", "reference_is_personal_data"),
        ({"source": None}, "source", "missing"),
        ({"source": "a" * 256}, "source", "too_long"),
        ({"source": "a\u0007"}, "source", "control_character"),
        ({"type": None}, "type", "missing"),
        ({"type": "uk.tell-us-once.life-event.birth.v1"}, "type", "type_disagrees"),
        ({"type": "uk.tell-us-once.life-event.move.v2"}, "type", "type_disagrees"),
        ({"time": "yesterday"}, "time", "bad_time"),
        ({"time": "2026-11-03T00:00:00Z"}, "time", "date_in_future"),
        ({"datacontenttype": "text/xml"}, "datacontenttype", "unknown_content_type"),
        ({"data": None}, "data", "missing"),
        ({"data": "e30="}, "data", "wrong_type"),
        ({"data": {**MOVE, "subject": {"nino": "QQ12"}}}, "subject.nino", "nino_format"),
    ],
)
def test_an_envelope_that_is_not_one_is_refused(changes: dict[str, object], field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_letter(letter_bytes(envelope(**changes)), today=TODAY)
    assert [(problem.field, problem.code) for problem in caught.value.problems] == [(field, code)]


def shuffled(value: object, order: st.DataObject) -> object:
    match value:
        case dict():
            keys = order.draw(st.permutations(sorted(value)))
            return {key: shuffled(value[key], order) for key in keys}
        case list():
            return [shuffled(inner, order) for inner in value]
        case _:
            return value


@pytest.mark.parametrize("kind", sorted(life_events()))
def test_the_type_names_the_kind(kind: str) -> None:
    sent = envelope(type=type_of(kind), data=dict(life_events()[kind].EXAMPLE))
    assert read_letter(letter_bytes(sent), today=TODAY).event.kind == kind


@settings(deadline=None)
@given(order=st.data(), indent=st.sampled_from([None, 0, 3]), escaped=st.booleans())
def test_white_space_and_the_order_of_keys_change_nothing(
    order: st.DataObject, indent: int | None, escaped: bool
) -> None:
    body = json.dumps(shuffled(MOVE, order), indent=indent, ensure_ascii=escaped).encode()
    assert read_letter(body, today=TODAY).canonical == read_letter(letter_bytes(MOVE), today=TODAY).canonical


def test_another_value_makes_another_letter() -> None:
    other = read_letter(letter_bytes({**MOVE, "occurred_on": "2026-10-04"}), today=TODAY)
    assert other.canonical != read_letter(letter_bytes(MOVE), today=TODAY).canonical


def reading(body: bytes) -> str:
    try:
        read_letter(body, today=TODAY)
    except Invalid as invalid:
        return "invalid" if invalid.problems else "no reason given"
    except Unreadable:
        return "unreadable"
    return "read"


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)


@settings(deadline=None)
@given(st.sampled_from(sorted(life_events())), st.data())
def test_whatever_stands_in_a_field_is_read_or_refused(kind: str, chosen: st.DataObject) -> None:
    document: dict[str, Any] = json.loads(json.dumps(dict(life_events()[kind].EXAMPLE)))
    inner = document if chosen.draw(st.booleans()) else document["subject"]
    inner[chosen.draw(st.sampled_from(sorted(inner)))] = chosen.draw(anything)
    assert reading(letter_bytes(document)) in {"read", "invalid", "unreadable"}
