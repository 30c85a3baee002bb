"""Permissions by the API: what was answered comes with the event, and what is wrong with it is named and never echoed."""

from typing import Any

import pytest

from broker.adapter import Ground
from schemas.contact_change import ContactChange
from schemas.kinds import life_events
from schemas.life_event import LifeEvent
from tests.doors.office import OTHER_COLLECTING, Office, told

LIFE_EVENTS = "/api/v1/life-events"
#: who must not come back in an answer
SOMEBODY = "margaret-thornbury"


@pytest.fixture
def permitting(office: Office) -> Office:
    """An office whose libraries need a permission."""
    libraries = office.broker.adapter(OTHER_COLLECTING)
    assert libraries is not None
    libraries.ground = Ground.PERMISSION
    return office


def change(permissions: object, **more: object) -> dict[str, Any]:
    return {**told(ContactChange), "permissions": permissions, **more}


def collected(office: Office) -> list[dict[str, Any]]:
    with office.client("other-back-office") as libraries:
        answer = libraries.get(f"/api/v1/departments/{OTHER_COLLECTING}/deliveries")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_only_a_yes_lets_the_libraries_collect_it_and_the_tracker_says_which(permitting: Office) -> None:
    references = {}
    for name, answered in {"yes": {OTHER_COLLECTING: True}, "no": {OTHER_COLLECTING: False}, "nobody": None}.items():
        references[name] = permitting.tell(change(answered, new_phone="07700900999"), name)["reference"]
    permitting.route()
    assert [one["notification"] for one in collected(permitting)] == [references["yes"]]
    trackers = {name: permitting.tracked(reference) for name, reference in references.items()}
    assert [line["agreed"] for line in trackers["yes"]["departments"]] == [True]
    assert trackers["yes"]["not_told"] == []
    spared = [(one["department"], one["title"]) for name in ("no", "nobody") for one in trackers[name]["not_told"]]
    assert spared == [(OTHER_COLLECTING, "Libraries")] * 2
    assert trackers["no"]["not_told"][0]["because"] != trackers["nobody"]["not_told"][0]["because"]


def test_a_correction_cannot_take_a_yes_back_and_says_how_it_can_be_done(permitting: Office) -> None:
    first = permitting.tell(change({OTHER_COLLECTING: True}))["reference"]
    permitting.route()
    with permitting.client() as adviser:
        refused = adviser.post(LIFE_EVENTS, json=change({OTHER_COLLECTING: False}, corrects=first))
        taken_back = adviser.post(LIFE_EVENTS, json=change({OTHER_COLLECTING: True}, corrects=first))
    assert (refused.status_code, refused.json()["code"], taken_back.status_code) == (422, "told_already", 202)
    (field,) = refused.json()["fields"]
    assert field["field"] == f"permissions.{OTHER_COLLECTING}"
    assert "Take the whole notification back" in field["message"]


@pytest.mark.parametrize("kind", list(life_events().values()), ids=list(life_events()))
@pytest.mark.parametrize(
    "said",
    [
        {SOMEBODY: "yes"}, {SOMEBODY: None}, {SOMEBODY: 1}, {f"{SOMEBODY.title()} ": True}, {"": True}, [SOMEBODY],
        SOMEBODY, 7, {SOMEBODY: {SOMEBODY: True}}, {"x" * 41: True}, {f"{SOMEBODY}-{n}": True for n in range(41)},
        {"__proto__": True}, {"$ne": True}, {"library\n": True}, {"ŵyl": True},
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_by_the_field_s_name_alone(
    long_office: Office, kind: type[LifeEvent], said: object
) -> None:
    with long_office.client() as adviser:
        answer = adviser.post(LIFE_EVENTS, json={**told(kind), "permissions": said})
    assert answer.status_code == 422
    assert "permissions" in {one["field"] for one in answer.json()["fields"]}
    assert SOMEBODY not in answer.text.lower()
    assert "xxxx" not in answer.text


def test_who_needs_a_permission_stands_beside_the_law(permitting: Office) -> None:
    with permitting.client() as adviser:
        items = adviser.get("/api/v1/departments").json()["items"]
    grounds = {one["department"]: (one["ground"], one["lawful_basis"]) for one in items}
    assert grounds[OTHER_COLLECTING] == ("permission", "a task")
    assert {ground for ground, _ in grounds.values()} == {"permission", "duty"}
