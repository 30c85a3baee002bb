"""A back office collects its letters, in order, and acknowledges each."""

from typing import Any

import pytest

from broker import ledger
from schemas.bereavement import Bereavement
from schemas.move import Move
from tests.doors.office import COLLECTING, Office, told

DELIVERIES = f"/api/v1/departments/{COLLECTING}/deliveries"
REFERRED = {
    "status": "success",
    "outcome": "referred",
    "receipt": "ER-000001",
    "reason": "invited-to-register",
    "question": None,
    "by": "2026-12-12",
}


def waiting(office: Office, limit: int = 20) -> list[dict[str, Any]]:
    with office.client("back-office") as back_office:
        page = back_office.get(DELIVERIES, params={"limit": limit})
    assert page.status_code == 200
    items: list[dict[str, Any]] = page.json()["items"]
    return items


def answer(office: Office, delivery: str, words: object) -> tuple[int, str]:
    with office.client("back-office") as back_office:
        said = back_office.put(f"{DELIVERIES}/{delivery}", json=words)
    return said.status_code, said.json()["code"] if said.content else ""


def answer_page(office: Office, *answers: dict[str, object]) -> tuple[int, dict[str, Any]]:
    with office.client("back-office") as back_office:
        said = back_office.post(f"/api/v1/departments/{COLLECTING}/acknowledgements", json={"items": answers})
    return said.status_code, said.json()


def standing(office: Office, delivery: str) -> tuple[str, str | None]:
    row = office.broker.store.read_now(lambda tx: ledger.find(tx, delivery))
    assert row is not None
    return row.standing, row.outcome


def test_looking_consumes_nothing_and_a_person_s_letters_come_one_by_one(office: Office) -> None:
    first = office.tell(told(Move))["reference"]
    second = office.tell(told(Move, new_address__lines=["4 Elm Court", "Anytown"]))["reference"]
    somebody_else = office.tell(told(Bereavement))["reference"]
    office.route()
    assert [item["notification"] for item in waiting(office)] == [first, somebody_else]
    assert waiting(office) == waiting(office)
    assert [item["notification"] for item in waiting(office, 1)] == [first]
    assert answer(office, waiting(office)[0]["id"], REFERRED) == (204, "")
    assert [item["notification"] for item in waiting(office)] == [second, somebody_else]


def test_an_answer_reaches_the_adviser_in_the_department_s_own_words(office: Office) -> None:
    address = office.tell(told(Move))["status_url"]
    office.route()
    answer(office, waiting(office)[0]["id"], REFERRED)
    with office.client() as adviser:
        lines = {line["department"]: line for line in adviser.get(address).json()["departments"]}
    line = lines[COLLECTING]
    assert (line["standing"], line["outcome"], line["receipt"]) == ("settled", "referred", "ER-000001")
    assert line["by"] == "2026-12-12"
    assert line["sentence"] == "They will write to you by 12 December 2026. Their reference is ER-000001."
    assert waiting(office) == []


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        (REFERRED, "delivery.answered"),
        ({"status": "success", "outcome": "awaited"}, "delivery.answered"),
        ({"status": "failure", "outcome": "deferred", "reason": "unavailable"}, "delivery.retrying"),
    ],
)
def test_an_acknowledgement_sent_twice_is_taken_twice_and_acted_on_once(
    office: Office, words: dict[str, object], noted: str
) -> None:
    office.tell(told(Move))
    office.route()
    delivery = waiting(office)[0]["id"]
    assert [answer(office, delivery, words) for _ in range(3)] == [(204, "")] * 3
    assert [what for _, what, about in office.audited() if about == delivery] == [noted]


def test_another_answer_than_the_one_that_stands_is_refused(office: Office) -> None:
    office.tell(told(Move))
    office.route()
    delivery = waiting(office)[0]["id"]
    accepted = {"status": "success", "outcome": "accepted", "receipt": "ER-000002", "reason": "not-kept-for-this"}
    assert answer(office, delivery, accepted) == (204, "")
    assert answer(office, delivery, accepted) == (204, "")
    others = [REFERRED, {**accepted, "receipt": "ER-9"}, {"outcome": "deferred"}, {"outcome": "awaited"}]
    for other in others:
        assert answer(office, delivery, other) == (409, "answered_otherwise")
    assert standing(office, delivery) == ("settled", "accepted")


def test_a_page_of_answers_is_taken_each_for_itself_and_may_be_sent_again(office: Office) -> None:
    for event in (Move, Bereavement):
        office.tell(told(event))
    office.route()
    moved, died = [{**REFERRED, "delivery": letter["id"]} for letter in waiting(office)]
    nobody_s: dict[str, Any] = {**REFERRED, "delivery": "00000000-0000-4000-8000-000000000000"}
    page = (moved, nobody_s, died, moved, {**died, "receipt": "ER-9"})
    became = ["taken", "unknown", "taken", "taken", "answered_otherwise"]
    for _ in range(2):
        status, said = answer_page(office, *page)
        assert (status, [one["result"] for one in said["items"]]) == (200, became)
    assert [standing(office, str(one["delivery"])) for one in (moved, died)] == [("settled", "referred")] * 2
    assert [what for _, what, about in office.audited() if about == moved["delivery"]] == ["delivery.answered"]


def test_of_a_page_that_cannot_be_read_nothing_is_taken_and_every_fault_is_named(office: Office) -> None:
    office.tell(told(Move))
    office.route()
    letter = waiting(office)[0]["id"]
    good = {**REFERRED, "delivery": letter}
    for bad, fields in (
        ({**good, "status": "failure"}, ["items.1.status"]),
        ({**good, "delivery": "all"}, ["items.1.delivery"]),
        ({**good, "outcome": "perhaps"}, ["items.1.outcome"]),
    ):
        status, refused = answer_page(office, good, bad)
        assert (status, [one["field"] for one in refused["fields"]]) == (422, fields)
    assert answer_page(office)[0] == answer_page(office, *[good] * 101)[0] == 422
    assert standing(office, letter) == ("handed_over", None)


def test_an_answer_that_comes_later_follows_the_one_that_said_so(office: Office) -> None:
    office.tell(told(Move))
    office.route()
    delivery = waiting(office)[0]["id"]
    assert answer(office, delivery, {"status": "success", "outcome": "awaited"}) == (204, "")
    assert standing(office, delivery) == ("awaited", "awaited")
    assert waiting(office) == []
    assert answer(office, delivery, REFERRED) == (204, "")
    assert standing(office, delivery) == ("settled", "referred")


def test_a_letter_that_is_put_off_comes_back_at_its_hour(office: Office) -> None:
    office.tell(told(Move))
    office.route()
    delivery = waiting(office)[0]["id"]
    put_off = {"status": "failure", "outcome": "deferred", "reason": "unavailable"}
    assert answer(office, delivery, put_off) == (204, "")
    assert standing(office, delivery) == ("retrying", None)
    assert waiting(office) == []
    row = office.broker.store.read_now(lambda tx: ledger.find(tx, delivery))
    assert row is not None
    assert row.reason == "unavailable"
    office.broker.store.write_now(lambda tx: ledger.offer_due(tx, row.due_at, office.broker.timing))
    assert [item["id"] for item in waiting(office)] == [delivery]


def test_a_question_for_the_caller_is_shown_to_the_adviser(office: Office) -> None:
    address = office.tell(told(Move))["status_url"]
    office.route()
    question = {"field": "occurred_on", "ask": "On what date did they move?"}
    words = {"status": "success", "outcome": "needs_information", "question": question}
    assert answer(office, waiting(office)[0]["id"], words) == (204, "")
    with office.client() as adviser:
        line = adviser.get(address).json()["departments"][0]
    assert line["question"] == question
    assert line["sentence"].endswith("On what date did they move?")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "missing"),
        ({"outcome": "perhaps"}, "unknown_value"),
        ({"outcome": "accepted", "status": "failure"}, "status_disagrees"),
        ({"outcome": "refused", "status": "success"}, "status_disagrees"),
        ({"outcome": "refused", "reason": "Mr Okafor is not here"}, "invalid"),
        ({"outcome": "referred", "by": "12/12/2026"}, "invalid"),
        ({"outcome": "referred", "by": "2026-02-30"}, "wrong_type"),
        ({"outcome": "accepted", "receipt": "x" * 256}, "too_long"),
        ({"outcome": "deferred", "again_at": "soon"}, "wrong_type"),
    ],
)
def test_an_acknowledgement_that_cannot_be_read_leaves_the_letter_where_it_is(
    office: Office, words: dict[str, object], code: str
) -> None:
    office.tell(told(Move))
    office.route()
    delivery = waiting(office)[0]["id"]
    assert answer(office, delivery, words) == (422, code)
    assert [item["id"] for item in waiting(office)] == [delivery]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "9" * 5000])
def test_a_limit_that_is_none_is_refused(long_office: Office, limit: str) -> None:
    with long_office.client("back-office") as back_office:
        refused = back_office.get(DELIVERIES, params={"limit": limit})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_parameter")
    assert [one["field"] for one in refused.json()["fields"]] == ["limit"]
    assert "many" not in refused.text
    assert "99999" not in refused.text


def test_that_letters_were_collected_is_in_the_audit(office: Office) -> None:
    assert waiting(office) == []
    office.tell(told(Move))
    office.route()
    waiting(office)
    assert office.audited().count(("back-office", "deliveries.collected", COLLECTING)) == 1
