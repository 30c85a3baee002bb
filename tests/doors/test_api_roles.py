"""Who may use which address: every role at every route."""

import httpx
import pytest

from broker.clients import Permission, Role
from broker.web.app import OPEN, ROUTERS
from schemas.move import Move
from tests.access import WHO
from tests.doors.office import COLLECTING, Office, told

NAMES = {
    "adviser": Role.ADVISER,
    "source": Role.SOURCE,
    "back-office": Role.BACK_OFFICE,
    "operator": Role.OPERATOR,
    "administrator": Role.ADMINISTRATOR,
    "reviewer": Role.REVIEWER,
    "protection": Role.PROTECTION,
}
DELIVERIES = f"/api/v1/departments/{COLLECTING}/deliveries"
ACKNOWLEDGEMENTS = f"/api/v1/departments/{COLLECTING}/acknowledgements"
NO_DELIVERY = f"{DELIVERIES}/00000000-0000-4000-8000-000000000000"
#: method, the route's path, an address of it, what may be done there, and the answer to a role that may
ROUTES: list[tuple[str, str, str, Permission, int]] = [
    ("POST", "/api/v1/life-events", "/api/v1/life-events", Permission.SUBMIT, 422),
    ("GET", "/api/v1/life-events/{reference}", "/api/v1/life-events/TUO-0000-0000-0000", Permission.TRACK, 404),
    (
        "GET",
        "/api/v1/life-events/{reference}/timeline",
        "/api/v1/life-events/TUO-0000-0000-0000/timeline",
        Permission.TRACK,
        404,
    ),
    ("GET", "/api/v1/departments/{department}/deliveries", DELIVERIES, Permission.COLLECT, 200),
    ("PUT", "/api/v1/departments/{department}/deliveries/{delivery}", NO_DELIVERY, Permission.COLLECT, 422),
    ("POST", "/api/v1/departments/{department}/acknowledgements", ACKNOWLEDGEMENTS, Permission.COLLECT, 422),
    ("GET", "/api/v1/departments", "/api/v1/departments", Permission.CONTRACTS, 200),
    ("GET", "/api/v1/schemas", "/api/v1/schemas", Permission.CONTRACTS, 200),
    ("GET", "/api/v1/schemas/{kind}/{variant}", "/api/v1/schemas/move/matched", Permission.CONTRACTS, 200),
    ("GET", "/api/v1/openapi.json", "/api/v1/openapi.json", Permission.CONTRACTS, 200),
    ("GET", "/api/v1/failures", "/api/v1/failures", Permission.FAILURES, 200),
    ("GET", "/api/v1/failures/{failure}", "/api/v1/failures/none", Permission.FAILURES, 404),
    ("POST", "/api/v1/failures/{failure}/answer", "/api/v1/failures/none/answer", Permission.REPLAY, 422),
    ("POST", "/api/v1/replays", "/api/v1/replays", Permission.REPLAY, 422),
    ("PUT", "/api/v1/failure-groups/{group}", "/api/v1/failure-groups/none", Permission.REPLAY, 404),
    ("GET", "/api/v1/dead-letters/{failure}", "/api/v1/dead-letters/none", Permission.FAILURES, 404),
    ("POST", "/api/v1/dead-letters/{failure}/raw", "/api/v1/dead-letters/none/raw", Permission.REVEAL, 422),
    ("POST", "/api/v1/dead-letters/{failure}/release", "/api/v1/dead-letters/none/release", Permission.REPLAY, 422),
    ("POST", "/api/v1/replay-plans", "/api/v1/replay-plans", Permission.PLAN, 422),
    ("GET", "/api/v1/replay-plans/{plan}", "/api/v1/replay-plans/none", Permission.FAILURES, 404),
    ("GET", "/api/v1/replay-plans/{plan}/items", "/api/v1/replay-plans/none/items", Permission.FAILURES, 404),
    ("GET", "/api/v1/runs", "/api/v1/runs", Permission.FAILURES, 200),
    ("POST", "/api/v1/runs", "/api/v1/runs", Permission.REPLAY, 422),
    ("GET", "/api/v1/runs/{run}", "/api/v1/runs/none", Permission.FAILURES, 404),
    ("GET", "/api/v1/runs/{run}/items", "/api/v1/runs/none/items", Permission.FAILURES, 404),
    ("POST", "/api/v1/runs/{run}/approval", "/api/v1/runs/R-00000000/approval", Permission.APPROVE, 422),
    ("POST", "/api/v1/runs/{run}/pause", "/api/v1/runs/R-00000000/pause", Permission.REPLAY, 422),
    ("POST", "/api/v1/runs/{run}/resume", "/api/v1/runs/R-00000000/resume", Permission.REPLAY, 422),
    ("POST", "/api/v1/runs/{run}/cancel", "/api/v1/runs/R-00000000/cancel", Permission.REPLAY, 422),
    ("GET", "/api/v1/departments/{department}", "/api/v1/departments/none", Permission.DEPARTMENTS, 404),
    (
        "POST",
        "/api/v1/departments/{department}/pause",
        "/api/v1/departments/none/pause",
        Permission.PAUSE,
        404,
    ),
    (
        "POST",
        "/api/v1/departments/{department}/resume",
        "/api/v1/departments/none/resume",
        Permission.PAUSE,
        404,
    ),
    ("GET", "/api/v1/calendar", "/api/v1/calendar", Permission.DEPARTMENTS, 200),
    (
        "POST",
        "/api/v1/life-events/{reference}/stop",
        "/api/v1/life-events/TUO-0000-0000-0000/stop",
        Permission.STOP,
        422,
    ),
    ("GET", "/api/v1/books", "/api/v1/books", Permission.BOOKS, 200),
    ("POST", "/api/v1/matches/preview", "/api/v1/matches/preview", Permission.SUBMIT, 422),
    ("GET", "/api/v1/reviews", "/api/v1/reviews", Permission.REVIEW, 200),
    ("POST", "/api/v1/reviews/{reference}/look", "/api/v1/reviews/TUO-0000-0000-0000/look", Permission.REVIEW, 422),
    (
        "POST",
        "/api/v1/reviews/{reference}/decision",
        "/api/v1/reviews/TUO-0000-0000-0000/decision",
        Permission.REVIEW,
        422,
    ),
    ("POST", "/api/v1/reviews/next", "/api/v1/reviews/next", Permission.REVIEW, 422),
    ("GET", "/api/v1/reviews/fairness", "/api/v1/reviews/fairness", Permission.REVIEW, 200),
    (
        "POST",
        "/api/v1/life-events/{reference}/relink",
        "/api/v1/life-events/TUO-0000-0000-0000/relink",
        Permission.REVIEW,
        422,
    ),
    (
        "GET",
        "/api/v1/life-events/{reference}/why",
        "/api/v1/life-events/TUO-0000-0000-0000/why",
        Permission.TRACK,
        404,
    ),
    ("POST", "/api/v1/people/search", "/api/v1/people/search", Permission.SEARCH, 422),
    ("GET", "/api/v1/protected", "/api/v1/protected", Permission.PROTECTED, 200),
    (
        "POST",
        "/api/v1/protected/{reference}/look",
        "/api/v1/protected/TUO-0000-0000-0000/look",
        Permission.PROTECTED,
        422,
    ),
    (
        "POST",
        "/api/v1/protected/{reference}/take",
        "/api/v1/protected/TUO-0000-0000-0000/take",
        Permission.PROTECTED,
        422,
    ),
    ("GET", "/api/v1/clients", "/api/v1/clients", Permission.CLIENTS, 200),
    ("POST", "/api/v1/clients", "/api/v1/clients", Permission.CLIENTS, 422),
    ("DELETE", "/api/v1/clients/{name}", "/api/v1/clients/nobody", Permission.CLIENTS, 404),
    ("GET", "/metrics", "/metrics", Permission.METRICS, 200),
]


def ask(sender: httpx.Client, method: str, address: str) -> httpx.Response:
    # The header keeps /metrics from taking this machine's own program for granted.
    headers = {"X-Forwarded-For": "192.0.2.1"}
    return sender.request(method, address, headers=headers, json={} if method in ("POST", "PUT") else None)


def test_the_table_below_knows_every_route() -> None:
    served = {(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert {(method, path) for method, path, *_ in ROUTES} | {("GET", path) for path in OPEN} == served


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("method", "path", "address", "permission", "answer"), ROUTES)
def test_a_role_gets_what_it_may_and_403_elsewhere(
    long_office: Office, name: str, method: str, path: str, address: str, permission: Permission, answer: int
) -> None:
    with long_office.client(name) as sender:
        response = ask(sender, method, address)
    assert response.status_code == (answer if NAMES[name] in WHO[permission] else 403), path


@pytest.mark.parametrize(("method", "path", "address", "permission", "answer"), ROUTES)
def test_without_a_good_key_nothing_is_answered(
    long_office: Office, method: str, path: str, address: str, permission: Permission, answer: int
) -> None:
    key = long_office.keys["administrator"]
    bad: list[list[tuple[str, str]]] = [
        [],
        [("Authorization", f"Bearer {key}x")],
        [("Authorization", f"Basic {key}")],
        [("Authorization", key)],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer " + "x" * 300)],
        [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")],
    ]
    with httpx.Client(base_url=long_office.url) as nobody:
        for headers in bad:
            forwarded = [*headers, ("X-Forwarded-For", "192.0.2.1")]
            response = nobody.request(method, address, headers=forwarded, json={} if method != "GET" else None)
            assert (response.status_code, response.json()["code"]) == (401, "not_signed_in"), path
            assert response.headers["www-authenticate"] == "Bearer"


def test_health_needs_no_key_and_metrics_none_on_this_machine(long_office: Office) -> None:
    with long_office.client(None) as nobody:
        assert [nobody.get(path).status_code for path in sorted(OPEN)] == [200, 200]
        assert "tuo_submissions_total" in nobody.get("/metrics").text


def test_what_is_not_here_and_what_is_not_yours_get_the_same_answer(long_office: Office) -> None:
    receipt = long_office.tell(told(Move))
    long_office.route()
    with long_office.client("back-office") as own, long_office.client("other-back-office") as other:
        delivery = own.get(DELIVERIES).json()["items"][0]
        assert delivery["notification"] == receipt["reference"]
        words = {"status": "success", "outcome": "accepted"}
        answers = [
            other.put(f"{DELIVERIES}/{delivery['id']}", json=words),
            other.put(NO_DELIVERY, json=words),
            other.put(f"/api/v1/departments/libraries/deliveries/{delivery['id']}", json=words),
            other.get(DELIVERIES),
            other.get("/api/v1/departments/nowhere/deliveries"),
            own.put(NO_DELIVERY, json=words),
            other.post(ACKNOWLEDGEMENTS, json={"items": [words | {"delivery": delivery["id"]}]}),
        ]
        assert own.get(DELIVERIES).json()["items"] == [delivery]
    bodies = [{**answer.json(), "correlation_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert bodies == [bodies[0]] * 7


def test_an_administrator_gives_a_key_and_takes_it_away(long_office: Office) -> None:
    wanted = {"name": "second-centre", "role": "adviser"}
    with long_office.client("administrator") as administrator:
        made = administrator.post("/api/v1/clients", json=wanted)
        assert made.status_code == 201
        signed = {"Authorization": f"Bearer {made.json()['key']}"}
        with long_office.client(None) as second:
            assert second.get("/api/v1/schemas", headers=signed).status_code == 200
        assert made.json()["key"] not in administrator.get("/api/v1/clients").text
        again = administrator.post("/api/v1/clients", json=wanted)
        assert (again.status_code, again.json()["code"]) == (422, "client_unsuitable")
        assert administrator.delete("/api/v1/clients/second-centre").status_code == 204
        assert administrator.delete("/api/v1/clients/second-centre").status_code == 404
        assert administrator.delete("/api/v1/clients/%00").status_code == 404
    assert ("administrator", "client.revoked", "second-centre") in long_office.audited()
