"""Somebody came to live in the home."""

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, fields_seen, letter, outcomes
from tests.journey.town import Said, days_ago, name, resident, told


def joined(**joiner: object) -> Said:
    described = {"name": name("Astrid", "Sørlie"), "relationship": "child", **joiner}
    return told("joins_household", resident("Ingrid Sørlie"), days_ago(5), joiner=described, adults_now=2)


def test_an_adult_who_joins_is_counted_assessed_and_invited(council: Council) -> None:
    adult: Said = {"date_of_birth": "2004-02-29", "nino": "QQ120098A", "is_adult": True, "disregard": "student"}
    reference = council.tell(joined(**adult))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "not_held", ER: "referred"}
    assert "They must apply themselves." in answers[ER]["sentence"]
    council_tax, benefit, electoral = (fields_seen(council, each, reference) for each in (CT, HB, ER))
    assert {"other.surname", "disregard", "adults_now"} <= council_tax
    assert {"joiner.nino", "joiner.date_of_birth", "joiner.relationship"} <= benefit
    assert {"name.surname", "home.uprn", "invite_by"} <= electoral
    assert not {
        field for field in council_tax | electoral if "birth" in field or "nino" in field or "relation" in field
    }


def test_a_child_who_joins_is_not_named_to_council_tax_nor_told_to_the_register(council: Council) -> None:
    reference = council.tell(joined(name=name("Tove", "Sørlie"), date_of_birth=str(days_ago(3000)), is_adult=False))
    assert set(council.answers(reference)) == {CT, HB}
    assert letter(council, CT, reference)["adult"] is False
    assert "other" not in letter(council, CT, reference)
    assert letter(council, HB, reference)["joiner"]["name"]["forenames"] == "Tove"
    said = {step["said"] for step in council.timeline(reference) if step["department"] == ER}
    assert said == {"Not told: Electoral Services are not told of children."}
    assert acts(council, ER, reference) == []
