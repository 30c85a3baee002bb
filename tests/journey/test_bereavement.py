"""Somebody has died."""

import json
from datetime import date, timedelta

from schemas.today import london_today
from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, cases, collected, fields_seen, letter, lying_at_electoral, outcomes
from tests.journey.town import Said, days_ago, death, home, monday_after, move, name, resident, told


def test_a_death_told_by_a_close_relative_ends_everything(either_council: Council) -> None:
    council, before, died_on = either_council, cases(either_council), days_ago(5)
    reference = council.tell(death("Ada Mary Thornbury", died_on))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "accepted", ER: "accepted"}
    assert "off the register" in answers[ER]["sentence"]
    assert cases(council) == {department: count - 1 for department, count in before.items()}
    told_benefit = letter(council, HB, reference)
    assert told_benefit["award_ends_on"] == str(monday_after(died_on) - timedelta(days=1))
    assert told_benefit["counts_from"]["effective_on"] == str(monday_after(died_on))


def test_a_friends_word_is_one_source_and_the_register_waits_for_a_second(council: Council) -> None:
    before = cases(council)
    reference = council.tell(death("Winifred Oakshaw", days_ago(3), relationship="friend"))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "accepted", ER: "referred"}
    assert "must confirm the death" in answers[ER]["sentence"]
    assert date.fromisoformat(answers[ER]["by"]) > london_today()
    assert cases(council)[ER] == before[ER]


def test_a_death_known_only_by_its_month_goes_on_without_an_effective_day(council: Council) -> None:
    month = str(london_today().replace(day=1) - timedelta(days=1))[:7]
    reference = council.tell(death("Walter Pym", month))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "referred", HB: "accepted", ER: "accepted"}
    assert council.track(reference)["occurred_on"] == month
    told_benefit = letter(council, HB, reference)
    assert "effective_on" not in told_benefit["counts_from"]
    assert "award_ends_on" not in told_benefit
    assert letter(council, CT, reference)["died_on"] == month


def survivor(permission: bool, who: str) -> Said:
    known = resident(who)
    return {"name": known["name"], "permission_to_share": permission, "date_of_birth": known["date_of_birth"]}


def test_a_survivor_who_did_not_agree_is_passed_on_to_nobody(council: Council) -> None:
    with lying_at_electoral(council, "Denzil Tregarth"):
        said = death("Denzil Tregarth", days_ago(2), survivor=survivor(False, "Elaine Tregarth"), adults_remaining=1)
        reference = council.tell(said)
        seen = [collected(council, reference), letter(council, HB, reference), letter(council, CT, reference)]
    council.answers(reference)
    assert "Elaine" not in json.dumps(seen)
    assert "1961-04-03" not in json.dumps(seen)


def test_a_survivor_who_agreed_is_named_to_those_who_must_know(council: Council) -> None:
    said = death("Trevor Mottram", days_ago(2), survivor=survivor(True, "Pauline Mottram"), adults_remaining=1)
    reference = council.tell(said)
    council.answers(reference)
    assert {"survivor.forenames", "survivor.surname"} <= fields_seen(council, CT, reference)
    assert "survivor.date_of_birth" in fields_seen(council, HB, reference)
    assert not [field for field in fields_seen(council, ER, reference) if "survivor" in field]


def test_after_a_death_a_second_death_and_a_move_wait_for_a_person(council: Council) -> None:
    first = council.tell(death("George Alan Tibbs", days_ago(4)))
    council.answers(first)
    again = council.tell(death("George Alan Tibbs", days_ago(3), relationship="sibling"))
    moved = council.tell(move("George Alan Tibbs", home("2 Quay Street", "AA3 5RS"), days_ago(1)))
    for reference, reason in ((again, "second-death"), (moved, "after-a-death")):
        assert council.answers(reference) == {}
        held = council.track(reference)
        assert (held["progress"], held["reason"]["code"]) == ("held", reason)
        assert "a colleague must look first" in held["reason"]["caption"]
        assert [acts(council, department, reference) for department in (CT, HB, ER)] == [[], [], []]


def test_a_move_of_somebody_whom_the_directory_has_as_dead_waits_for_a_person(council: Council) -> None:
    reference = council.tell(move("Edna Crowther", home("2 Quay Street", "AA3 5RS"), days_ago(1)))
    assert council.answers(reference) == {}
    assert council.track(reference)["progress"] == "held"
    assert "The record is of somebody who has died." in " ".join(step["said"] for step in council.timeline(reference))


def test_a_death_taken_back_reaches_exactly_those_three_and_each_answers(either_council: Council) -> None:
    council, before, who = either_council, cases(either_council), "María García López"
    died = council.tell(death(who, days_ago(7)))
    council.answers(died)
    assert cases(council) == {department: count - 1 for department, count in before.items()}
    taken_back = told("withdrawal", resident(who), days_ago(0), withdraws=died, reason="registration_cancelled")
    reference = council.tell(taken_back)
    assert outcomes(council.answers(reference)) == {CT: "accepted", HB: "accepted", ER: "accepted"}
    assert cases(council) == before, "account, claim and entry are put back"
    assert council.track(died)["withdrawn_by"] == [reference]
    for department, line in council.answers(died).items():
        (undone,) = acts(council, department, reference)
        assert undone["withdraws"] == line["delivery"]
    moved = council.tell(move(who, home("2 Quay Street", "AA3 5RS"), days_ago(1)))
    assert outcomes(council.answers(moved)) == {CT: "accepted", HB: "accepted", ER: "referred"}


def test_who_deals_with_the_estate_is_told_to_those_who_bill_it(council: Council) -> None:
    estate = {"held_by": "company", "company": "Quayside Solicitors", "phone": "01632 960778"}
    reference = council.tell(death("Jean Wilkes", days_ago(9), estate=estate, next_of_kin=kin(), adults_remaining=1))
    council.answers(reference)
    assert "executor.phone" in fields_seen(council, CT, reference)
    assert "Quayside" in json.dumps(letter(council, HB, reference))
    everything = json.dumps([letter(council, department, reference) for department in (CT, HB)])
    assert "Kinfolk" not in everything


def kin() -> Said:
    return {"name": name("Una", "Kinfolk"), "may_be_contacted": False, "deals_with_estate": False}
