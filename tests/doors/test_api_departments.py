"""How departments do, a pause with an end, the calendar, and one word that stops: as an operator asks from afar."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from schemas.bereavement import Bereavement
from schemas.move import Move
from tests.doors.office import COLLECTING, SUBSCRIBING, Office, open_office, told

ONE = f"/api/v1/departments/{SUBSCRIBING}"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def test_a_paused_department_is_not_told_until_it_is_resumed(office: Office) -> None:
    until = (datetime.now(UTC) + timedelta(hours=4)).isoformat()
    with office.client("operator") as operator:
        paused = operator.post(f"{ONE}/pause", json={"reason": "planned work", "until": until})
        assert paused.status_code == 200
        assert {name: paused.json()[name] for name in ("condition", "reason", "paused_by")} == {
            "condition": "paused",
            "reason": "planned work",
            "paused_by": "operator",
        }
        told_of = office.tell(told(Move))
        office.route()
        with office.client() as adviser:
            lines = adviser.get(told_of["status_url"]).json()["departments"]
        said = {line["department"]: line["sentence"] for line in lines}
        assert said[SUBSCRIBING].startswith("We are holding back what goes to Housing Benefit until ")
        assert operator.get(ONE).json()["backlog"] == 1
        waits = operator.get("/api/v1/calendar", params={"department": SUBSCRIBING}).json()["items"]
        assert [(each["what"], each["deliveries"]) for each in waits] == [("resumes", 1)]
        resumed = operator.post(f"{ONE}/resume", json={"reason": "it is done"}).json()
        assert (resumed["condition"], resumed["until"]) == ("open", None)
    did = [(actor, what) for actor, what, about in office.audited() if about == SUBSCRIBING]
    assert did == [("operator", "department.paused"), ("operator", "department.resumed")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reason": "x", "until": "2020-01-01T00:00:00Z"}, 422),
        ({"reason": "x", "until": "tomorrow"}, 422),
        ({"reason": ""}, 422),
        ({"reason": "a\nb"}, 422),
        ({"until": None}, 422),
        ({"reason": "x", "for": 4}, 422),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(office: Office, body: dict[str, object], status: int) -> None:
    with office.client("operator") as operator:
        assert operator.post(f"{ONE}/pause", json=body).status_code == status
        assert operator.get(ONE).json()["condition"] == "open"


def test_what_nobody_has_been_told_of_is_stopped_by_one_word_and_what_somebody_has_is_not(office: Office) -> None:
    with office.client("operator") as operator:
        for department in (SUBSCRIBING, COLLECTING):
            operator.post(f"/api/v1/departments/{department}/pause", json={"reason": "so that nothing leaves"})
        died = office.tell(told(Bereavement))
        office.route()
        path = f"/api/v1/life-events/{died['reference']}/stop"
        with office.client() as adviser:
            stopped = adviser.post(path, json={"reason": "told of the wrong person"})
            assert stopped.status_code == 200
            assert sorted(stopped.json()["departments"]) == sorted([COLLECTING, SUBSCRIBING])
            assert adviser.get(died["status_url"]).json()["reason"]["code"] == "stopped"
        for department in (SUBSCRIBING, COLLECTING):
            operator.post(f"/api/v1/departments/{department}/resume", json={"reason": "go on"})
        moved = office.tell(told(Move))
        office.route()
        late = operator.post(f"/api/v1/life-events/{moved['reference']}/stop", json={"reason": "too late"})
        assert (late.status_code, late.json()["code"]) == (409, "told_already")
    assert "notification.stopped" in [what for _, what, _ in office.audited()]
