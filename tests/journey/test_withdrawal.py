"""Something that was told did not happen."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, cases, outcomes
from tests.journey.town import Said, days_ago, home, move, name, resident, told

NEW_HOME = home("2 Quay Street", "AA3 5RS", "999000000070")


def taken_back(who: Said, reference: str, reason: str = "did_not_happen") -> Said:
    return told("withdrawal", who, days_ago(0), withdraws=reference, reason=reason)


def test_a_move_taken_back_is_undone_by_everybody_who_was_told(council: Council) -> None:
    before, who = cases(council), resident("Robert Wilkes")
    moved = council.tell(move("Robert Wilkes", NEW_HOME, days_ago(2)))
    assert outcomes(council.answers(moved)) == {CT: "accepted", HB: "not_held", ER: "referred"}
    reference = council.tell(taken_back(who, moved))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "not_held", ER: "accepted"}
    assert "undone" in answers[CT]["sentence"]
    assert answers[HB]["sentence"] == "The benefits team had changed nothing."
    assert cases(council) == before
    assert council.track(reference)["withdraws"] == moved
    assert council.track(moved)["withdrawn_by"] == [reference]


def test_what_only_one_department_was_told_is_taken_back_from_that_one_alone(council: Council) -> None:
    who, child = resident("Aoife O'Neill"), {"name": name("Oisín", "O'Neill")}
    born = council.tell(told("birth", who, days_ago(6), outcome="live", child=child))
    council.answers(born)
    reference = council.tell(taken_back(who, born, "wrong_person"))
    assert set(council.answers(reference)) == {HB}
    assert [acts(council, department, reference) for department in (CT, ER)] == [[], []]


def test_what_was_held_and_taken_back_is_never_told(council: Council) -> None:
    somebody = {"name": name("Bertrand", "Quill")}
    held = council.tell(told("contact_change", somebody, days_ago(0), new_phone="07700 900666"))
    council.answers(held)
    assert council.track(held)["progress"] == "held"
    reference = council.tell(taken_back(somebody, held))
    assert council.answers(reference) == {}
    assert council.answers(held) == {}
    assert council.track(held)["progress"] == "rejected"


def test_a_withdrawal_of_nothing_is_refused_at_the_door(council: Council) -> None:
    answer = council.submit(taken_back(resident("Robert Wilkes"), "TUO-AAAA-BBBB-CCCC"))
    assert answer.status_code == 422
    assert "earlier_not_found" in answer.text
