"""Somebody stopped living in the home."""

import json

from tests.council import Council
from tests.journey.seen import (
    CT,
    ER,
    HB,
    acts,
    adviser_sees,
    cases,
    collected,
    fields_seen,
    letter,
    letters,
    logs,
    lying_at_electoral,
    outcomes,
)
from tests.journey.town import Said, days_ago, home, name, resident, told

AWAY = home("19 Sanctuary Yard", "AA6 6XX", "999000000666")


def left(who: str, leaver: Said, **facts: object) -> Said:
    described = {"new_address": AWAY, "was_responsible": True, **leaver}
    return told(
        "leaves_household",
        resident(who),
        days_ago(6),
        leaver=described,
        **{"reason": "left", "adults_remaining": 1, **facts},
    )


def test_where_somebody_went_who_must_be_kept_safe_is_told_to_nobody(council: Council) -> None:
    hidden = {"name": name("Aisha", "Khan"), "date_of_birth": "2004-03-03", "address_may_be_shown": False}
    with lying_at_electoral(council, "Mohammed Yusuf Khan"):
        reference = council.tell(left("Mohammed Yusuf Khan", hidden))
        electoral = collected(council, reference)
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "referred", HB: "not_held", ER: "referred"}
    council_tax, benefit = letter(council, CT, reference), letter(council, HB, reference)
    assert council_tax["safety"] is True
    assert electoral["address_may_be_shown"] is False
    everything = json.dumps([council_tax, benefit, electoral, letters(council, "outcomes")])
    heard = everything + adviser_sees(council, reference) + logs(council)
    assert not [part for part in ("Sanctuary", "AA6", "999000000666") if part in heard]


def test_where_a_liable_leaver_went_is_told_to_council_tax_alone(council: Council) -> None:
    before = cases(council)
    with lying_at_electoral(council, "Stuart Brackley"):
        reference = council.tell(left("Stuart Brackley", {"name": name("Louise", "Brackley")}))
        electoral = collected(council, reference)
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "not_held", ER: "referred"}
    assert letter(council, CT, reference)["forwarding"]["uprn"] == AWAY["uprn"]
    assert "Sanctuary" not in json.dumps([electoral, letter(council, HB, reference)])
    assert "One report does not change the register." in answers[ER]["sentence"]
    assert acts(council, ER, reference)[0]["reason"] == "one-source-only"
    assert cases(council) == before


def test_why_somebody_left_is_told_to_housing_benefit_alone(council: Council) -> None:
    to_prison = {"name": name("Denzil", "Kowalski"), "new_address": None, "is_partner": True}
    reference = council.tell(left("Piotr Kowalski", to_prison, reason="prison"))
    council.answers(reference)
    assert letter(council, HB, reference)["reason"] == "prison"
    for department in (CT, ER):
        assert not [field for field in fields_seen(council, department, reference) if "reason" in field]
