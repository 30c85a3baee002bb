"""Somebody moves: within the area, into it, out of it."""

import json
import re
from datetime import date, timedelta

from schemas.today import london_today
from tests.council import Council
from tests.journey.seen import CT, ER, HB, adviser_sees, cases, fields_seen, letter, letters, logs, outcomes
from tests.journey.town import days_ago, home, home_of, monday_after, move, name, resident, told

NEW_HOME = home("2 Quay Street", "AA3 5RS", "999000000070")


def newcomer(**changes: object) -> dict[str, object]:
    described = {
        "name": name("Talia", "Ferncroft"),
        "date_of_birth": "1994-04-04",
        "address": home("8 Elsewhere Road", "AA9 9ZZ"),
        "phone": "07700 900444",
    }
    return {**described, **changes}


def move_in(subject: dict[str, object], **facts: object) -> dict[str, object]:
    places = {"direction": "in", "new_address": home("9 Dock Road", "AA3 6TU", "999000000091")}
    return told("move", subject, days_ago(2), **places, previous_council="Elsewhere Council", **facts)


def test_a_move_within_the_area_is_told_once_and_three_departments_answer(either_council: Council) -> None:
    council, before = either_council, cases(either_council)
    moved_on = days_ago(3)
    reference = council.tell(move("Suharjo", NEW_HOME, moved_on, tenure="private_tenant"))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "accepted", ER: "referred"}
    assert re.fullmatch(r"CT-\d{6}", answers[CT]["receipt"])
    assert answers[CT]["receipt"] in answers[CT]["sentence"]
    assert letter(council, HB, reference)["counts_from"]["effective_on"] == str(moved_on)
    assert cases(council) == before, "one account ends and one begins; nobody is moved on the register"


def test_nobody_is_moved_on_the_register_but_invited_within_28_days(council: Council) -> None:
    answer = council.answers(council.tell(move("Olu Adeyemi", NEW_HOME, days_ago(1))))[ER]
    assert answer["outcome"] == "referred"
    last_day = london_today() + timedelta(days=28)
    assert last_day <= date.fromisoformat(answer["by"]) <= last_day + timedelta(days=2)
    assert "invitation to register" in answer["sentence"]
    assert "Moving does not change the register by itself." in answer["sentence"]


def test_each_department_sees_its_own_fields_of_a_move_and_no_others(council: Council) -> None:
    mother = {"name": name("Ivy", "Cheung"), "date_of_birth": "1940-01-01", "relationship": "parent"}
    facts = {"household": [mother], "landlord": {"name": "Quay Lettings"}, "tenure": "private_tenant"}
    reference = council.tell(move("Wei Ling Cheung", NEW_HOME, days_ago(4), **facts))
    council.answers(reference)
    council_tax, benefit, electoral = (fields_seen(council, each, reference) for each in (CT, HB, ER))
    assert {"from.uprn", "to.uprn", "moved_on", "landlord.name", "adults"} <= council_tax
    assert {"nino", "date_of_birth", "household.date_of_birth", "landlord.name", "old_home.uprn"} <= benefit
    assert {"adults.surname", "old_home.uprn", "new_home.uprn", "invite_by"} <= electoral
    assert not {field for field in council_tax | electoral if "nino" in field or "birth" in field}
    assert not {field for field in electoral if "landlord" in field or "tenure" in field}


def test_the_timeline_tells_the_sentence(council: Council) -> None:
    reference = council.tell(move("Hannah Pickford", NEW_HOME, days_ago(1)))
    council.answers(reference)
    steps = [step["step"] for step in council.timeline(reference)]
    assert list(dict.fromkeys(steps)) == ["intake", "match", "validate", "route", "acknowledge"]


def test_somebody_unknown_who_moves_in_and_says_enough_gets_an_account(council: Council) -> None:
    before = cases(council)
    reference = council.tell(move_in(newcomer(), tenure="private_tenant", single_person=True))
    assert outcomes(council.answers(reference)) == {CT: "accepted", ER: "referred"}
    assert cases(council) == {**before, CT: before[CT] + 1}
    said = [step["said"] for step in council.timeline(reference)]
    assert any("Not known to the directory" in one for one in said)
    assert any("unknown schema" in one for one in said)
    assert any("Universal Credit" in one for one in said), "why Housing Benefit is not told"


def test_a_pensioner_who_moves_in_has_a_claim_to_make(council: Council) -> None:
    pensioner = newcomer(name=name("Agnes", "Marl"), date_of_birth="1944-09-09")
    reference = council.tell(move_in(pensioner, tenure="council_tenant"))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "accepted", HB: "referred", ER: "referred"}
    assert "benefits officer" in answers[HB]["sentence"]


def test_a_move_out_ends_the_account_and_the_claim_but_is_one_source_for_the_register(council: Council) -> None:
    before, moved_on = cases(council), days_ago(6)
    gone = {"direction": "out", "new_address": home("77 Farland Road", "AA8 8ZZ"), "next_council": "Farland Council"}
    reference = council.tell(move("Peregrine Uffworth", NEW_HOME, moved_on, **gone))
    assert outcomes(council.answers(reference)) == {CT: "accepted", HB: "accepted", ER: "referred"}
    told_benefit = letter(council, HB, reference)
    assert told_benefit["counts_from"]["effective_on"] == str(monday_after(moved_on))
    assert "new_home" not in told_benefit
    assert cases(council) == {CT: before[CT] - 1, HB: before[HB] - 1, ER: before[ER]}
    (line,) = [one for one in council.journal(ER) if one["notification"] == reference]
    assert line["reason"] == "one-source-only"


def test_an_address_that_must_be_kept_is_echoed_to_nobody(council: Council) -> None:
    hidden = home("41 Wherewithal Lane", "AA7 1ZZ", "999000000777")
    subject = resident("Anna Kowalska", address_may_be_shown=False)
    reference = council.tell(move("Anna Kowalska", hidden, days_ago(2), subject=subject))
    answers = council.answers(reference)
    assert outcomes(answers) == {CT: "referred", HB: "not_held", ER: "referred"}
    assert letter(council, CT, reference)["safety"] is True
    assert letter(council, HB, reference)["address_may_be_shown"] is False
    heard = adviser_sees(council, reference) + logs(council) + json.dumps(letters(council, "outcomes"))
    for place in (hidden, home_of("Anna Kowalska")):
        assert not [part for part in (*place["lines"], place["postcode"], place["uprn"]) if part in heard]
