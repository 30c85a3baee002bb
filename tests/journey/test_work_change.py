"""Somebody started or stopped work."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, fields_seen, letter, outcomes
from tests.journey.town import Said, days_ago, resident, told

PROOF = [{"kind": "payslip", "seen": True}]


def starts_work(**facts: object) -> Said:
    job = {"change": "starts", "employer": "Anytown Bakery", "hours_a_week": 30, "pay": "1450.00", **facts}
    return told("work_change", resident("Shahid Miah"), days_ago(2), evidence=PROOF, **job)


def test_work_is_told_to_housing_benefit_alone(council: Council) -> None:
    reference = council.tell(starts_work())
    assert outcomes(council.answers(reference)) == {HB: "accepted"}
    assert {"employer", "hours_a_week"} <= fields_seen(council, HB, reference)
    said = {step["said"] for step in council.timeline(reference) if step["department"] == CT}
    assert said == {"Not told: Council Tax is told of work only where it changes who is counted."}
    assert acts(council, ER, reference) == []


def test_council_tax_hears_of_work_where_it_changes_who_is_counted(council: Council) -> None:
    ended = {"disregard": "student", "change": "ended"}
    reference = council.tell(starts_work(disregard_change=ended, hours_a_week=31))
    assert outcomes(council.answers(reference)) == {CT: "accepted", HB: "accepted"}
    assert {"disregard", "change", "on"} <= set(letter(council, CT, reference))
    assert {"class", "change", "on"} <= fields_seen(council, CT, reference)
    assert not fields_seen(council, CT, reference) & {"employer", "hours_a_week", "pay", "evidence.kind"}
