"""How surely we know whom it is about decides what may happen."""

import pytest

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, adviser_sees, outcomes
from tests.journey.town import Said, days_ago, death, home, home_of, move, name, resident, told

NEW_HOME = home("2 Quay Street", "AA3 5RS", "999000000070")
HARTWELLS = {"date_of_birth": "1991-03-14", "address": home_of("Rose Hartwell")}


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param({"name": name(None, "Hartwell"), **HARTWELLS}, id="a twin without a forename"),
        pytest.param({"name": name("Rose", "Hartwell"), "nino": "QQ120005B", **HARTWELLS}, id="her sister's number"),
        pytest.param(resident("Zofia Kowalska", date_of_birth="2009-11-05"), id="another date of birth"),
        pytest.param(resident("George Tibbs", nino=None, date_of_birth=None), id="father or son"),
    ],
)
def test_an_unsure_match_waits_for_clerical_review_and_nobody_is_told(council: Council, subject: Said) -> None:
    reference = council.tell(move("Rose Hartwell", NEW_HOME, days_ago(1), subject=subject))
    assert council.answers(reference) == {}
    held = council.track(reference)
    assert (held["progress"], held["reason"]["code"]) == ("held", "clerical-review")
    assert "A colleague must choose" in held["reason"]["caption"]
    seen = adviser_sees(council, reference)
    assert not [word for word in ("Hartwell", "Lily", "Kowalska", "Tibbs", "QQ12") if word in seen]
    assert [acts(council, department, reference) for department in (CT, HB, ER)] == [[], [], []]


def test_a_death_needs_a_surer_match_than_an_address_alone_gives(council: Council) -> None:
    reference = council.tell(death("Leonard Applegate", days_ago(2)))
    assert council.answers(reference) == {}
    assert council.track(reference)["reason"]["code"] == "clerical-review"


def test_somebody_unknown_of_whom_too_little_was_said_waits_and_it_says_what_is_missing(council: Council) -> None:
    stranger = {"name": name("Gideon", "Marchbank"), "phone": "07700 900999"}
    said = move("Rose Hartwell", NEW_HOME, days_ago(1), subject=stranger, informant={"relationship": "neighbour"})
    reference = council.tell(said)
    assert council.answers(reference) == {}
    reason = council.track(reference)["reason"]
    assert reason["code"] == "identity-incomplete"
    assert {"subject.date_of_birth", "subject.address", "informant.name", "informant.phone"} <= set(reason["missing"])


@pytest.mark.parametrize(
    "told_as",
    [
        pytest.param(resident("Sam Alex Garland", name=name("Alex", "Garland"), nino=None), id="by what he is called"),
        pytest.param(resident("Siân Eleri Pryce-Huws", name=name("Sian", "Pryce Huws")), id="without accents"),
        pytest.param(resident("Pauline Mottram", name=name("Pauline", "Leigh")), id="by her maiden name"),
        pytest.param({"nino": "QQ120011D", "date_of_birth": "1990-08-17"}, id="by number and birthday"),
    ],
)
def test_somebody_told_otherwise_than_we_hold_them_is_found_all_the_same(council: Council, told_as: Said) -> None:
    reference = council.tell(told("contact_change", told_as, days_ago(0), new_email="found@example.org"))
    assert outcomes(council.answers(reference)) == {CT: "accepted", HB: "not_held", ER: "accepted"}
    assert "Matched." in adviser_sees(council, reference)


def test_somebody_known_to_a_named_team_only_is_a_stranger_to_departments_and_advisers(council: Council) -> None:
    subject = resident("Rosalind Verney", address_may_be_shown=False)
    reference = council.tell(told("contact_change", subject, days_ago(0), new_phone="07700 900888"))
    assert set(outcomes(council.answers(reference)).values()) <= {"not_held", "referred"}
    seen = adviser_sees(council, reference)
    assert "Not known to the directory. The directory holds nobody who could be this person." in seen
    assert not [word for word in ("Rosalind", "Verney", "Chapel", "QQ12", "900888") if word in seen]
