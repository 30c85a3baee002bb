"""A death is stopped from the tracker in its first minutes, and not afterwards."""

from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select, update

from broker.tables import audit, delivery, event
from tests.screens.checking import Keys, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk
from tests.screens.steps import tell_of_a_death, tell_of_a_move


def standings(desk: Desk, reference: str) -> set[str]:
    wanted = select(delivery.c.standing).join(event, event.c.id == delivery.c.event_id)
    found = wanted.where(event.c.reference == reference)
    return set(desk.broker.store.read_now(lambda tx: tx.execute(found).scalars().all()))


def of_event(reference: str) -> object:
    return select(event.c.id).where(event.c.reference == reference).scalar_subquery()


def test_a_death_is_stopped_with_a_reason_and_no_team_is_told(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    _, reference = tell_of_a_death(page)
    desk.route()
    page.reload()
    assert violations(page) == []
    take_picture(page, "death-tracker")
    page.get_by_role("button", name="Stop this").click()
    Keys(page).ready()
    page.get_by_role("button", name="Stop it").click()
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    take_picture(page, "stop")
    page.get_by_label("It was the wrong person").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Stop it").dblclick()
    expect(page.get_by_text("It was stopped before anybody was told.")).to_be_visible()
    assert page.get_by_role("button", name="Stop this").count() == 0
    assert page.get_by_role("link", name="Take this back").count() == 0
    assert violations(page) == []
    assert standings(desk, reference) == {"cancelled"}
    noted = select(audit.c.actor, audit.c.said).where(audit.c.what == "notification.stopped")
    assert [tuple(row) for row in desk.broker.store.read_now(lambda tx: tx.execute(noted).all())] == [
        ("demo-adviser", "wrong_person")
    ]


def test_what_a_team_has_been_told_is_not_stopped_but_taken_back(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    _, reference = tell_of_a_death(page)
    desk.route()
    page.goto(f"/track/{reference}/stop")
    long_ago = desk.broker.now() - timedelta(hours=1)
    sent = update(delivery).where(delivery.c.event_id == of_event(reference))
    told = sent.values(standing="sending", not_before=long_ago, attempts=1, claimed_by="a worker")
    desk.broker.store.write_now(lambda tx: (tx.execute(told), None)[1])
    page.get_by_label("It did not happen").check()
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_text("It is too late to stop this")).to_be_visible()
    page.goto(f"/track/{reference}")
    assert page.get_by_role("button", name="Stop this").count() == 0
    assert standings(desk, reference) == {"sending"}


def test_a_move_is_told_at_once_and_offers_no_stop(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    _, reference = tell_of_a_move(page)
    desk.route()
    page.reload()
    assert page.get_by_role("button", name="Stop this").count() == 0
    with desk.client("operator") as operator:
        assert operator.get(f"/track/{reference}").status_code == 200
        assert operator.get(f"/track/{reference}/stop").status_code == 403
