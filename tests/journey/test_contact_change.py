"""Somebody can be reached otherwise now."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, fields_seen, letter, outcomes
from tests.journey.town import days_ago, resident, told


def test_new_contact_details_are_told_to_everybody(council: Council) -> None:
    facts = {"new_phone": "07700 900777", "new_language": "cy", "new_large_print": True}
    reference = council.tell(told("contact_change", resident("Shahid Miah"), days_ago(0), **facts))
    answers = council.answers(reference)
    assert outcomes(answers) == dict.fromkeys((CT, HB, ER), "accepted")
    assert all("contact details" in line["sentence"] for line in answers.values())
    assert letter(council, CT, reference)["preferred"] == "large print"
    assert all({"phone", "language"} <= fields_seen(council, department, reference) for department in (CT, HB, ER))


def test_the_number_itself_is_in_no_answer(council: Council) -> None:
    event = told("contact_change", resident("Grace Ifeoma Okafor"), days_ago(0), new_phone="01632 960888")
    answer = council.submit(event)
    council.answers(answer.json()["reference"])
    assert "960888" not in answer.text + str(council.track(answer.json()["reference"]))
