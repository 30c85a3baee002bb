import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.identity.attainable import attainable
from broker.identity.wording import FIELDS
from broker.matching import decide
from broker.person import Matched
from schemas.life_event import Acts
from schemas.name import Name
from schemas.partial_date import PartialDate
from schemas.subject import Subject
from tests.people import ADA, home

ACTS: tuple[Acts, ...] = ("irreversible", "standard", "light")
TOLD = {
    "name": Name(forenames="Ada", surname="Thornbury"),
    "date_of_birth": PartialDate.of("1938-11-02"),
    "address": home(),
    "nino": "QQ120001B",
    "phone": "+441632960001",
    "email": "ada@example.org",
}
subjects = st.sets(st.sampled_from(sorted(TOLD)), min_size=1).map(
    lambda fields: Subject.model_validate({"nino": TOLD["nino"]}).model_copy(
        update={"nino": None, **{field: TOLD[field] for field in fields}}
    )
)


def told(*fields: str) -> Subject:
    return Subject.model_validate({field: TOLD[field] for field in fields})


def test_a_name_and_a_home_ask_for_a_date_of_birth_or_a_number_before_a_death() -> None:
    found = attainable(told("name", "address"), "irreversible")
    assert not found.enough
    enough = {missing.field for missing in found.missing if missing.enough}
    assert enough == {"date_of_birth", "nino"}
    assert str(found.missing[0]).startswith(FIELDS[found.missing[0].field])


def test_when_enough_was_said_nothing_more_is_needed() -> None:
    found = attainable(told("name", "address", "date_of_birth"), "irreversible")
    assert found.enough
    assert found.bits >= found.needed
    assert {missing.field for missing in found.missing} == {"nino", "phone", "email"}


@pytest.mark.parametrize("acts", ACTS)
def test_a_year_alone_still_asks_for_the_whole_date(acts: Acts) -> None:
    vague = told("name", "address").model_copy(update={"date_of_birth": PartialDate.of("1938")})
    assert "date_of_birth" in {missing.field for missing in attainable(vague, acts).missing}


@given(subjects, st.sampled_from(ACTS))
def test_nothing_that_is_said_more_ever_makes_a_match_less_sure(subject: Subject, acts: Acts) -> None:
    found = attainable(subject, acts)
    assert [missing.field for missing in found.missing if missing.bits < 0] == []
    assert not found.enough or all(missing.enough for missing in found.missing)


@given(subjects, st.sampled_from(ACTS))
def test_what_cannot_be_attained_is_never_matched(subject: Subject, acts: Acts) -> None:
    held = ADA
    if isinstance(decide(subject, [held], acts), Matched):
        assert attainable(subject, acts).enough
