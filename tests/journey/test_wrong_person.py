"""The worst that can happen, and what stands against it: a twin's death, a stranger's death, a link that was wrong."""

import json
import subprocess
from typing import Any

import httpx

from tests.council import DEPARTMENTS, ROOT, TUO, Council
from tests.journey.seen import CT, ER, HB, acts, adviser_sees, cases, outcomes
from tests.journey.town import Said, days_ago, death, home, move, name, resident, told

NEW_HOME = home("2 Quay Street", "AA3 5RS", "999000000070")
MARGARET = "SMP-0017"


def ask(council: Council, method: str, path: str, who: str, **body: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {council.keys[who]}"}
    return httpx.request(method, f"{council.address}/api/v1{path}", headers=headers, json=body or None, timeout=10)


def command(council: Council, *words: str) -> Any:  # noqa: ANN401 - a JSON document
    """What a command answers; it finds the reviewer's key where the machine keeps it."""
    key = council.home / "keys" / "reviewer"
    key.parent.mkdir(exist_ok=True)
    key.write_text(council.keys["reviewer"])
    asked = subprocess.run(
        [TUO, *words, "--json"], cwd=ROOT, env=council.environment(), capture_output=True, text=True, timeout=60
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def nobody_acted(council: Council, reference: str) -> bool:
    return not any(acts(council, department, reference) for department in DEPARTMENTS)


def stranger(**changes: object) -> Said:
    """Somebody of whom enough is said, and whom the council does not hold."""
    said = {
        "name": name("Gideon", "Marchbank"),
        "date_of_birth": "1951-04-30",
        "address": home("9 Farland Road", "AA8 8ZZ"),
        "phone": "07700 900998",
    }
    return {**said, **changes}


def test_the_death_of_a_twin_whom_we_do_not_hold_ends_nothing_of_her_sisters(either_council: Council) -> None:
    council, before = either_council, cases(either_council)
    third = resident("Rose Hartwell", name=name("Iris", "Hartwell"), nino=None)
    reference = council.tell({**death("Rose Hartwell", days_ago(2)), "subject": third})
    assert council.answers(reference) == {}
    held = council.track(reference)
    assert (held["progress"], held["reason"]["code"]) == ("held", "clerical-review")
    assert nobody_acted(council, reference)
    assert cases(council) == before
    why = ask(council, "GET", f"/life-events/{reference}/why", "operator").json()
    assert "The first forename differs: it could be a twin or a relative." in why["against"]
    moved = council.tell(move("Rose Hartwell", NEW_HOME, days_ago(1)))
    council.answers(moved)
    assert council.track(moved)["progress"] == "routed", "she is alive, and what she tells is acted on"


def test_the_death_of_a_stranger_is_nobodys_here(council: Council) -> None:
    before = cases(council)
    reference = council.tell({**death("Rose Hartwell", days_ago(2)), "subject": stranger()})
    answers = outcomes(council.answers(reference))
    assert "Not known to the directory" in adviser_sees(council, reference)
    assert "unknown schema" in adviser_sees(council, reference)
    assert set(answers.values()) <= {"not_held", "referred"}
    assert cases(council) == before


def test_a_wrong_link_is_undone_by_one_command_and_all_that_was_told_is_withdrawn(either_council: Council) -> None:
    council, before = either_council, cases(either_council)
    died = council.tell(death(MARGARET, days_ago(4), relationship="friend"))
    told_of = council.answers(died)
    assert outcomes(told_of)[HB] == "accepted"
    assert cases(council) != before
    linked = command(council, "event", "why", died)
    assert linked["found"] == "It was linked to one record."
    undone = command(council, "event", "relink", died, "--reason", "The other Margaret Jones died")
    assert council.track(died)["withdrawn_by"] == [undone["withdrawal"]]
    withdrawn = council.answers(undone["withdrawal"])
    assert set(withdrawn) == set(told_of), "whoever was told is told that it is withdrawn"
    assert cases(council) == before, "the claim is put back"
    again = outcomes(council.answers(undone["again"]))
    assert command(council, "event", "why", undone["again"])["found"] != linked["found"]
    assert set(again.values()) <= {"not_held", "referred"}, "the other one is not held here, or waits for a reviewer"
    assert cases(council) == before
    assert [one["reason"] for one in command(council, "event", "why", died)["colleagues"]] == [
        "The other Margaret Jones died"
    ]
    moved = council.tell(move(MARGARET, NEW_HOME, days_ago(1)))
    council.answers(moved)
    assert council.track(moved)["progress"] == "routed", "she is not held for dead any more"


def test_a_reviewer_undoes_a_wrong_link_through_the_door_and_an_adviser_may_not(council: Council) -> None:
    moved = council.tell(told("contact_change", resident("Dafydd ap Gwilym"), days_ago(0), new_phone="07700 900887"))
    council.answers(moved)
    said = {"reason": "His cousin of that name rang"}
    assert ask(council, "POST", f"/life-events/{moved}/relink", "adviser", **said).status_code == 403
    undone = ask(council, "POST", f"/life-events/{moved}/relink", "reviewer", **said)
    assert undone.status_code == 200, undone.text
    council.answers(undone.json()["withdrawal"])
    assert ask(council, "POST", f"/life-events/{moved}/relink", "reviewer", **said).status_code == 409


def test_somebody_protected_is_known_to_the_team_and_a_stranger_to_everybody_else(council: Council) -> None:
    before = cases(council)
    as_told = resident("Victor Lind", phone="07700 900996")
    known, unknown = (
        council.tell(told("contact_change", subject, days_ago(0), new_email="found@example.org"))
        for subject in (as_told, stranger(date_of_birth="1952-01-30"))
    )
    seen = []
    for reference in (known, unknown):
        council.answers(reference)
        tracker = council.track(reference)
        steps = [(step["step"], step["department"], step["said"]) for step in council.timeline(reference)]
        why = ask(council, "GET", f"/life-events/{reference}/why", "adviser").json()
        seen.append((tracker["progress"], steps[:3], {**why, "reference": ""}))
    assert seen[0] == seen[1]
    assert ask(council, "GET", "/protected", "reviewer").status_code == 403
    waiting = ask(council, "GET", "/protected", "protection").json()["items"]
    assert known in [line["reference"] for line in waiting]
    assert unknown not in [line["reference"] for line in waiting]
    case = ask(council, "POST", f"/protected/{known}/look", "protection", reason="the daily list").json()
    assert [record["rows"][0]["held"] for record in case["records"]] == [as_told["nino"]]
    assert cases(council) == before
    assert {CT, ER} & {line["department"] for line in council.track(known)["departments"]}
