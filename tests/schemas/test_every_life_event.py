"""What holds for every life event, whichever files lie in the folder."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import jsonschema_rs
import pytest
from pydantic import BaseModel

import schemas
from schemas.kinds import life_events, parse_life_event
from schemas.letter import canonical, read_letter
from schemas.problems import Invalid, warnings_of
from schemas.variants import Variant, json_schema, judge_variant, variant_of

TODAY = date(2026, 11, 1)

every_kind = pytest.mark.parametrize("kind", sorted(life_events()))
every_variant = pytest.mark.parametrize("variant", list(Variant))


def example(kind: str) -> dict[str, object]:
    return dict(life_events()[kind].EXAMPLE)


def test_the_life_events_a_council_needs_are_there() -> None:
    assert set(life_events()) >= {
        "move",
        "bereavement",
        "birth",
        "name_change",
        "joins_household",
        "leaves_household",
        "income_change",
        "work_change",
        "contact_change",
        "withdrawal",
    }


@every_kind
def test_a_kind_is_the_name_of_its_file(kind: str) -> None:
    assert (Path(schemas.__path__[0]) / f"{kind}.py").is_file()
    assert life_events()[kind].__module__ == f"schemas.{kind}"


EMIGRATION = """
from typing import ClassVar

from schemas.day import Day
from schemas.life_event import LifeEvent


class Emigration(LifeEvent):
    kind: ClassVar[str] = {kind!r}
    caption: ClassVar[str] = "Someone has left the country"
    occurred_on: Day
"""

READ_ONE = """
from schemas.kinds import parse_life_event

told = {"kind": "emigration", "occurred_on": "2026-10-01", "subject": {"name": {"surname": "Reed"}}}
print(parse_life_event(told).caption)
"""


def with_one_more_file(folder: Path, kind: str) -> subprocess.CompletedProcess[str]:
    shutil.copytree(schemas.__path__[0], folder / "schemas")
    (folder / "schemas" / "emigration.py").write_text(EMIGRATION.format(kind=kind))
    (folder / "read_one.py").write_text(READ_ONE)
    return subprocess.run([sys.executable, "read_one.py"], cwd=folder, capture_output=True, text=True, timeout=60)


def test_a_file_put_in_the_folder_is_one_more_life_event(tmp_path: Path) -> None:
    assert with_one_more_file(tmp_path, "emigration").stdout == "Someone has left the country\n"


def test_two_life_events_of_one_kind_are_a_mistake_that_is_told(tmp_path: Path) -> None:
    assert "two life events have the same kind" in with_one_more_file(tmp_path, "move").stderr


@every_kind
def test_its_example_is_accepted_with_nothing_to_confirm(kind: str) -> None:
    event = parse_life_event(example(kind), today=TODAY)
    assert event.kind == kind
    assert warnings_of(event, TODAY) == ()


@every_kind
def test_its_example_survives_the_wire(kind: str) -> None:
    event = parse_life_event(example(kind), today=TODAY)
    letter = read_letter(json.dumps(event.as_document()).encode(), today=TODAY)
    assert letter.event == event
    assert letter.canonical == canonical(event.as_document())


@every_kind
@every_variant
def test_its_example_meets_every_variant_and_the_published_contract(kind: str, variant: Variant) -> None:
    event = parse_life_event(example(kind), today=TODAY)
    contract = json_schema(kind, variant)
    jsonschema_rs.meta.validate(contract)
    assert contract["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    judge = jsonschema_rs.Draft202012Validator(contract, validate_formats=True)
    assert [error.message for error in judge.iter_errors(example(kind))] == []
    assert [error.message for error in judge.iter_errors(event.as_document())] == []
    assert judge_variant(event, variant, TODAY) == ()
    assert not judge.is_valid({**example(kind), "status": "delivered"})
    assert not judge.is_valid({**example(kind), "kind": "something_else"})


@every_kind
def test_an_unknown_field_is_refused_by_name(kind: str) -> None:
    sent = {**example(kind), "status": "delivered", "__proto__": {"admin": True}, "__class__": "x"}
    with pytest.raises(Invalid) as caught:
        parse_life_event(sent, today=TODAY)
    assert {(problem.field, problem.code) for problem in caught.value.problems} == {
        ("status", "unknown_field"),
        ("__proto__", "unknown_field"),
        ("__class__", "unknown_field"),
    }


@every_kind
def test_an_unmatched_person_must_be_described_in_full(kind: str) -> None:
    person = {"references": [{"department": "council-tax", "reference": "99345678"}]}
    bare = {key: value for key, value in example(kind).items() if key != "informant" or kind == "bereavement"}
    event = parse_life_event({**bare, "subject": person}, today=TODAY)
    assert judge_variant(event, Variant.MATCHED, TODAY) == ()
    asked = {"subject.name", "subject.date_of_birth", "subject.address"}
    asked |= set() if kind == "bereavement" else {"informant"}
    for variant in (Variant.UNSURE, Variant.UNKNOWN):
        problems = judge_variant(event, variant, TODAY)
        assert {(problem.field, problem.code) for problem in problems} == {(field, "missing") for field in asked}


@every_kind
@every_variant
def test_a_variant_is_a_life_event_of_the_same_kind(kind: str, variant: Variant) -> None:
    made = variant_of(life_events()[kind], variant)
    assert issubclass(made, life_events()[kind])
    assert made.kind == kind
    assert variant_of(made, variant) is made
    assert life_events()[kind] is not made


def shapes(shape: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield shape
    for field in shape.model_fields.values():
        yield from (inner for part in parts(field.annotation) for inner in shapes(part))


def parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from parts(argument)


@every_kind
def test_every_field_says_in_plain_words_what_it_is(kind: str) -> None:
    bare = {
        f"{shape.__name__}.{name}"
        for variant in Variant
        for shape in shapes(variant_of(life_events()[kind], variant))
        for name, field in shape.model_fields.items()
        if len(field.description or "") < 8
    }
    assert bare == set()


@every_kind
def test_a_life_event_cannot_be_changed(kind: str) -> None:
    event = parse_life_event(example(kind), today=TODAY)
    with pytest.raises(ValueError, match="frozen"):
        setattr(event, "subject", event.subject)  # noqa: B010  mypy would refuse it first


@every_kind
def test_reading_a_letter_takes_less_than_a_millisecond(kind: str) -> None:
    body = json.dumps(example(kind)).encode()
    read_letter(body, today=TODAY)

    def one_round() -> float:
        start = time.process_time()
        for _ in range(20):
            read_letter(body, today=TODAY)
        return (time.process_time() - start) / 20

    assert min(one_round() for _ in range(5)) < 0.001


def test_a_later_minor_version_is_read_without_the_fields_it_adds() -> None:
    sent = {**example("move"), "schema_version": "1.7", "weather": "fine"}
    sent["subject"] = {**life_events()["move"].EXAMPLE["subject"], "hat": "blue"}  # type: ignore[dict-item]
    event = parse_life_event(sent, today=TODAY)
    assert event.schema_version == "1.7"
    assert event.subject == parse_life_event(example("move"), today=TODAY).subject


@pytest.mark.parametrize("version", ["99.0", "2.0", "0.9", "1", "1.x", "", "1.0.0", "١.0"])
def test_another_major_version_is_refused_with_the_one_accepted(version: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_life_event({**example("move"), "schema_version": version}, today=TODAY)
    (problem,) = caught.value.problems
    assert (problem.field, problem.code) == ("schema_version", "unknown_schema_version")
    assert "1.0" in problem.message


@pytest.mark.parametrize(("kind", "code"), [("funeral", "unknown_kind"), (None, "missing"), (7, "unknown_kind")])
def test_an_unknown_kind_is_refused_with_those_there_are(kind: object, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_life_event({**example("move"), "kind": kind}, today=TODAY)
    (problem,) = caught.value.problems
    assert (problem.field, problem.code) == ("kind", code)
