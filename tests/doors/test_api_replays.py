"""Plans and runs over the API: what is answered, to whom, and that a repeat does nothing twice."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from broker import clients
from broker.clients import Role
from broker.failures import burying
from broker.ports import utc_now
from broker.record import Record
from broker.tables import audit, delivery
from tests.broker.replays import fail_many, offered, serve, somebody
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import rows
from tests.doors.test_replay_story import Council, at_work, council

PLANS, RUNS = "/api/v1/replay-plans", "/api/v1/runs"
WANTED = {"wanted": {"cause": "refused"}, "reason": "the mapping is mended"}


@pytest.fixture
def here(tmp_path: Path) -> Any:  # noqa: ANN401 - a generator of one
    with council(tmp_path) as made:
        yield made


def fail(here: Council, people: int) -> list[str]:
    return asyncio.run(fail_many(here.broker, here.carrier, people))


def planned(sender: httpx.Client, body: dict[str, Any] | None = None) -> dict[str, Any]:
    made = sender.post(PLANS, json=body or WANTED)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{PLANS}/{made.json()['id']}"
    plan: dict[str, Any] = made.json()
    return plan


def begun(sender: httpx.Client, plan: dict[str, Any]) -> httpx.Response:
    return sender.post(RUNS, json={"plan": plan["id"], "digest": plan["digest"]})


def test_a_plan_is_begun_with_202_and_where_to_look_and_a_double_click_is_one_run(here: Council) -> None:
    failed = fail(here, 15)
    with here.client("operator") as sender:
        plan = planned(sender)
        first, second = begun(sender, plan), begun(sender, plan)
        assert [answer.status_code for answer in (first, second)] == [202, 202]
        place = first.headers["location"]
        assert (first.json()["id"], place) == (second.json()["id"], f"{RUNS}/{first.json()['id']}")
        with at_work(here):
            while sender.get(place).json()["state"] == "running":
                pass
        assert sender.get(place).json()["delivered"] == 15
        assert sorted(here.carrier.keys[15:]) == sorted(failed)
        page = sender.get(f"{place}/items", params={"limit": 10}).json()
        rest = sender.get(f"{place}/items", params={"limit": 10, "after": page["next"]}).json()
        assert (len(page["items"]), len(rest["items"]), rest["next"]) == (10, 5, None)
        assert [one["id"] for one in sender.get(RUNS).json()["items"]] == [first.json()["id"]]


def test_a_second_person_is_asked_for_at_every_door(here: Council) -> None:
    failed = fail(here, 51)
    with here.client("operator") as olu, here.client("priya") as priya:
        direct = olu.post("/api/v1/replays", json={"ids": failed, "reason": "all of them"})
        assert (direct.status_code, direct.json()["code"]) == (409, "needs_second_person")
        plan = planned(olu)
        run = begun(olu, plan).json()
        assert run["state"] == "approval"
        approval = f"{RUNS}/{run['id']}/approval"
        own = olu.post(approval, json={"digest": plan["digest"]})
        assert (own.status_code, own.json()["code"]) == (403, "same_person")
        other = priya.post(approval, json={"digest": "0" * 64})
        assert (other.status_code, other.json()["code"]) == (409, "digest_differs")
        assert priya.post(approval, json={"digest": plan["digest"]}).json()["state"] == "running"
        with here.client("sam") as sam:
            again = sam.post(approval, json={"digest": plan["digest"]})
        assert (again.status_code, again.json()["code"]) == (409, "not_waiting")
    assert offered(here.broker) == []


def test_what_a_department_said_by_telephone_ends_a_failure_once(here: Council) -> None:
    (failed,) = fail(here, 1)
    place, said = f"/api/v1/failures/{failed}/answer", {"said": "accepted", "reason": "Ms Lee, by telephone"}
    with here.client("operator") as sender:
        assert sender.post(place, json={**said, "said": "deferred"}).status_code == 422
        assert sender.post(place, json={"said": "accepted"}).status_code == 422
        assert sender.post(place, json=said).json() == {"standing": "settled"}
        assert sender.get("/api/v1/failures").json()["items"] == []
        again = sender.post(place, json=said)
        assert (again.status_code, again.json()["code"]) == (409, "not_waiting")
        assert sender.post("/api/v1/failures/none/answer", json=said).status_code == 404


def test_a_run_is_paused_resumed_and_cancelled(here: Council) -> None:
    fail(here, 5)
    with here.client("operator") as sender:
        run = begun(sender, planned(sender)).json()["id"]
        for word, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
            said = sender.post(f"{RUNS}/{run}/{word}", json={"reason": "trying it"})
            assert (said.status_code, said.json()["state"]) == (200, state)
        late = sender.post(f"{RUNS}/{run}/resume", json={"reason": "trying it"})
        assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
        assert late.headers["content-type"].startswith("application/problem+json")
        assert sender.post(f"{RUNS}/{run}/pause", json={}).status_code == 422
        assert sender.post(f"{RUNS}/R-00000000/pause", json={"reason": "x"}).status_code == 404
        assert sender.post(RUNS, json={"plan": "P-00000000", "digest": "0" * 64}).status_code == 404


def test_what_was_told_and_is_erased_is_refused_by_name(here: Council) -> None:
    failed = fail(here, 1)
    here.broker.store.write_now(lambda tx: tx.execute(update(delivery).values(letter=b"")).rowcount)
    with here.client("operator") as sender:
        direct = sender.post("/api/v1/replays", json={"ids": failed, "reason": "again"})
        through_a_plan = begun(sender, planned(sender))
    for answer in (direct, through_a_plan):
        assert (answer.status_code, answer.json()["code"]) == (409, "body_erased")
    assert len(here.carrier.keys) == 1


def test_a_back_office_may_plan_for_itself_and_for_nobody_else(here: Council) -> None:
    failed = fail(here, 2)
    other = a_delivery(77, of=somebody(77), department="parking")
    open_all(here.broker, other)
    store = here.broker.store
    store.write_now(
        lambda tx: tx.execute(update(delivery).where(delivery.c.id == other.id).values(outcome="refused")).rowcount
    )
    adding = clients.add("parking-office", Role.BACK_OFFICE, "parking", utc_now(), actor="test")
    key = store.write_now(adding)
    with httpx.Client(base_url=here.url, headers={"Authorization": f"Bearer {key}"}) as sender:
        plan = planned(sender, {"reason": "we are back"})
        assert (plan["goes_on"], plan["departments"]) == (1, ["parking"])
        by_id = planned(sender, {"ids": failed, "reason": "we are back"})
        assert (by_id["goes_on"], by_id["skipped"][0]["because"].startswith("not for this role")) == (0, True)
        assert begun(sender, plan).status_code == 403
        edit = {"ids": [other.id], "edit": {"postcode": "AA9 9ZZ"}, "reason": "we are back"}
        assert sender.post(PLANS, json=edit).status_code == 403


def test_the_bytes_of_a_dead_letter_are_given_with_a_reason_and_a_row_in_the_audit(here: Council) -> None:
    record = Record(topic="life-events", partition=0, position=3, key=b"k", value=b"\xff\xfe", headers={"h": b"1"})
    asyncio.run(burying.bury(record, "invalid_json", here.broker))
    with here.client("operator") as sender:
        place = "/api/v1/dead-letters/dead-letter-1"
        described = sender.get(place).json()
        assert (described["value"], described["headers"]) == ("2 bytes, not JSON", {"h": 1})
        assert sender.post(f"{place}/raw", json={}).status_code == 422
        raw = sender.post(f"{place}/raw", json={"reason": "to mend the feed"}).json()
        assert base64.b64decode(raw["value"]) == b"\xff\xfe"
        assert sender.post(f"{place}/release", json={"reason": "x"}).status_code == 404
        noted = [row.said for row in rows(here.broker.store, audit) if row.what == "letter.revealed"]
        assert noted == ["to mend the feed"]


@pytest.mark.parametrize(
    "body",
    [
        {"reason": ""},
        {"reason": "x\u0007y"},
        {"reason": "x", "ids": ["../../etc"]},
        {"reason": "x", "wanted": {"department": "Council Tax"}},
        {"reason": "x", "wanted": {"since": "yesterday"}},
        {"reason": "x", "wanted": {"group": "G-1"}},
        {"reason": "x", "edit": {"a": 1}},
        {"reason": "x", "more": 1},
        {},
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_field_by_field(here: Council, body: dict[str, Any]) -> None:
    with here.client("operator") as sender:
        refused = sender.post(PLANS, json=body)
        assert (refused.status_code, bool(refused.json()["fields"])) == (422, True)
        for query in ("page=-1", "after=-7", "limit=100000", "limit=0", "state=none"):
            assert sender.get(f"{PLANS}/P-00000000/items?{query}").status_code in (200, 422)


def test_failures_are_filtered_and_a_cause_is_noted_over_the_api(here: Council) -> None:
    failed = fail(here, 3)
    asyncio.run(serve(here.broker, here.carrier, failed))
    with here.client("operator") as sender:
        (group,) = sender.get("/api/v1/failures").json()["groups"]
        assert (group["count"], group["persons"], group["owner"]) == (3, 3, None)
        noted = sender.put(f"/api/v1/failure-groups/{group['id']}", json={"owner": "Jo", "note": "ticket 4411"})
        assert noted.status_code == 204
        found = sender.get("/api/v1/failures", params={"group": group["id"], "limit": 2}).json()
        assert ([one["owner"] for one in found["groups"]], len(found["items"])) == (["Jo"], 2)
        later = sender.get("/api/v1/failures", params={"since": "2100-01-01T00:00:00Z"}).json()
        assert later == {"groups": [], "items": []}
