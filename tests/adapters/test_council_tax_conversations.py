"""How Council Tax is spoken to: what goes over the wire, and what every answer of its contract means."""

import json
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from adapters.council_tax import adapter
from broker.adapter import CrashMode, HandOver
from broker.outcome import Accepted, Deferred, Heard, NeedsInformation, NotHeld, Outcome, Referred, Refused, Unheard
from schemas.outcome import Question
from tests.adapters.told import DELIVERY, FULL, event, facts

COLLECTIONS = {
    "move": "moves",
    "bereavement": "deaths",
    "name_change": "name-changes",
    "joins_household": "households",
    "leaves_household": "households",
    "work_change": "disregards",
    "contact_change": "contacts",
    "withdrawal": "withdrawals",
}
#: the fields that the contract takes, by collection, besides those of every change
EVERY = "person reference revision sequence told_at corrects account name safety"
TAKES = {
    "moves": "move moved_on from to emptied_on furnished_on adults liable_with liable_at_new tenure tenancy_starts_on"
    " tenancy_ends_on landlord single_person_discount previous_council contact",
    "deaths": "died_on address adults_remaining survivor executor left_empty",
    "name-changes": "new_name previous_name changed_on partner partner_moved_in_on",
    "households": "change on other adult disregard adults_now forwarding",
    "disregards": "class change on",
    "contacts": "phone email language preferred post_to",
    "withdrawals": "withdraws",
}


def told(kind: str) -> tuple[httpx.Request, Any]:
    """The request that a conversation begins with, and the conversation waiting for its answer."""
    life_event = event(kind)
    telling = adapter.telling(type(life_event))
    assert telling is not None
    assert telling.talk is not None
    conversation = telling.talk(telling.sees.of(facts(life_event)))
    return next(conversation), conversation


def answer_to(conversation: Any, response: httpx.Response) -> Heard | None:  # noqa: ANN401
    with pytest.raises(StopIteration) as end:
        conversation.send(response)
    heard: Heard | None = end.value.value
    return heard


def heard(response: httpx.Response) -> Heard | None:
    return answer_to(told("move")[1], response)


def test_it_is_called_and_asked_by_our_key_before_a_second_try() -> None:
    assert adapter.hand_over is HandOver.CALLED
    assert adapter.crash_mode is CrashMode.VERIFY
    assert adapter.verify is not None


@pytest.mark.parametrize(("kind", "collection"), COLLECTIONS.items())
def test_each_life_event_goes_to_its_collection_with_only_fields_that_it_takes(kind: str, collection: str) -> None:
    request, _ = told(kind)
    assert request.method == "POST"
    assert request.url.raw_path == f"/revenues/v1/changes/{collection}".encode()
    body = json.loads(request.content)
    assert set(body) <= set(f"{EVERY} {TAKES[collection]}".split())
    assert {"person", "reference", "revision", "sequence", "told_at"} <= set(body)
    assert "null" not in request.content.decode()


def test_a_move_says_from_where_to_where_and_when() -> None:
    body = json.loads(told("move")[0].content)
    assert body["move"] == "within"
    assert body["moved_on"] == "2026-10-05"
    assert body["from"] == {"lines": ["3 Old Road", "Oldtown"], "postcode": "AA3 3AB", "uprn": "88000317"}
    assert body["to"]["lines"] == ["4 New Road", "Newtown"]
    assert body["liable_with"] == [{"forenames": "Foremate", "surname": "Surmate"}]
    assert body["told_at"] == "2026-10-27T09:31:07Z"


@pytest.mark.parametrize(("kind", "change"), [("joins_household", "joins"), ("leaves_household", "leaves")])
def test_a_change_of_household_says_which(kind: str, change: str) -> None:
    assert json.loads(told(kind)[0].content)["change"] == change


def test_a_disregard_is_told_by_its_class() -> None:
    body = json.loads(told("work_change")[0].content)
    assert (body["class"], body["change"]) == ("student", "ended")


def test_a_withdrawal_names_the_change_by_our_key_and_says_nothing_else() -> None:
    body = json.loads(told("withdrawal")[0].content)
    assert body["withdraws"] == DELIVERY
    assert set(body) == {"person", "reference", "revision", "sequence", "told_at", "withdraws"}


def test_the_same_facts_are_the_same_bytes_on_every_try() -> None:
    assert all(told(kind)[0].content == told(kind)[0].content for kind in COLLECTIONS)


def test_what_waited_as_a_letter_is_told_as_it_was_first_seen() -> None:
    for kind in COLLECTIONS:
        life_event = event(kind)
        telling = adapter.telling(type(life_event))
        assert telling is not None
        assert telling.talk is not None
        seen = telling.sees.of(facts(life_event))
        kept = telling.sees.model_validate_json(json.dumps(seen.model_dump(mode="json", exclude_none=True)))
        assert next(telling.talk(kept)).content == next(telling.talk(seen)).content


# -- answers

QUESTION = {"field": "moved_on", "ask": "On what date did they move?"}
ANSWERS: list[tuple[int, dict[str, Any], Outcome]] = [
    (201, {"result": "applied", "receipt": "CT-000123", "account": "990000123"}, Accepted(receipt="CT-000123")),
    (
        202,
        {"result": "queued-for-officer", "receipt": "CT-9", "by": "2026-07-10", "reason": "benefit-on-account"},
        Referred(by=date(2026, 7, 10), receipt="CT-9", reason="benefit-on-account"),
    ),
    (202, {"result": "pending", "again_at": "2026-07-01T09:00:02+00:00"}, Deferred(reason="pending")),
    (404, {"result": "no-account"}, NotHeld()),
    (404, {"result": "no-such-change"}, NotHeld()),
    (
        409,
        {"result": "needs-information", "question": QUESTION, "by": "2026-07-29"},
        NeedsInformation(question=Question(field="moved_on", ask="On what date did they move?")),
    ),
    (422, {"result": "refused", "reason": "too-long", "field": "name"}, Refused(reason="too-long")),
    # Final, and nothing was done: it came after what takes it back, or puts it right.
    (422, {"result": "refused", "reason": "withdrawn-before-it-came"}, Refused(reason="withdrawn-before-it-came")),
    (422, {"result": "refused", "reason": "corrected-before-it-came"}, Refused(reason="corrected-before-it-came")),
    (422, {"result": "refused", "reason": "Ada Penhaligon"}, Refused(reason="not-said")),
]


@pytest.mark.parametrize(("status", "body", "outcome"), ANSWERS)
def test_every_answer_of_the_contract_is_heard(status: int, body: dict[str, Any], outcome: Outcome) -> None:
    assert heard(httpx.Response(status, json=body)) == outcome
    assert heard(httpx.Response(status, json={**body, "repeat": True})) == outcome


def test_a_change_not_decided_yet_is_asked_for_again_after_the_time_they_say() -> None:
    response = httpx.Response(202, json={"result": "pending"}, headers={"Retry-After": "90"})
    assert heard(response) == Deferred(reason="pending", after=timedelta(seconds=90))


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>Welcome to Revenues</html>"),
        httpx.Response(200, json={"result": "applied", "receipt": "CT-1"}),  # applied is said with 201
        httpx.Response(201, json={"result": "applied"}),  # no receipt
        httpx.Response(201, json={"result": "applied", "receipt": ""}),
        httpx.Response(201, json={"result": "applied", "receipt": 123}),
        httpx.Response(201, json=["applied"]),
        httpx.Response(201, text='{"result": "applied", "rece'),
        httpx.Response(201, content=b"\xff\xfe\x00"),
        httpx.Response(202, json={"result": "queued-for-officer", "receipt": "CT-1", "by": "soon"}),
        httpx.Response(202, json={"result": "applied", "receipt": "CT-1"}),
        httpx.Response(202, json={"result": "applied", "receipt": "CT-1", "answered": 201}),  # only 200 remembers
        httpx.Response(404, text="<html>no such page</html>"),
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(404, json={"result": "never-seen"}),  # the answer to an inquiry, not to a change
        httpx.Response(409, json={"result": "needs-information", "question": "when?"}),
        httpx.Response(409, json={"result": "needs-information"}),
        httpx.Response(422, json={"detail": "unprocessable"}),
        httpx.Response(204),
    ],
    ids=lambda response: f"{response.status_code} {response.text[:30]!r}",
)
def test_an_answer_that_is_not_in_the_contract_tells_nothing(response: httpx.Response) -> None:
    assert isinstance(heard(response), Unheard)


# -- what became of a change


def asked_about(response: httpx.Response) -> Heard | None:
    assert adapter.verify is not None
    inquiry = adapter.verify(DELIVERY)
    request = next(inquiry)
    assert (request.method, request.url.raw_path) == ("GET", f"/revenues/v1/changes/{DELIVERY}".encode())
    return answer_to(inquiry, response)


@pytest.mark.parametrize(
    ("status", "body", "outcome"), [answer for answer in ANSWERS if answer[1]["result"] != "pending"]
)
def test_what_was_answered_before_is_heard_when_we_ask_by_our_key(
    status: int, body: dict[str, Any], outcome: Outcome
) -> None:
    assert asked_about(httpx.Response(200, json={**body, "repeat": True, "answered": status})) == outcome


def test_a_key_that_was_never_seen_is_safe_to_send() -> None:
    assert asked_about(httpx.Response(404, json={"result": "never-seen"})) is None


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, text="gone fishing"),
        httpx.Response(404, json={"result": "unknown-page"}),
        httpx.Response(200, text="OK"),
        httpx.Response(200, json={"result": "never-seen"}),
        httpx.Response(200, json={"result": "applied", "receipt": "CT-1", "answered": "201"}),
    ],
    ids=lambda response: f"{response.status_code} {response.text[:30]!r}",
)
def test_only_their_own_word_makes_a_key_never_seen(response: httpx.Response) -> None:
    assert isinstance(asked_about(response), Unheard)


def test_an_inquiry_about_a_change_not_decided_yet_waits() -> None:
    assert asked_about(httpx.Response(202, json={"result": "pending"})) == Deferred(reason="pending")


def test_the_full_life_events_cover_every_kind_that_council_tax_is_told_of() -> None:
    assert {telling.kind.kind for telling in adapter.tellings} == set(COLLECTIONS) <= set(FULL)
