"""Both languages say everything that an adviser's pages say; and what people say is read as they mean it."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import found
from broker.decision import HOLD_CAPTIONS
from broker.identity.wording import FIELDS
from broker.permissions import NO_LONGER, NOBODY_ASKED, NOT_AGREED, TOLD_ALREADY
from broker.routing import NEVER_TOLD
from broker.screens import questions
from broker.screens.answers import put, typed_from, value_of
from broker.screens.asking import asked_of
from broker.screens.fields import label_of
from broker.screens.finding import taken_apart, would_help
from broker.screens.questions import Widget, questions_of
from broker.screens.spoken import spoken_address, spoken_day, spoken_name, spoken_pounds
from broker.screens.tracking import typed_reference
from broker.screens.words import Tongue, Words, catalogue
from broker.sentences import CALLED_OFF_LATE, OUTCOME_SENTENCES, STANDING_SENTENCES
from broker.standing import PROGRESS_CAPTIONS, Standing
from schemas.kinds import life_events, parse_life_event
from schemas.life_event import Channel
from schemas.outcome import OutcomeKind
from schemas.variants import Variant

TEMPLATES = Path(questions.__file__).parent / "templates"
TODAY = date(2026, 11, 22)  # a Sunday
ENGLISH, WELSH = Words(Tongue.ENGLISH), Words(Tongue.WELSH)
KINDS = [kind for kind in life_events() if kind != "withdrawal"]


def test_every_sentence_is_there_in_both_languages_with_the_same_places() -> None:
    for name, (english, welsh) in catalogue().items():
        assert english, name
        assert welsh, name
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", welsh)), name


def test_every_name_that_a_page_uses_is_in_the_catalogue() -> None:
    named = {
        name
        for folder in ("tell", "track", "parts", ".")
        for path in (TEMPLATES / folder).glob("*.html")
        for name in re.findall(r'say\("([a-z_.]+[a-z_])"[,)]', path.read_text())
    }
    assert len(named) > 60
    assert sorted(name for name in named if not ENGLISH.has(name)) == []


@pytest.mark.parametrize("channel", [*Channel, "not_said"])
def test_however_the_council_was_told_before_there_are_words_for_it(channel: str) -> None:
    assert ENGLISH.has(f"before.by.{channel}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant", [Variant.MATCHED, Variant.UNKNOWN])
def test_every_question_and_choice_of_every_form_has_words_in_both_languages(kind: str, variant: Variant) -> None:
    wordless = []
    for one in asked_of(kind, variant, found.adapters(), by_another=True):
        question = one.question
        if label_of(question, kind, WELSH) == question.description:
            wordless.append(question.path)
        wordless += [
            f"{question.leaf}={value}"
            for value in question.choices
            if not ENGLISH.has(f"choice.{value}") and not ENGLISH.has(f"choice.{question.leaf}.{value}")
        ]
    assert wordless == []


def test_the_trackers_own_words_are_there_for_every_standing_and_outcome() -> None:
    assert [one for one in (*Standing, *OutcomeKind) if not ENGLISH.has(f"standing.{one}")] == []
    said = [*OUTCOME_SENTENCES.values(), *STANDING_SENTENCES.values(), CALLED_OFF_LATE, *PROGRESS_CAPTIONS.values()]
    spoken = [one.replace("{department}", "Council Tax") for one in said]
    assert [one for one in spoken if WELSH.either(one) == one] == []
    assert [caption for caption in HOLD_CAPTIONS.values() if WELSH.either(caption) == caption] == []
    spared = (NOT_AGREED, NOBODY_ASKED, NO_LONGER, TOLD_ALREADY, NEVER_TOLD)
    assert [because for because in spared if WELSH.either(because) == because] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_filled_in_with_what_was_told_tells_the_same_again(kind: str) -> None:
    example: dict[str, Any] = dict(life_events()[kind].example().as_document())
    asked = questions_of(kind, Variant.UNKNOWN)
    typed = typed_from(example, asked)
    told: dict[str, Any] = {}
    for question in asked:
        if (value := value_of(typed, question, TODAY)) is not None:
            put(told, question.path, value)
    kept = {"kind": kind, "subject": example["subject"], "informant": example["informant"]}
    again = parse_life_event({**example, **told, **kept}, today=TODAY).as_document()
    lost = {name for name in example if example[name] != again.get(name)}
    assert lost <= {"new_address", "previous_address", "household", "evidence"}, (
        "only what a form does not show may differ"
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", "2026-11-22"), ("Heddiw", "2026-11-22"), ("yesterday", "2026-11-21"), ("ddoe", "2026-11-21"),
        ("last Tuesday", "2026-11-17"), ("tue", "2026-11-17"), ("Dydd Mawrth", "2026-11-17"), ("last sunday", "2026-11-15"),
        ("3 March", "2026-03-03"), ("3rd of March 2026", "2026-03-03"), ("3/3/26", "2026-03-03"),
        ("03.03.2026", "2026-03-03"),        ("2026-03-03", "2026-03-03"),
        ("3 Mawrth 2026", "2026-03-03"), ("March 1938", "1938-03"), ("1938", "1938"),
        ("about 1938", "1938"), ("2 Nov 38", "1938-11-02"), ("5 December", "2026-12-05"), ("25 December", "2026-12-25"),
        ("29 Feb 2023", "29 Feb 2023"), ("31/4/2026", "31/4/2026"), ("soon", "soon"), ("", ""),
    ],
)  # fmt: skip
def test_a_day_is_read_as_it_is_said(said: str, meant: str) -> None:
    assert spoken_day(said, TODAY) == meant


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 1, 1)))
def test_every_day_is_read_back_in_each_way_of_writing_it(day: date) -> None:
    ways = (day.isoformat(), f"{day.day}/{day.month}/{day.year}", f"{day:%d %B %Y}", f"{day.day} {day:%b} {day.year}")
    assert {spoken_day(way, TODAY) for way in ways} == {day.isoformat()}


@given(st.text(max_size=200))
def test_nothing_that_can_be_typed_stops_the_reading(text: str) -> None:
    spoken_day(text, TODAY)
    spoken_address(text)
    spoken_pounds(text)
    spoken_name(text, text)
    taken_apart(text)
    typed_reference(text)


@pytest.mark.parametrize(
    ("typed", "name", "postcode", "year"),
    [
        ("garcia 1974", "garcia", None, 1974),
        ("ellis m14 5rt 1947", "ellis", "m145rt", 1947),
        ("AA1 1AA Ben O'Connor", "Ben O'Connor", "AA11AA", None),
        ("2/11/1938 thornbury", "thornbury", None, 1938),
    ],
)
def test_one_box_takes_facts_in_any_order(typed: str, name: str, postcode: str | None, year: int | None) -> None:
    found_ = taken_apart(typed)
    assert (found_.name, (found_.postcode or "").replace(" ", "") or None, found_.birth_year) == (name, postcode, year)


def test_what_would_help_most_is_said_in_both_languages() -> None:
    assert [field for field in FIELDS if not ENGLISH.has(f"helps.{field}")] == []
    assert would_help("garcia", "move") == ("nino", "date_of_birth")
    assert would_help("garcia 1974", "move") == ("nino", "address")
    assert "nino" not in would_help("garcia QQ 12 00 17 B", "move")
    assert would_help("", "bereavement")


def test_a_number_alone_is_a_national_insurance_number_or_a_reference() -> None:
    assert taken_apart("QQ 12 00 17 B").nino == "QQ120017B"
    assert taken_apart("99001011").reference == "99001011"
    assert taken_apart("01632 960002 okafor").phone == "+441632960002"
    assert taken_apart("ben.okafor@example.org").email == "ben.okafor@example.org"


def test_what_is_not_asked_of_one_who_rings_for_themselves_is_who_they_are() -> None:
    of_themselves = asked_of("move", Variant.MATCHED, found.adapters(), by_another=False)
    of_another = asked_of("move", Variant.MATCHED, found.adapters(), by_another=True)
    assert not [one for one in of_themselves if one.question.path.startswith("informant.")]
    assert [one for one in of_another if one.question.path == "informant.authority"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_that_no_department_asks_is_not_put(kind: str) -> None:
    for one in asked_of(kind, Variant.MATCHED, found.adapters(), by_another=False):
        question = one.question
        excused = question.needed or question.needed_in_group or question.path.startswith(("subject.", "informant."))
        assert one.adapters or excused, question.path
    without_departments = asked_of(kind, Variant.MATCHED, (), by_another=False)
    assert all(
        one.question.needed or one.question.path.startswith(("subject.", "informant.")) for one in without_departments
    )
    assert Widget.NINO not in {one.question.widget for one in without_departments}
