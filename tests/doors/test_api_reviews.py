"""Clerical review through the API: what waits, one case beside its records, and what a decision sets going."""

from typing import Any

import httpx

from broker.reviews import reviews
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.life_event import LifeEvent
from schemas.move import Move
from tests.doors.office import Office, told

REASON = {"reason": "the morning's queue"}


def _unsure(office: Office, kind: type[LifeEvent] = Move) -> str:
    """A telling about somebody who holds a known number, but with another name and date of birth."""
    known = ContactChange.example().subject
    event = told(kind, subject__name={"forenames": "Quite", "surname": "Different"}, subject__nino=known.nino)
    event["subject"]["date_of_birth"] = "1951-01-01"
    reference = str(office.tell(event)["reference"])
    office.route()
    return reference


def _decide(office: Office, reference: str, who: str, **said: object) -> httpx.Response:
    with office.client(who) as reviewer:
        return reviewer.post(f"/api/v1/reviews/{reference}/decision", json=REASON | said)


def _look(office: Office, reference: str) -> dict[str, Any]:
    with office.client("reviewer") as reviewer:
        answer = reviewer.post(f"/api/v1/reviews/{reference}/look", json=REASON)
    assert answer.status_code == 200, answer.text
    case: dict[str, Any] = answer.json()
    return case


def test_what_waits_is_listed_without_personal_data(office: Office) -> None:
    reference = _unsure(office)
    with office.client("reviewer") as reviewer:
        listed = reviewer.get("/api/v1/reviews")
    assert [line["reference"] for line in listed.json()["items"]] == [reference]
    assert "Different" not in listed.text


def test_opening_a_case_shows_it_beside_its_records_and_is_audited_with_the_reason(office: Office) -> None:
    reference = _unsure(office)
    case = _look(office, reference)
    [record] = case["records"]
    rows = {row["field"]: row["agreement"] for row in record["rows"]}
    assert "agrees" in rows.values()
    assert "differs" in rows.values()
    assert ("reviewer", "review.shown") in [(actor, what) for actor, what, _ in office.audited()]


def test_a_record_that_is_the_person_sets_the_notification_going(office: Office) -> None:
    reference = _unsure(office)
    person = _look(office, reference)["records"][0]["person"]
    assert _decide(office, reference, "reviewer", answer="same", person=person).json() == {"settled": True}
    office.route()
    tracker = office.tracked(reference)
    assert tracker["progress"] == "routed"
    assert tracker["departments"]


def test_none_of_the_records_makes_it_somebody_unknown(office: Office) -> None:
    reference = _unsure(office)
    assert _decide(office, reference, "reviewer", answer="different").status_code == 200
    office.route()
    assert office.tracked(reference)["progress"] in ("routed", "held")
    assert _decide(office, reference, "reviewer", answer="different").status_code == 409


def test_a_reviewer_who_cannot_tell_says_what_the_caller_is_to_be_asked(office: Office) -> None:
    reference = _unsure(office)
    assert _decide(office, reference, "reviewer", answer="cannot_tell").status_code == 409
    answer = _decide(office, reference, "reviewer", answer="cannot_tell", ask="subject.date_of_birth")
    assert answer.json() == {"settled": True}
    tracker = office.tracked(reference)
    assert tracker["reason"]["code"] == "ask-the-caller"
    assert tracker["reason"]["missing"] == ["subject.date_of_birth"]


def test_a_death_is_decided_by_two_readers_who_agree(office: Office) -> None:
    reference = _unsure(office, Bereavement)
    person = _look(office, reference)["records"][0]["person"]
    assert _decide(office, reference, "reviewer", answer="same", person=person).json() == {"settled": False}
    assert _decide(office, reference, "reviewer", answer="same", person=person).status_code == 409
    assert office.tracked(reference)["progress"] == "held"
    second = _decide(office, reference, "second-reviewer", answer="same", person=person)
    assert second.json() == {"settled": True}
    office.route()
    assert office.tracked(reference)["progress"] == "routed"


def test_two_readers_who_disagree_begin_again(office: Office) -> None:
    reference = _unsure(office, Bereavement)
    person = _look(office, reference)["records"][0]["person"]
    _decide(office, reference, "reviewer", answer="same", person=person)
    assert _decide(office, reference, "second-reviewer", answer="different").json() == {"settled": False}
    assert _look(office, reference)["waits_for"] == "first reader"


def test_a_record_that_was_not_shown_cannot_be_chosen(office: Office) -> None:
    reference = _unsure(office)
    other = "00000000-0000-4000-8000-000000000000"
    assert _decide(office, reference, "reviewer", answer="same", person=other).status_code == 409


def test_when_the_directory_changes_what_waits_is_judged_again(office: Office) -> None:
    reference = _unsure(office)
    assert office.broker.store.write_now(lambda tx: reviews.judge_again(tx, office.broker.now())) == 1
    assert office.tracked(reference)["progress"] == "received"
    office.route()
    assert office.tracked(reference)["progress"] == "held"
    assert _look(office, reference)["waits_for"] == "first reader"
