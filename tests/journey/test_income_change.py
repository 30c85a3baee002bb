"""Somebody's income changed."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, letter, outcomes
from tests.journey.town import Said, days_ago, monday_after, resident, told

#: there are two of her name at her address, and the number tells them apart
MARGARET = "SMP-0017"
PENSION = {"income_kind": "private_pension", "amount": "412.50", "frequency": "monthly"}


def pension_rises(before: int, **facts: object) -> Said:
    return told("income_change", resident(MARGARET), days_ago(before), change="rises", income=PENSION, **facts)


def test_income_is_told_to_housing_benefit_alone_and_proof_is_awaited(council: Council) -> None:
    reference = council.tell(pension_rises(3))
    answers = council.answers(reference)
    assert outcomes(answers) == {HB: "referred"}
    assert answers[HB]["by"] > str(days_ago(0))
    assert "will write if proof is needed" in answers[HB]["sentence"]
    assert letter(council, HB, reference)["counts_from"]["effective_on"] == str(monday_after(days_ago(3)))
    assert [acts(council, department, reference) for department in (CT, ER)] == [[], []]


def test_income_told_with_its_proof_is_taken(council: Council) -> None:
    reference = council.tell(pension_rises(4, evidence=[{"kind": "benefit_letter", "seen": True}]))
    assert outcomes(council.answers(reference)) == {HB: "accepted"}


def test_income_told_late_carries_both_days_and_benefit_decides(council: Council) -> None:
    reference = council.tell(pension_rises(50, evidence=[{"kind": "benefit_letter", "seen": True}]))
    assert outcomes(council.answers(reference)) == {HB: "referred"}
    assert letter(council, HB, reference)["counts_from"] == {
        "effective_on": str(monday_after(days_ago(50))),
        "told_late": True,
        "if_beneficial_and_late_on": str(monday_after(days_ago(0))),
    }
    assert letter(council, HB, reference)["told_late_for_reduction"] is True
