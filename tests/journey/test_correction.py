"""What was told is put right."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, cases, letter, outcomes
from tests.journey.town import Said, days_ago, home, move, name, resident, told

#: there are two of her name at her address, and the number tells them apart
MARGARET = "SMP-0017"
NEW_HOME = home("2 Quay Street", "AA3 5RS", "999000000070")


def test_the_right_day_of_a_move_reaches_everybody_who_had_the_wrong_one(either_council: Council) -> None:
    council, before = either_council, cases(either_council)
    wrong = council.tell(move(MARGARET, NEW_HOME, days_ago(9)))
    council.answers(wrong)
    reference = council.tell(move(MARGARET, NEW_HOME, days_ago(8), corrects=wrong))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "accepted", ER: "referred"}
    assert cases(council) == before, "the wrong account was undone, not ended beside the right one"
    for department, line in council.answers(wrong).items():
        (put_right,) = acts(council, department, reference)
        assert put_right["corrects"] == line["delivery"]
    assert letter(council, HB, reference)["occurred_on"] == str(days_ago(8))
    assert council.track(wrong)["corrected_by"] == [reference]


def newcomer(born_on: str) -> Said:
    told = {"name": name("Isolde", "Penrith"), "address": home("5 Far Street", "AA9 8ZZ"), "phone": "07700 900333"}
    return {**told, "date_of_birth": born_on}


def test_a_correction_goes_to_those_who_had_the_original_and_nobody_else(council: Council) -> None:
    places = {"direction": "in", "new_address": home("3 Dock Road", "AA3 6TU"), "tenure": "owner"}
    young = council.tell(told("move", newcomer("1999-01-01"), days_ago(3), **places))
    assert set(council.answers(young)) == {CT, ER}
    aged = council.tell(told("move", newcomer("1939-01-01"), days_ago(3), **places, corrects=young))
    assert set(council.answers(aged)) == {CT, ER}, "a pensioner's move in would go to Housing Benefit too"
    assert acts(council, HB, aged) == []


def test_a_correction_that_completes_what_was_held_goes_through_and_takes_its_place(council: Council) -> None:
    caller = {"new_email": "piers@example.org"}
    held = council.tell(told("contact_change", {"name": name("Piers", "Calloway")}, days_ago(1), **caller))
    council.answers(held)
    reason = council.track(held)["reason"]
    assert reason["code"] == "identity-incomplete"
    assert set(reason["missing"]) == {"subject.date_of_birth", "subject.address", "subject.nino"}
    described = {
        "name": name("Piers", "Calloway"),
        "date_of_birth": "1971-07-07",
        "address": home("5 Far Street", "AA9 8ZZ"),
        "phone": "07700 900222",
    }
    reference = council.tell(told("contact_change", described, days_ago(1), **caller, corrects=held))
    assert set(council.answers(reference)) == {CT, HB, ER}
    replaced = council.track(held)
    assert (replaced["progress"], replaced["reason"]["code"]) == ("rejected", "replaced")
    assert replaced["corrected_by"] == [reference]
    assert [acts(council, department, held) for department in (CT, HB, ER)] == [[], [], []]


def test_putting_right_whom_it_was_about_settles_an_unsure_match(council: Council) -> None:
    twin = {"name": name(None, "Hartwell"), "date_of_birth": "1991-03-14"}
    held = council.tell(told("contact_change", twin, days_ago(0), new_phone="07700 900111"))
    council.answers(held)
    assert council.track(held)["reason"]["code"] == "clerical-review"
    right = told("contact_change", resident("Lily Hartwell"), days_ago(0), new_phone="07700 900111", corrects=held)
    reference = council.tell(right)
    assert outcomes(council.answers(reference)) == {CT: "accepted", HB: "not_held", ER: "accepted"}
    assert council.track(held)["reason"]["code"] == "replaced"
