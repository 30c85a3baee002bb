"""Names: no real name is refused, and nothing hides in one."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from schemas.name import Name, PreviousName, read_name_part
from schemas.problems import problems_of


@pytest.mark.parametrize(
    "typed",
    [
        "O'Brien",
        "O’Brien",
        "O`Brien",
        "Robert'); DROP TABLE events;--",
        "O",
        "Llŷr Ŵyn Gwenllïan",
        "王小明",
        "ﬁona straße",
        "Smith-Jones",
        "St. John",
        "García y Vega",
        "d'Àvila i Gal·les",
        "Nguyễn Thị Ánh",
        "ʻAkahi",
        "Σωκράτης",
        "Ægir Þórðarson",
        "محمد",
        "علی\u200cرضا",
        "ශ්\u200dරී",
        "לֵוִי",
        "สมหญิง",
        "María s/o José",
        "John 3rd",
        'William "Bill"',
        "S:t Cyr",
        "葛\U000e0100城",
        "Null",
        "True",
    ],
)
def test_a_real_name_is_kept_as_it_was_typed(typed: str) -> None:
    assert read_name_part(typed) == unicodedata.normalize("NFC", typed)


@pytest.mark.parametrize(("typed", "kept"), [("\u00a0Smith\u00a0", "Smith"), ("  Ada  ", "Ada"), ("e\u0301", "é")])
def test_spaces_around_are_dropped_and_accents_composed(typed: str, kept: str) -> None:
    assert read_name_part(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("{{7*7}}${7*7}#{7*7}<%=7*7%>", "name_charset"),
        ("<script>alert(1)</script>", "name_charset"),
        ("${jndi:ldap://example.org}", "name_charset"),
        ("{{ self }}", "name_charset"),
        ("👩\u200d👩\u200d👧\u200d👦", "name_charset"),
        ("Smith ☺", "name_charset"),
        ("e" + "\u0301" * 200, "name_charset"),
        ("e" + "\u0301" * 6, "name_charset"),
        ("क" + "\u0941" * 5, "name_charset"),
        ("12345", "name_charset"),
        ("--", "name_charset"),
        ("a\\b", "name_charset"),
        ("a\ue000b", "name_charset"),
        ("Smi\u200bth", "hidden_character"),
        ("\u2067Smith", "hidden_character"),
        ("Smith\u202e", "hidden_character"),
        ("Smi\u200dth", "hidden_character"),
        ("Smi\u200cth", "hidden_character"),
        ("مح\u200dمد", "hidden_character"),
        ("محمد\u200c", "hidden_character"),
        ("\ufeffSmith", "hidden_character"),
        ("Smi\u00adth", "hidden_character"),
        ("Smith\u3164", "hidden_character"),
        ("Smith\U000e0041", "hidden_character"),
        ("John\nSmith\t", "control_character"),
        ("Smith\t", "control_character"),
        ("John\x00Smith", "control_character"),
        ("John\u2028Smith", "control_character"),
        ("John\x85Smith", "control_character"),
        ("A" * 10_000, "too_long"),
        ("A" * 101, "too_long"),
        # U+0958 is one character that composes to two: the limit holds for what is kept.
        ("\u0958" * 60, "too_long"),
        ("", "missing"),
        ("\u00a0 ", "missing"),
    ],
)
def test_what_is_no_name_is_refused_by_code(typed: str, code: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read_name_part(typed)
    assert caught.value.type == code


def test_a_hundred_characters_are_a_name() -> None:
    assert read_name_part("A" * 100) == "A" * 100


def test_someone_may_have_a_single_name_but_not_none() -> None:
    assert Name.model_validate({"surname": "Suharto"}).forenames is None
    with pytest.raises(ValidationError) as caught:
        Name.model_validate({"forenames": "Ada"})
    assert [(problem.field, problem.code) for problem in problems_of(caught.value)] == [("surname", "missing")]


def test_a_name_before_gender_recognition_can_be_restricted() -> None:
    assert PreviousName.model_validate({"surname": "Reed", "restricted": True}).restricted
    assert not PreviousName.model_validate({"surname": "Reed"}).restricted


def test_a_name_is_written_out_in_its_order() -> None:
    assert str(Name(title="Dr", forenames="Ada Rose", surname="Penhaligon")) == "Dr Ada Rose Penhaligon"
    assert str(Name(surname="Suharto")) == "Suharto"


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_kept_visible_on_one_line_or_refused(text: str) -> None:
    part = _kept(text)
    if part is not None:
        assert 0 < len(part) <= 100
        assert part == read_name_part(part) == part.strip()
        assert len(part.splitlines()) == 1
        assert not set(part) & set("<>${}#%\u200b\u202e\u2067")


def _kept(text: str) -> str | None:
    try:
        return read_name_part(text)
    except PydanticCustomError:
        return None
