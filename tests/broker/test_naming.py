import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.identity.births import BirthLevel, compare_births, one_slip_apart, swapped_birth
from broker.identity.homes import Home, HomeLevel, compare_homes, door_of
from broker.identity.names import ForenameLevel, MiddleLevel, NameLevel, SurnameLevel, compare_names
from broker.identity.naming import read_name
from schemas.name import LONGEST_PART

words = st.text(st.characters(categories=("L", "Mn", "Pd", "Zs", "Po")), max_size=LONGEST_PART)


def level(told: tuple[str | None, str], held: tuple[str | None, str]) -> NameLevel:
    return compare_names(read_name(*told), read_name(*held)).whole


@pytest.mark.parametrize(
    ("told", "held", "expected"),
    [
        (("Dafydd", "Gwilym"), ("Dafydd", "ap Gwilym"), NameLevel.FULL),
        (("Aoife", "O NEILL"), ("Aoife", "O'Neill"), NameLevel.FULL),
        (("Anna", "Kowalska"), ("Anna", "Kowalski"), NameLevel.FULL),
        (("Jan", "Van der Berg"), ("Jan", "Vanderberg"), NameLevel.OTHER_READING),
        (("Mary Ann", "Hall"), ("Maryann", "Hall"), NameLevel.OTHER_READING),
        (("Elizabeth (Betty)", "Hall"), ("Betty", "Hall"), NameLevel.OTHER_READING),
        (("Maria", "Lopez"), ("María", "García López"), NameLevel.OTHER_READING),
        (("Tariq", "Khan"), ("Mohammed Tariq", "Khan"), NameLevel.FULL),
        (("Mohammed Asif", "Khan"), ("Mohammed Tariq", "Khan"), NameLevel.SURNAME_ONLY),
        (("Mohammed", "Khan"), ("Mohammed Tariq", "Khan"), NameLevel.MIDDLE),
        (("Bob", "Hall"), ("Robert", "Hall"), NameLevel.VARIANT),
        (("Pat", "Hall"), ("Patricia", "Hall"), NameLevel.VARIANT),
        (("Pat", "Hall"), ("Patrick", "Hall"), NameLevel.VARIANT),
        (("Patricia", "Hall"), ("Patrick", "Hall"), NameLevel.NEAR_FORENAME),
        (("Hall", "Robert"), ("Robert", "Hall"), NameLevel.SWAPPED),
        (("J", "Okonjo"), ("James", "Okonjo"), NameLevel.INITIAL),
        (("Alan", "Tibbets"), ("George Alan", "Tibbets"), NameLevel.MIDDLE),
        (("Margaret", "Thronbury"), ("Margaret", "Thornbury"), NameLevel.NEAR_SURNAME),
        (("Mr George", "Hall"), ("George", "Hall"), NameLevel.FULL),
        (("XXX", "Suharjo"), ("Unknown", "Suharjo"), NameLevel.SURNAME_ALONE),
        (("Baby Boy", "Hall"), ("Baby", "Hall"), NameLevel.SURNAME_ALONE),
        ((None, "Suharjo"), (None, "Suharjo"), NameLevel.OTHER_READING),
        (("Zoe", "Hall"), ("Chloe", "Hall"), NameLevel.SURNAME_ONLY),
        (("王", "芳"), ("王", "方"), NameLevel.FORENAME_ONLY),
        (("Unknown", "Unknown"), ("Ada", "Hall"), NameLevel.MISSING),
    ],
)
def test_two_names_are_compared_as_people_write_them(
    told: tuple[str | None, str], held: tuple[str | None, str], expected: NameLevel
) -> None:
    assert level(told, held) is expected
    assert level(held, told) is expected


def test_a_spelling_is_told_from_a_short_form() -> None:
    def forename(one: str, other: str) -> ForenameLevel:
        return compare_names(read_name(one, "Hall"), read_name(other, "Hall")).forename

    assert forename("Mohammed", "Muhammad") is ForenameLevel.SPELLING
    assert forename("Stephen", "Steven") is ForenameLevel.SPELLING
    assert forename("Jack", "John") is ForenameLevel.SPELLING
    assert forename("Steve", "Steven") is ForenameLevel.SHORT_FORM
    assert forename("Bob", "Robert") is ForenameLevel.SHORT_FORM


def test_other_given_names_agree_by_one_or_by_an_initial() -> None:
    def middle(one: str, other: str) -> MiddleLevel:
        return compare_names(read_name(one, "Hall"), read_name(other, "Hall")).middle

    assert middle("Ada Mary Jane", "Ada Jane") is MiddleLevel.AGREES
    assert middle("Ada M", "Ada Mary") is MiddleLevel.INITIAL
    assert middle("Ada Mary", "Ada Maud") is MiddleLevel.DIFFERS
    assert middle("Ada", "Ada Maud") is MiddleLevel.MISSING


@given(words, words, words, words)
def test_any_two_names_can_be_compared_and_in_either_order(a: str, b: str, c: str, d: str) -> None:
    one, other = read_name(a, b), read_name(c, d)
    assert compare_names(one, other) == compare_names(other, one)
    same = compare_names(one, one)
    assert same.surname in (SurnameLevel.EXACT, SurnameLevel.MISSING)
    assert same.forename in (ForenameLevel.EXACT, ForenameLevel.MISSING)


@pytest.mark.parametrize(
    ("told", "held", "expected"),
    [
        ("1961-04-03", "1961-03-04", BirthLevel.SWAPPED),
        ("1961-04-03", "1961-04-08", BirthLevel.ONE_SLIP),
        ("1961-04-03", "1916-04-03", BirthLevel.DIFFERS),
        ("1968-04-03", "1998-04-03", BirthLevel.DIFFERS),
        ("1961-04-03", "1961-04-21", BirthLevel.TWO_PARTS),
        ("1961-04-23", "1961-01-01", BirthLevel.YEAR),
        ("1961", "1961-04-23", BirthLevel.FITS),
        ("1961-05", "1961-04-23", BirthLevel.DIFFERS),
        ("", "1961-04-23", BirthLevel.MISSING),
    ],
)
def test_two_dates_of_birth_are_compared_as_they_are_mistaken(told: str, held: str, expected: BirthLevel) -> None:
    assert compare_births(told, held) is expected
    assert compare_births(held, told) is expected


@given(st.dates().map(str))
def test_a_date_exchanged_twice_is_itself(day: str) -> None:
    assert swapped_birth(swapped_birth(day)) == day
    assert not one_slip_apart(day, day)


def home(door: str, postcode: str = "aa11aa", uprn: str = "", *, left: bool = False) -> Home:
    return Home(uprn=uprn, postcode=postcode, door=door_of(door), left=left)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (home("4 Elm Rd."), HomeLevel.DOOR),
        (home("4 Elm Road", left=True), HomeLevel.PREVIOUS),
        (home("4 Elmroad"), HomeLevel.SLIP),
        (home("4 Elm Road", "aa11ab"), HomeLevel.SLIP),
        (home("14 Elm Road"), HomeLevel.POSTCODE),
        (home("Flat 1, 4 Elm Road"), HomeLevel.POSTCODE),
        (home("9 Oak Way", "aa19zz"), HomeLevel.OUTCODE),
        (home("4 Elm Road", "zz99zz"), HomeLevel.DIFFERS),
        (home("care of the manager"), HomeLevel.POSTCODE),
        (home("", ""), HomeLevel.MISSING),
    ],
)
def test_two_homes_are_compared_by_number_street_and_postcode(held: Home, expected: HomeLevel) -> None:
    assert compare_homes(home("4, Elm Road"), held) is expected


def test_the_property_s_own_number_says_most() -> None:
    told = home("4 Elm Road", uprn="100")
    assert compare_homes(told, home("The Old House", "zz99zz", "100")) is HomeLevel.PROPERTY
    assert compare_homes(told, home("The Old House", "zz99zz", "100", left=True)) is HomeLevel.PREVIOUS
    assert compare_homes(told, home("", "", "200")) is HomeLevel.DIFFERS
