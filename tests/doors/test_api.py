"""Telling and tracking over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import func, select

from broker.settings import Settings
from broker.store import Store
from broker.tables import event, outbox
from broker.web.app import make_app
from schemas.contact_change import ContactChange
from schemas.move import Move
from tests.doors.office import Office, broker_over, served, told

EVENTS = "/api/v1/life-events"


def written_down(office: Office) -> tuple[int, int]:
    """How many notifications, and how many rows in the outbox."""
    events, letters = (select(func.count()).select_from(table) for table in (event, outbox))
    return office.broker.store.read_now(lambda tx: (tx.execute(events).scalar_one(), tx.execute(letters).scalar_one()))


def test_a_life_event_is_answered_with_202_once_it_is_written_down(office: Office) -> None:
    with office.client() as adviser:
        answer = adviser.post(EVENTS, json=told(Move))
        assert answer.status_code == 202
        receipt = answer.json()
        assert answer.headers["location"] == receipt["status_url"] == f"{EVENTS}/{receipt['reference']}"
        assert (receipt["repeat"], receipt["warnings"]) == (False, [])
        assert written_down(office) == (1, 1)
        assert ("adviser", "notification.recorded", receipt["id"]) in office.audited()
        shown = adviser.get(answer.headers["location"]).json()
    assert (shown["progress"], shown["complete"], shown["departments"]) == ("received", False, [])


def test_the_same_key_twenty_times_at_once_is_one_notification(office: Office) -> None:
    with ThreadPoolExecutor(20) as advisers:
        receipts = list(advisers.map(lambda _: office.tell(told(Move), "key-1"), range(20)))
    assert len({receipt["id"] for receipt in receipts}) == 1
    assert sorted(receipt["repeat"] for receipt in receipts) == [False] + [True] * 19
    assert written_down(office) == (1, 1)


def test_the_same_key_for_another_event_is_refused_and_the_first_stands(office: Office) -> None:
    first = office.tell(told(Move), "key-1")
    with office.client() as adviser:
        again = adviser.post(EVENTS, json=told(ContactChange), headers={"Idempotency-Key": "key-1"})
    assert (again.status_code, again.json()["code"]) == (409, "key_reused")
    assert written_down(office) == (1, 1)
    assert office.tell(told(Move), "key-1") == {**first, "repeat": True}
    assert ("adviser", "notification.refused", "key_reused") in office.audited()


@pytest.mark.parametrize("key", ["key-1", None])
def test_the_same_meaning_in_other_white_space_and_order_is_the_same_telling(office: Office, key: str | None) -> None:
    first = office.tell(told(Move), key)
    headers = {"Content-Type": "application/json; charset=utf-8"} | ({"Idempotency-Key": key} if key else {})
    other = json.dumps(dict(reversed(told(Move).items())), indent=3).encode()
    with office.client() as adviser:
        again = adviser.post(EVENTS, content=other, headers=headers)
    assert again.json() == {**first, "repeat": True}


def test_the_same_key_of_another_program_is_another_telling(office: Office) -> None:
    first = office.tell(told(Move), "key-1")
    with office.client("source") as source:
        second = source.post(EVENTS, json=told(Move), headers={"Idempotency-Key": "key-1"})
    assert second.json()["id"] != first["id"]


def test_a_cloudevents_envelope_is_read_as_one(office: Office) -> None:
    envelope = {
        "specversion": "1.0",
        "id": "letter-1",
        "source": "urn:example:registrar",
        "type": "uk.tell-us-once.life-event.move.v1",
        "data": told(Move),
    }
    with office.client("source") as source:
        headers = {"Content-Type": "application/cloudevents+json"}
        answers = [source.post(EVENTS, content=json.dumps(envelope), headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.json()["repeat"] for answer in answers] == [False, True]


def test_a_date_that_is_odd_is_taken_with_a_warning(office: Office) -> None:
    receipt = office.tell(told(Move, subject__date_of_birth="1895-01-01"))
    assert [(warning["field"], warning["code"]) for warning in receipt["warnings"]] == [
        ("subject.date_of_birth", "date_unusual")
    ]


@pytest.mark.parametrize("field", ["corrects", "withdraws"])
def test_what_corrects_or_withdraws_nothing_is_refused_by_its_field(office: Office, field: str) -> None:
    body = told(Move, corrects="TUO-0000-0000-0000")
    if field == "withdraws":
        body = {"kind": "withdrawal", "subject": body["subject"], "occurred_on": body["occurred_on"]}
        body |= {"withdraws": "TUO-0000-0000-0000", "reason": "did_not_happen"}
    with office.client() as adviser:
        answer = adviser.post(EVENTS, json=body)
    assert answer.status_code == 422, answer.text
    assert [(one["field"], one["code"]) for one in answer.json()["fields"]] == [(field, "earlier_not_found")]
    assert written_down(office) == (0, 0)


def test_a_tracker_is_sent_again_only_when_it_changed(office: Office) -> None:
    address = office.tell(told(Move))["status_url"]
    with office.client() as adviser:
        first = adviser.get(address)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        for sent in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            unchanged = adviser.get(address, headers={"If-None-Match": sent})
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert unchanged.headers["etag"] == tag
        office.route()
        changed = adviser.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert [line["department"] for line in changed.json()["departments"]] == [
        "electoral-registration",
        "housing-benefit",
    ]


def test_a_timeline_tells_every_step_in_order(office: Office) -> None:
    receipt = office.tell(told(Move))
    office.route()
    with office.client() as adviser:
        items = adviser.get(f"{receipt['status_url']}/timeline").json()["items"]
        in_small_letters = adviser.get(f"{receipt['status_url'].replace('TUO', 'tuo')}/timeline")
    assert [item["step"] for item in items] == ["intake", "match", "validate", "route", "route", "route"]
    assert items[-1]["said"] == "Not told: They hold no address."
    assert in_small_letters.json()["items"] == items


@pytest.mark.parametrize("reference", ["TUO-0000-0000-0000", "TUO-%00", "lost", "QQ123456C", "%F0%9F%92%A9", "'--"])
def test_a_reference_that_is_not_here_is_not_found_whatever_it_looks_like(office: Office, reference: str) -> None:
    with office.client() as adviser:
        for address in (f"{EVENTS}/{reference}", f"{EVENTS}/{reference}/timeline"):
            answer = adviser.get(address)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            assert reference not in answer.text


def test_a_database_that_is_away_is_answered_with_503_and_when_to_come_back() -> None:
    with Store("postgresql+psycopg://nobody@127.0.0.1:1/none") as store:
        app = make_app(broker_over(store), Settings())
        with served(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as adviser:
            answers = [
                adviser.post(EVENTS, json=told(Move), headers={"Authorization": "Bearer tuo_a"}),
                adviser.get("/health/ready"),
            ]
            assert adviser.get("/health/live").json() == {"status": "ok"}
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"


def test_departments_are_shown_with_what_each_sees_and_why(office: Office) -> None:
    with office.client("source") as source:
        items = source.get("/api/v1/departments").json()["items"]
    electoral = next(item for item in items if item["department"] == "electoral-registration")
    assert electoral["hand_over"] == "collects"
    seen = [{"field": "occurred_on", "why": "to date the change"}]
    assert electoral["told_of"] == [{"kind": "move", "sees": seen}, {"kind": "bereavement", "sees": seen}]


def test_every_published_schema_is_where_the_list_says(office: Office) -> None:
    with office.client("source") as source:
        items = source.get("/api/v1/schemas").json()["items"]
        assert len(items) == 30
        for item in items:
            answer = source.get(item["url"])
            assert answer.headers["content-type"] == "application/schema+json"
            assert answer.json()["properties"]["kind"]["const"] == item["kind"]
        assert source.get("/api/v1/schemas/move/guessed").status_code == 404
        assert source.get("/api/v1/schemas/lottery/matched").status_code == 404


def test_every_answer_is_safe_to_show_and_can_be_quoted(office: Office) -> None:
    with office.client() as adviser:
        answers = [adviser.get("/api/v1/schemas"), adviser.get("/nowhere"), adviser.get("/health/live")]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
    assert len({answer.headers["x-correlation-id"] for answer in answers}) == 3
    assert answers[1].json()["correlation_id"] == answers[1].headers["x-correlation-id"]


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:tell-us-once:problem:{document['code']}"
    assert document["title"]
    assert document["detail"].endswith(".")
    return answer.status_code, document["code"]


def test_every_refusal_is_a_problem_document(office: Office) -> None:
    with office.client() as adviser, office.client(None) as nobody:
        assert problem_of(adviser.get("/nowhere")) == (404, "not_found")
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "BREW"):
            refused = adviser.request(method, EVENTS, headers={"Content-Type": "application/json"})
            assert problem_of(refused) == (405, "method_not_allowed")
            assert refused.headers["allow"] == "POST"
        assert problem_of(nobody.post(EVENTS, json=told(Move))) == (401, "not_signed_in")
        assert problem_of(adviser.get("/api/v1/clients")) == (403, "not_allowed")
        assert problem_of(adviser.post(EVENTS, content=b"{", headers={"Content-Type": "application/json"})) == (
            400,
            "invalid_json",
        )
        assert problem_of(adviser.post(EVENTS, json={"kind": "lottery"})) == (422, "unknown_kind")
        assert problem_of(adviser.post(EVENTS, json={}, headers={"Content-Type": "text/plain"})) == (
            415,
            "unsupported_media_type",
        )
