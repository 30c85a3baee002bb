"""Each guard, on neighbours of the case it was written for: people drawn at random, alike but for one thing."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.identity.frequencies import Frequencies, Shortlist
from broker.matching import decide
from broker.person import Matched, Person, Unsure
from schemas.life_event import Acts
from schemas.name import Name
from schemas.subject import Subject
from tests.people import home, subject_like

FORENAMES = ("Alan", "Beryl", "Colin", "Dorothy", "Edwin", "Freda", "Gwyneth", "Howard", "Imogen", "Keith", "Muriel")
SURNAMES = ("Ashdown", "Brindley", "Colclough", "Dunmore", "Eddlestone", "Fairweather", "Garside", "Okonkwo", "Nowak")
SPELLINGS = (("Mohammed", "Muhammad"), ("Ayesha", "Aisha"), ("Yusuf", "Yousef"), ("Hassan", "Hasan"))
SHORT_FORMS = (("Robert", "Bob"), ("Margaret", "Peggy"), ("William", "Bill"), ("Elizabeth", "Beth"))
ACTS: tuple[Acts, ...] = ("irreversible", "standard", "light")
acts = st.sampled_from(ACTS)
grave = st.sampled_from(ACTS[:2])
forenames = st.sampled_from(FORENAMES)
births = st.dates(date(1921, 1, 2), date(2005, 12, 31)).map(str).filter(lambda day: not day.endswith("-01-01"))
numbers = st.integers(0, 999_999).map(lambda number: f"QQ{number:06}A")


@st.composite
def residents(draw: st.DrawFn) -> Person:
    """Somebody of whom name, birth and home are known, and no more."""
    number = draw(st.integers(1, 99))
    return Person(
        id=f"person-{draw(st.integers(0, 10**9))}",
        names=(Name(forenames=draw(forenames), surname=draw(st.sampled_from(SURNAMES))),),
        date_of_birth=draw(births),
        addresses=(home(f"{number} Elm Row", f"AA{number % 9 + 1} 1AA", f"99900000{number:04}"),),
    )


def called(person: Person, forename: str) -> Person:
    return replace(
        person, id=f"{person.id}-{forename}", names=(Name(forenames=forename, surname=person.names[0].surname),)
    )


def guards(found: object) -> tuple[str, ...]:
    assert isinstance(found, Unsure)
    assert found.weighed is not None
    return found.weighed.guards


@given(residents(), acts)
def test_somebody_told_as_they_are_held_is_matched_whatever_it_does(person: Person, act: Acts) -> None:
    found = decide(subject_like(person), [person], act)
    assert isinstance(found, Matched)
    assert found.person is person
    assert found.weighed is not None
    assert found.weighed.band == act
    assert found.weighed.model


@given(residents(), forenames, acts)
def test_an_absent_twin_is_never_taken_for_the_other(person: Person, forename: str, act: Acts) -> None:
    twin = called(person, forename)
    found = decide(subject_like(twin), [person], act)
    assert isinstance(found, Matched) == (forename == person.names[0].forenames)


@given(residents(), forenames, acts)
def test_of_two_twins_the_one_whose_forename_was_told_is_meant(person: Person, forename: str, act: Acts) -> None:
    if forename != person.names[0].forenames:
        twin = called(person, forename)
        found = decide(subject_like(twin), [person, twin], act)
        assert isinstance(found, Matched)
        assert found.person is twin


@given(residents(), st.sampled_from(SPELLINGS), grave)
def test_an_absent_twin_of_a_like_spelt_name_goes_to_a_reviewer(
    person: Person, names: tuple[str, str], act: Acts
) -> None:
    told, held = names
    assert "possible_twin" in guards(decide(subject_like(called(person, told)), [called(person, held)], act))


@given(residents(), st.sampled_from(SHORT_FORMS), acts)
def test_a_pet_form_is_the_same_name(person: Person, names: tuple[str, str], act: Acts) -> None:
    full, short = names
    assert isinstance(decide(subject_like(called(person, short)), [called(person, full)], act), Matched)


@given(residents(), st.integers(20, 40), acts)
def test_a_father_is_never_taken_for_a_son_of_his_name(person: Person, years: int, act: Acts) -> None:
    born = f"{int((person.date_of_birth or '')[:4]) - years}{(person.date_of_birth or '')[4:]}"
    if born > "1900" and not born.endswith("02-29"):
        found = decide(subject_like(person, date_of_birth=born), [person], act)
        assert not isinstance(found, Matched)


@given(residents(), grave, st.sampled_from(("told", "held")))
def test_without_a_date_of_birth_a_name_at_home_could_be_the_father_s(person: Person, act: Acts, side: str) -> None:
    undated = replace(person, date_of_birth=None)
    told, held = (undated, person) if side == "told" else (person, undated)
    found = decide(subject_like(told), [held], act)
    assert isinstance(found, Unsure)


@given(residents(), acts, numbers, numbers)
def test_another_s_number_stops_every_match(person: Person, act: Acts, mine: str, other: str) -> None:
    differing = sum(one != another for one, another in zip(mine, other, strict=True)) > 2
    if differing:
        found = decide(subject_like(person, nino=other), [replace(person, nino=mine)], act)
        assert not isinstance(found, Matched)
    owner = Person(id="owner", names=(Name(forenames="Zebedee", surname="Quill"),), nino=other)
    assert "nino_of_another" in guards(decide(subject_like(person, nino=other), [person, owner], act))


@given(residents(), numbers, grave)
def test_a_number_under_a_wholly_other_name_is_looked_at(person: Person, number: str, act: Acts) -> None:
    stranger = subject_like(person, name=Name(forenames="Zebedee", surname="Quill"), nino=number)
    found = decide(stranger, [replace(person, nino=number)], act)
    assert "identifier_conflict" in guards(found)


@given(residents(), st.sampled_from(("standard", "light")))
def test_nothing_but_a_death_is_told_of_the_dead(person: Person, act: Acts) -> None:
    dead = replace(person, deceased_on="2026-01-15")
    assert "deceased_conflict" in guards(decide(subject_like(person), [dead], act, death=False))
    assert isinstance(decide(subject_like(person), [dead], "irreversible", death=True), Matched)


@given(residents(), acts)
def test_what_a_colleague_said_before_holds(person: Person, act: Acts) -> None:
    told = subject_like(person)
    no = replace(person, not_same_as=("sign-in:1",))
    assert "not_the_same" in guards(decide(told, [no], act, source_subject="sign-in:1"))
    assert isinstance(decide(told, [no], act, source_subject="sign-in:2"), Matched)


@given(residents(), acts)
def test_a_bound_sign_in_is_the_same_person_under_a_new_surname(person: Person, act: Acts) -> None:
    bound = replace(person, bound_subjects=("sign-in:1",))
    renamed = subject_like(person, name=Name(forenames=person.names[0].forenames, surname="Quill"), address=None)
    assert isinstance(decide(renamed, [bound], act, source_subject="sign-in:1"), Matched)
    dead = replace(bound, deceased_on="2026-01-15")
    assert not isinstance(decide(renamed, [dead], act, death=False, source_subject="sign-in:1"), Matched)


@given(residents(), acts)
def test_whoever_is_bound_is_meant_before_anybody_who_agrees_more(person: Person, act: Acts) -> None:
    bound = replace(person, id="bound", addresses=(), bound_subjects=("sign-in:1",))
    found = decide(subject_like(person), [person, bound], act, source_subject="sign-in:1")
    assert isinstance(found, Matched)
    assert found.person is bound


@given(residents(), st.integers(1930, 2000))
def test_the_first_of_january_says_little_away_from_home(person: Person, year: int) -> None:
    born = f"{year}-01-01"
    told = subject_like(person, date_of_birth=born, address=home("70 Nowhere Road", "AA9 9ZZ", None))
    assert "default_birth" in guards(decide(told, [replace(person, date_of_birth=born)], "standard"))


@pytest.mark.parametrize(
    ("told", "held", "guard"),
    [
        ({"sex": "male"}, {"sex": "female"}, "sex_conflict"),
        (
            {"phone": "01632 960001", "email": "a@example.org"},
            {"phone": "+441632960002", "email": "b@example.org"},
            "contacts_conflict",
        ),
        ({"name": Name(forenames="Unknown", surname="Garside")}, {}, "forename_unknown"),
        ({"name": Name(forenames="C", surname="Garside")}, {}, "weak_forename"),
        ({"name": Name(forenames="Zebedee", surname="Garside")}, {}, "forename_differs"),
        ({"references": [{"department": "council-tax", "reference": "1"}]}, {}, "reference_of_another"),
    ],
)
def test_each_of_these_alone_keeps_us_from_acting(told: dict[str, object], held: dict[str, object], guard: str) -> None:
    colin = Person(
        id="colin",
        names=(Name(forenames="Colin", surname="Garside"),),
        date_of_birth="1950-06-07",
        addresses=(home(),),
    )
    other = Person(id="other", names=(Name(forenames="Ina", surname="Quill"),), references={"council-tax": "1"})
    assert isinstance(decide(subject_like(colin), [colin, other], "irreversible"), Matched)
    found = decide(subject_like(colin, **told), [replace(colin, **held), other], "irreversible")  # type: ignore[arg-type]
    assert guard in guards(found)


def test_a_forename_that_nobody_has_is_a_slip_and_one_that_others_have_is_a_twin_s() -> None:
    held = Person(
        id="margaret",
        names=(Name(forenames="Margaret", surname="Garside"),),
        date_of_birth="1950-06-07",
        addresses=(home(),),
    )
    told = subject_like(held, name=Name(forenames="Mragaret", surname="Garside"))
    for bearers, matched in ((0, True), (7, False)):
        known = Frequencies(population=200_000, counts={("forename", "mragaret"): bearers})
        assert isinstance(decide(told, Shortlist((held,), known), "irreversible"), Matched) is matched


@given(residents(), residents(), acts)
def test_the_next_candidate_must_be_far_behind(one: Person, other: Person, act: Acts) -> None:
    double = replace(one, id="double", addresses=other.addresses)
    told: Subject = subject_like(one, address=None)
    assert not isinstance(decide(told, [one, double], act), Matched)
