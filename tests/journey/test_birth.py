"""A child was born, or was not born alive."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, adviser_sees, fields_seen, letter, outcomes
from tests.journey.town import days_ago, monday_after, name, resident, told


def test_a_birth_is_told_to_housing_benefit_alone(council: Council) -> None:
    born_on = days_ago(8)
    child = {"name": name("Safiya", "Begum"), "sex": "female"}
    reference = council.tell(told("birth", resident("Nasreen Begum"), born_on, outcome="live", child=child))
    answers = council.answers(reference)
    assert outcomes(answers) == {HB: "accepted"}
    assert "work out the claim again" in answers[HB]["sentence"]
    told_benefit = letter(council, HB, reference)
    assert told_benefit["child"] == child["name"]
    assert told_benefit["counts_from"]["effective_on"] == str(monday_after(born_on))
    assert not {field for field in fields_seen(council, HB, reference) if "sex" in field or "parent" in field}
    assert [acts(council, department, reference) for department in (CT, ER)] == [[], []]


def test_a_still_birth_is_told_to_nobody(council: Council) -> None:
    reference = council.tell(told("birth", resident("Priya Raman"), days_ago(4), outcome="still"))
    assert council.answers(reference) == {}
    assert council.track(reference)["progress"] == "routed"
    said = {step["said"] for step in council.timeline(reference)}
    assert "Not told: Nothing of this is passed on." in said
    assert "still" not in adviser_sees(council, reference)
    assert [acts(council, department, reference) for department in (CT, HB, ER)] == [[], [], []]
