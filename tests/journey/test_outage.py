"""Back offices that refuse, ask, put off, hang or are away: what the adviser reads meanwhile, and in the end."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, letter, outcomes
from tests.journey.town import days_ago, home, id_of, move, resident, told

NEW_HOME = home("2 Quay Street", "AA3 5RS", "999000000070")


def switch(council: Council, department: str, who: str, mode: str, **more: object) -> None:
    """Make a back office behave so for this resident's letters alone."""
    council.office_mode(department, mode, person=council.people[id_of(who)], **more)


def line(council: Council, reference: str, department: str) -> dict[str, str]:
    """One department's line of the tracker."""
    return next((one for one in council.track(reference)["departments"] if one["department"] == department), {})


def reads(council: Council, reference: str, department: str, words: str) -> None:
    """Wait until the adviser reads these words of a department."""
    council.until(lambda: words in line(council, reference, department).get("sentence", ""), f"it reads: {words}")


def test_a_refusal_is_read_as_something_a_colleague_looks_at(council: Council) -> None:
    who = "Muhammad Khan"
    switch(council, CT, who, "refuse")
    answers = council.answers(council.tell(move(who, NEW_HOME, days_ago(1))))
    assert outcomes(answers) == {CT: "refused", HB: "not_held", ER: "referred"}
    assert answers[CT]["sentence"].endswith("A colleague will look at it.")


def test_a_question_is_put_to_the_caller_and_the_answer_goes_to_those_who_asked(council: Council) -> None:
    who, income = "Shahid Miah", {"income_kind": "earnings", "amount": "610.00", "frequency": "monthly"}
    switch(council, HB, who, "ask", count=1)
    event = told("income_change", resident(who), days_ago(3), change="starts", income=income)
    asked = council.tell(event)
    answer = council.answers(asked)[HB]
    assert answer["outcome"] == "needs_information"
    assert answer["question"] == {"field": "evidence", "ask": "Can they send proof of this change?"}
    assert "needs one thing from you" in answer["sentence"]
    proof = [{"kind": "payslip", "seen": True}]
    reference = council.tell({**event, "evidence": proof, "corrects": asked})
    assert outcomes(council.answers(reference)) == {HB: "accepted"}


def test_an_answer_that_comes_later_is_awaited_and_then_read(council: Council) -> None:
    who = "Suharjo"
    for department in (CT, HB, ER):
        switch(council, department, who, "later", count=1, seconds=3)
    reference = council.tell(told("contact_change", resident(who), days_ago(0), new_phone="07700 900123"))
    reads(council, reference, HB, "has this and will write with its decision")
    reads(council, reference, ER, "have this and will look at it")
    reads(council, reference, CT, "could not reach Council Tax yet")
    for department in (CT, HB, ER):
        reads(council, reference, department, "contact details")
        assert len(acts(council, department, reference)) == 1
    assert outcomes(council.answers(reference)) == dict.fromkeys((CT, HB, ER), "accepted")


def test_a_back_office_that_hangs_delays_only_itself_and_is_tried_again(council: Council) -> None:
    who = "Yusuf Khan"
    switch(council, CT, who, "hang", count=1)
    reference = council.tell(told("contact_change", resident(who), days_ago(0), new_phone="07700 900124"))
    council.until(lambda: line(council, reference, HB).get("standing") == "settled", "Housing Benefit has answered")
    council.until(lambda: line(council, reference, ER).get("standing") == "settled", "Electoral Services have answered")
    assert line(council, reference, CT)["sentence"] == "We are telling Council Tax now. You need not do anything."
    reads(council, reference, CT, "We could not reach Council Tax yet; we keep trying.")
    assert council.answers(reference)[CT]["outcome"] == "not_held", "he is a child, and has no account"
    tried = [one["answer"] for one in council.journal(CT) if one["notification"] == reference]
    assert tried == ["hung", "not_held"]


def test_what_was_done_without_an_answer_is_asked_for_and_not_done_again(council: Council) -> None:
    who = "Beth Garland"
    switch(council, CT, who, "apply_then_hang", count=1)
    reference = council.tell(move(who, NEW_HOME, days_ago(2)))
    answer = council.answers(reference)[CT]
    (done,) = acts(council, CT, reference)
    assert (answer["outcome"], answer["receipt"]) == ("accepted", done["receipt"])
    assert [one["answer"] for one in council.journal(CT) if one["notification"] == reference] == ["accepted"]


def test_an_answer_that_is_no_answer_is_not_believed(council: Council) -> None:
    who = "Grace Ifeoma Okafor"
    for department in (CT, HB, ER):
        switch(council, department, who, "garbage", count=1)
    reference = council.tell(told("contact_change", resident(who), days_ago(0), new_email="grace@example.org"))
    answers = council.answers(reference, seconds=60)
    assert outcomes(answers) == {CT: "accepted", HB: "not_held", ER: "accepted"}
    assert [len(acts(council, department, reference)) for department in (CT, HB, ER)] == [1, 1, 1]


def test_an_office_that_is_ill_for_one_person_holds_back_that_persons_next_and_nobody_elses(council: Council) -> None:
    who, other = "Ben Okafor", "Ingrid Sørlie"
    switch(council, CT, who, "error")
    first = council.tell(move(who, NEW_HOME, days_ago(2)))
    second = council.tell(told("contact_change", resident(who), days_ago(0), new_phone="07700 900125"))
    third = council.tell(told("contact_change", resident(other), days_ago(0), new_phone="07700 900126"))
    assert set(council.answers(third)) == {CT, HB, ER}
    reads(council, first, CT, "We could not reach Council Tax yet; we keep trying.")
    reads(council, second, CT, "We are about to tell Council Tax.")
    assert acts(council, CT, second) == []
    switch(council, CT, who, "ok")
    assert council.answers(first)[CT]["outcome"] == council.answers(second)[CT]["outcome"] == "accepted"
    done = [one["notification"] for one in council.journal(CT) if one["effect"]]
    assert done.index(first) < done.index(second)


def test_back_offices_that_are_away_for_the_night_are_told_in_the_morning(either_council: Council) -> None:
    council, who = either_council, "Peregrine Uffworth"
    council.stop_back_offices()
    first = council.tell(told("contact_change", resident(who), days_ago(0), new_phone="07700 900127"))
    second = council.tell(told("contact_change", resident(who), days_ago(0), new_phone="07700 900128"))
    reads(council, first, CT, "We could not reach Council Tax yet; we keep trying. You need not do anything.")
    reads(council, first, HB, "has been told and has not answered yet. You need not do anything.")
    reads(council, first, ER, "Electoral Services has been told and has not answered yet.")
    reads(council, second, HB, "We are about to tell Housing Benefit")
    assert not council.track(first)["complete"]
    council.start_back_offices()
    for reference in (first, second):
        assert set(council.answers(reference, seconds=60)) == {CT, HB, ER}
    for department in (CT, HB, ER):
        done = [one["notification"] for one in council.journal(department) if one["effect"]]
        assert done.index(first) < done.index(second)
    assert letter(council, HB, second)["phone"].endswith("128")
