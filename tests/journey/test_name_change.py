"""Somebody's name changed."""

import json

from tests.council import Council
from tests.journey.seen import CT, ER, HB, adviser_sees, collected, fields_seen, letter, lying_at_electoral, outcomes
from tests.journey.town import Said, days_ago, name, resident, told


def test_a_marriage_with_a_partner_who_moves_in_makes_a_couple_for_tax_and_benefit(council: Council) -> None:
    moved_in_on = days_ago(9)
    partner: Said = {"name": name("Nico", "Vale"), "date_of_birth": "1980-02-03", "nino": "QQ120099A"}
    partner |= {"relationship": "spouse", "moves_in": True, "moved_in_on": str(moved_in_on)}
    facts: Said = {"reason": "marriage", "partner": partner, "evidence_seen": True}
    facts |= {"previous_name": name("Nasreen", "Begum"), "new_name": name("Nasreen", "Vale")}
    reference = council.tell(told("name_change", resident("Nasreen Begum"), days_ago(9), **facts))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "referred", ER: "referred"}
    assert "invite you to apply" in answers[ER]["sentence"]
    assert letter(council, CT, reference)["partner_moved_in_on"] == str(moved_in_on)
    assert {"partner.surname", "previous_name.surname"} <= fields_seen(council, CT, reference)
    assert {"partner.name.surname", "partner.nino", "partner.date_of_birth"} <= fields_seen(council, HB, reference)
    assert not [field for field in fields_seen(council, ER, reference) if "partner" in field]


def test_a_restricted_previous_name_is_matched_on_and_passed_on_to_nobody(council: Council) -> None:
    before, now = name("Chloe", "Marsden"), name("Rowan", "Ellery")
    facts: Said = {"reason": "deed_poll", "evidence_seen": True, "new_name": now}
    changed = told(
        "name_change", resident("Chloe Marsden"), days_ago(1), previous_name={**before, "restricted": True}, **facts
    )
    renamed = resident("Chloe Marsden", name=now, previous_names=[{**before, "restricted": True}])
    later = told("contact_change", renamed, days_ago(0), new_phone="07700 900555")
    for event in (changed, later):
        with lying_at_electoral(council, "Chloe Marsden"):
            reference = council.tell(event)
            seen = [collected(council, reference), letter(council, HB, reference)]
        assert set(council.answers(reference)) == {CT, HB, ER}
        seen += [letter(council, CT, reference), json.loads(adviser_sees(council, reference))]
        assert "Matched" in str(council.timeline(reference))
        assert "Marsden" not in json.dumps(seen)
        assert "Chloe" not in json.dumps(seen)
