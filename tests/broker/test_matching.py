import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.folding import first_forename, folded, folded_words
from broker.identity.wording import NOBODY, RIVAL
from broker.matching import decide
from broker.person import Agreement, Matched, Person, Unknown, Unsure
from broker.reviews.protection import decide_as_seen
from schemas.life_event import Acts
from schemas.name import Name, PreviousName
from schemas.subject import Subject
from tests.people import (
    ADA,
    BEN,
    EVERYBODY,
    GEORGE_THE_ELDER,
    GEORGE_THE_YOUNGER,
    LILY,
    ROSALIND,
    ROSE,
    SIAN,
    SUHARJO,
    home,
    subject_like,
)

ACTS: tuple[Acts, ...] = ("irreversible", "standard", "light")
acts = st.sampled_from(ACTS)
people = st.sampled_from(EVERYBODY)
crowds = st.lists(people, max_size=6, unique_by=lambda person: person.id)
_OTHER_BIRTH = "1955-05-05"


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Somebody of the town, told with some things left out, mistaken or somebody else's."""
    mine, other = draw(people), draw(people)
    sources = {field: draw(st.sampled_from((mine, mine, mine, other))) for field in ("name", "born", "home", "number")}
    return Subject(
        name=sources["name"].names[0],
        date_of_birth=draw(st.sampled_from((sources["born"].date_of_birth, "1938-11", None))),
        nino=draw(st.sampled_from((sources["number"].nino, None))),
        address=draw(st.sampled_from((sources["home"].addresses[0], None))),
    )


def answer(subject: Subject, candidates: Sequence[Person], act: Acts) -> tuple[str, set[str], str]:
    """What was decided, about whom, and why."""
    match decide(subject, candidates, act):
        case Matched(person=person, because=because):
            return "matched", {person.id}, because
        case Unsure(candidates=found, because=because):
            return "unsure", {person.id for person in found}, because
        case Unknown(because=because):
            return "unknown", set(), because


@pytest.mark.parametrize("act", ACTS)
def test_a_number_and_a_date_of_birth_that_agree_are_enough(act: Acts) -> None:
    found = decide(subject_like(ADA, name=None, address=None), [ADA, BEN], act)
    assert isinstance(found, Matched)
    assert found.person is ADA
    assert found.because == "National Insurance number and date of birth agree."
    assert {row.field: row.agreement for row in found.comparisons} == {
        "nino": Agreement.AGREES,
        "surname": Agreement.MISSING,
        "forenames": Agreement.MISSING,
        "date_of_birth": Agreement.AGREES,
        "address": Agreement.MISSING,
        "middle_names": Agreement.MISSING,
        "phone": Agreement.MISSING,
        "email": Agreement.MISSING,
        "sex": Agreement.MISSING,
        "reference": Agreement.MISSING,
    }


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: str(person.names[0]))
def test_everybody_is_found_by_name_birth_and_home_among_all_the_others(person: Person, act: Acts) -> None:
    assert answer(subject_like(person, nino=None), EVERYBODY, act)[:2] == ("matched", {person.id})


def test_the_home_they_left_and_the_name_they_had_still_point_at_them() -> None:
    left = subject_like(BEN, nino=None, address=BEN.addresses[1])
    assert answer(left, EVERYBODY, "irreversible")[:2] == ("matched", {BEN.id})
    assert answer(subject_like(SIAN, name=SIAN.names[1]), EVERYBODY, "irreversible")[:2] == ("matched", {SIAN.id})
    remarried = subject_like(
        SIAN,
        name=Name(forenames="Siân", surname="Novak"),
        previous_names=[PreviousName(surname="Oneill", forenames="Sian")],
    )
    assert answer(remarried, EVERYBODY, "irreversible")[:2] == ("matched", {SIAN.id})


def test_a_surname_of_one_name_and_a_forename_of_another_are_not_a_name() -> None:
    person = replace(ADA, names=(Name(forenames="Ada", surname="Thornbury"), Name(forenames="Maud", surname="Amory")))
    found = decide(subject_like(ADA, name=Name(forenames="Ada", surname="Amory")), [person], "irreversible")
    assert isinstance(found, Matched)
    agreements = {row.field: row.agreement for row in found.comparisons}
    assert Agreement.DIFFERS in (agreements["surname"], agreements["forenames"])


def test_without_a_property_number_the_postcode_and_the_first_line_are_the_home() -> None:
    for line, expected in (("1, ELM row.", "matched"), ("11 Elm Row", "unsure"), ("Flat 1 Elm Row", "unsure")):
        told = subject_like(ADA, nino=None, address=home(line, "aa11aa", uprn=None))
        assert answer(told, [ADA], "irreversible")[0] == expected, line


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"nino": None, "date_of_birth": None}, "Neither a date of birth nor a National Insurance number was given."),
        ({"nino": None, "date_of_birth": "1938-11"}, "could be shared by a parent and a child of the same name."),
        ({"nino": None, "date_of_birth": _OTHER_BIRTH}, "The date of birth differs: it could be a parent or a child"),
        ({"nino": "QQ999999A"}, "The National Insurance number and the name point at different people."),
        ({"nino": None, "address": None}, "date of birth agree. That is not enough to be sure."),
        ({"nino": None, "name": Name(forenames="A", surname="Thornbury")}, "the first forename is close."),
        ({"nino": None, "name": Name(forenames="Unknown", surname="Thornbury")}, "Without a forename it could be"),
        ({"name": None, "date_of_birth": None, "address": None}, "That is not enough to be sure."),
    ],
)
def test_partial_evidence_goes_to_a_reviewer(changes: dict[str, object], because: str) -> None:
    kind, found, why = answer(subject_like(ADA, **changes), EVERYBODY, "irreversible")
    assert (kind, found) == ("unsure", {ADA.id})
    assert because in why


def test_a_twin_who_is_not_in_the_directory_is_not_taken_for_the_other() -> None:
    third = Name(forenames="Iris", surname="Hartwell")
    for act in ACTS:
        assert answer(subject_like(ROSE, nino=None, name=third), [ROSE], act)[0] == "unsure"
    for act in ACTS[:2]:
        assert answer(subject_like(ROSE, name=third), [ROSE], act)[0] == "unsure"


def test_a_twin_with_a_number_of_their_own_is_known_to_be_somebody_else() -> None:
    third = subject_like(ROSE, name=Name(forenames="Iris", surname="Hartwell"), nino="QQ999999A")
    for act in ACTS:
        assert answer(third, [ROSE, LILY], act)[0] in ("unknown", "unsure")


def test_an_initial_fits_a_forename_but_does_not_confirm_it() -> None:
    initialled = subject_like(ADA, nino=None, address=None, name=Name(forenames="A", surname="Thornbury"))
    assert answer(initialled, [ADA], "standard")[:2] == ("unsure", {ADA.id})
    other = subject_like(ADA, nino=None, address=None, name=Name(forenames="B", surname="Thornbury"))
    assert answer(other, [ADA], "light")[0] == "unsure"


def test_the_same_month_of_birth_on_both_sides_is_not_a_date_of_birth() -> None:
    vague = replace(ADA, date_of_birth="1938-11")
    assert answer(subject_like(vague, nino=None), [vague], "irreversible")[0] == "unsure"


def test_a_twin_told_with_the_other_s_number_is_nobody_for_sure() -> None:
    for act in ACTS:
        assert answer(subject_like(ROSE, nino=LILY.nino), [ROSE, LILY], act)[0] == "unsure"
        unnumbered = replace(ROSE, nino=None)
        found = answer(subject_like(ROSE, nino=LILY.nino), [unnumbered, LILY], act)
        assert found[0] == "unsure" if act != "light" else found[1] >= {LILY.id}


def test_father_and_son_are_told_apart_by_their_dates_and_by_nothing_else() -> None:
    both = (GEORGE_THE_ELDER, GEORGE_THE_YOUNGER)
    assert answer(subject_like(GEORGE_THE_YOUNGER), both, "irreversible")[:2] == ("matched", {GEORGE_THE_YOUNGER.id})
    undated = subject_like(GEORGE_THE_ELDER, date_of_birth=None)
    assert answer(undated, both, "irreversible")[:2] == ("unsure", {person.id for person in both})
    assert answer(subject_like(GEORGE_THE_ELDER), [GEORGE_THE_YOUNGER], "irreversible")[0] == "unsure"


def test_a_number_under_a_wholly_different_name_is_looked_at_before_anything_irreversible() -> None:
    stranger = Name(forenames="Karen", surname="Loxley")
    told = subject_like(ADA, name=stranger)
    assert answer(told, [ADA], "irreversible")[0] == "unsure"
    assert answer(told, [ADA], "standard")[0] == "unsure"
    elsewhere = subject_like(ADA, name=stranger, address=BEN.addresses[0])
    assert answer(elsewhere, [ADA], "standard")[0] == "unsure"


def test_a_reference_that_belongs_to_another_stops_the_match() -> None:
    told = subject_like(LILY, references=[{"department": "council-tax", "reference": "99001003"}])
    kind, found, why = answer(told, [ROSE, LILY], "standard")
    assert (kind, found) == ("unsure", {ROSE.id, LILY.id})
    assert RIVAL in why
    mine = subject_like(ROSE, references=[{"department": "council-tax", "reference": "9900 1003"}])
    assert answer(mine, [ROSE, LILY], "standard")[:2] == ("matched", {ROSE.id})


def test_a_relative_at_the_same_home_is_not_a_candidate() -> None:
    daughter = subject_like(
        ADA, nino=None, name=Name(forenames="Iris", surname="Thornbury"), date_of_birth=_OTHER_BIRTH
    )
    found = decide(daughter, [ADA], "irreversible")
    assert isinstance(found, Unknown)
    assert found.because == NOBODY


def test_somebody_who_has_died_is_still_found() -> None:
    dead = replace(ADA, deceased_on="2026-01-15")
    assert answer(subject_like(ADA), [dead], "irreversible")[0] == "matched"


def test_a_restricted_resident_looks_like_nobody_to_an_ordinary_caller() -> None:
    told = subject_like(ROSALIND)
    assert decide_as_seen(told, [ROSALIND], "standard", reviewer=False) == decide(told, [], "standard")
    seen = decide_as_seen(told, [ROSALIND], "standard", reviewer=True)
    assert isinstance(seen, Matched)
    assert seen.person is ROSALIND


def test_a_restricted_rival_is_not_named_but_still_stops_the_match() -> None:
    told = subject_like(ADA)
    seen = decide_as_seen(told, [ADA, replace(ADA, id="hidden", restricted=True)], "standard", reviewer=False)
    assert isinstance(seen, Unsure)
    assert seen.candidates == (ADA,)


@given(subjects(), people, acts)
def test_two_people_who_agree_equally_are_never_matched(subject: Subject, person: Person, act: Acts) -> None:
    double = replace(person, id="00000000-0000-4000-8000-00000000ffff")
    assert answer(subject, [person, double], act)[0] != "matched"


@given(subjects(), crowds.flatmap(lambda crowd: st.tuples(st.just(crowd), st.permutations(crowd))), acts)
def test_the_order_of_candidates_does_not_matter(
    subject: Subject, crowds_of: tuple[list[Person], list[Person]], act: Acts
) -> None:
    one, other = crowds_of
    assert decide(subject, one, act) == decide(subject, other, act)


@given(subjects(), crowds, acts)
def test_somebody_unrelated_never_changes_the_answer(subject: Subject, crowd: list[Person], act: Acts) -> None:
    unrelated = Person(
        id="unrelated",
        names=(Name(forenames="Zebedee", surname="Quill"),),
        date_of_birth="1901-07-08",
        nino="QQ777777A",
        addresses=(home("99 Nowhere", "AA9 9ZZ", "999000000999"),),
    )
    assert decide(subject, [*crowd, unrelated], act) == decide(subject, crowd, act)


@given(subjects(), crowds, acts)
def test_nobody_with_a_different_number_is_ever_matched_but_for_a_slip_in_it(
    subject: Subject, crowd: list[Person], act: Acts
) -> None:
    found = decide(subject, crowd, act)
    if isinstance(found, Matched) and subject.nino and found.person.nino and subject.nino != found.person.nino:
        assert sum(told != held for told, held in zip(subject.nino, found.person.nino, strict=True)) == 1
        assert subject.name == found.person.names[0]
        assert (found.person.date_of_birth or "").startswith(str(subject.date_of_birth or ""))


@pytest.mark.parametrize("act", ACTS)
def test_a_number_one_slip_away_is_another_s_where_the_birth_or_the_forename_is_too(act: Acts) -> None:
    """LILY's number is one figure from ADA's, as a twin's may be."""
    assert answer(subject_like(ADA, nino=LILY.nino), [ADA], act)[0] == "matched"
    for told in (
        subject_like(ADA, nino=LILY.nino, date_of_birth=LILY.date_of_birth),
        subject_like(ADA, nino=LILY.nino, name=LILY.names[0]),
    ):
        assert answer(told, [ADA], act)[0] != "matched"


@given(subjects(), crowds, st.sampled_from(ACTS[:2]))
def test_nobody_of_another_birth_is_matched_but_by_their_number(
    subject: Subject, crowd: list[Person], act: Acts
) -> None:
    found = decide(subject, crowd, act)
    if isinstance(found, Matched) and subject.date_of_birth is not None and subject.nino is None:
        assert (found.person.date_of_birth or "").startswith(str(subject.date_of_birth))


def _shouted(text: str) -> str:
    return text.upper()


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _unpunctuated(text: str) -> str:
    return text.replace("-", "").replace("'", "’")


def _spread(text: str) -> str:
    return f"  {text} ".replace("-", " ")


@given(
    people.filter(lambda person: person is not SUHARJO),
    st.lists(st.sampled_from((_shouted, _plain, _unpunctuated, _spread, str.lower)), max_size=4),
    subjects(),
    acts,
)
def test_case_accents_and_punctuation_never_change_the_answer(
    person: Person, ways: list[object], told: Subject, act: Acts
) -> None:
    surname, forenames = person.names[0].surname, person.names[0].forenames or ""
    for way in ways:
        surname, forenames = way(surname), way(forenames)  # type: ignore[operator]
    plain = told.model_copy(update={"name": person.names[0]})
    styled = told.model_copy(update={"name": Name(surname=surname, forenames=forenames)})
    assert decide(styled, EVERYBODY, act) == decide(plain, EVERYBODY, act)


@given(st.text(st.characters(categories=("L", "Mn", "Pd", "Po", "Zs"), max_codepoint=0x24F)))
def test_folding_is_settled_and_knows_no_case(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(text.upper()) == folded(text) == folded(text.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Siân", "SIAN"),
        ("Ŵyn", "wyn"),
        ("O'Neill", "O’NEILL"),
        ("O Neill", "oneill"),
        ("Pryce-Huws", "Pryce Huws"),
        ("Sørlie", "SORLIE"),
        ("Łukasz", "Lukasz"),
        ("Strauß", "STRAUSS"),
        ("Þóra", "thora"),
        ("Kaʻiulani", "Kaiulani"),
    ],
)
def test_names_written_two_ways_fold_to_one(one: str, other: str) -> None:
    assert folded(one) == folded(other) != ""


def test_names_in_other_scripts_are_kept_apart() -> None:
    assert len({folded(name) for name in ("काम", "कम", "王芳", "王方", "Марія", "محمد")}) == 6


def test_the_first_forename_can_be_read_two_ways_and_a_placeholder_in_none() -> None:
    assert first_forename("Mary Ann") & first_forename("Maryann") & first_forename("mary-ann")
    assert first_forename("George Alan") & first_forename("GEORGE")
    assert first_forename("Baby Boy") == first_forename("XXX") == first_forename(None) == frozenset()


def test_a_flat_number_and_a_house_number_do_not_run_together() -> None:
    assert folded_words("Flat 1, 1 High Street") != folded_words("Flat 11 High Street")
    assert folded_words("Tŷ  Gwyn,") == "ty gwyn"
