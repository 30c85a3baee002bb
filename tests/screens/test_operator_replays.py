"""An operator finds a cause, plans, has it agreed to by somebody else, tries it on one, and sees what became of each."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from broker.failures.groups import groups
from broker.replays.runs import RunState
from broker.screens.sessions import Who
from broker.screens.tables import session
from broker.screens.who_may import PersonRole
from broker.tables import audit, delivery
from tests.broker.worlds import rows
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.failing import NAMES, REFUSED, answer, deliveries, drive, fail, go_unanswered, moved, open_console
from tests.screens.ground import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of its own for each test: what fails is everybody's."""
    with open_console(tmp_path) as desk:
        yield desk


def is_well(page: Page) -> None:
    """No violation, nothing wider than the window, and nobody's name."""
    assert violations(page) == []
    assert_fits(page)
    assert [name for name in NAMES if name in page.content()] == []


def plan_all(page: Page, reason: str = "the mapping is mended, ticket 4411") -> None:
    """From the failures page to the plan of the first cause."""
    page.goto("/failures")
    page.get_by_role("link", name="tenure-code-unknown").click()
    page.get_by_role("button", name=re.compile("Plan a replay of all")).click()
    page.get_by_label("Why?").fill(reason)
    page.get_by_role("button", name="Make the plan").click()


def run_on(page: Page) -> str:
    return page.url.rpartition("/")[2]


def test_an_operator_and_a_second_person_replay_a_cause(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    fail(desk, moved(desk, 14))
    operator = signed_in("operator")
    operator.goto("/")
    assert operator.url == f"{desk.url}/failures"
    row = operator.get_by_role("row", name=re.compile("tenure-code-unknown"))
    expect(row).to_contain_text("Council Tax")
    expect(row.locator(".tuo-numeric")).to_have_text(["14", "14"])
    expect(row).to_contain_text("growing")
    is_well(operator)

    row.get_by_role("link").click()
    is_well(operator)
    take_picture(operator, "cause")
    operator.get_by_role("button", name="Plan a replay of all 14").click()
    is_well(operator)
    operator.get_by_label("Why?").fill("the mapping is mended, ticket 4411")
    operator.get_by_role("button", name="Make the plan").click()
    expect(operator.get_by_role("heading", level=1)).to_have_text("14 of 14 failures would be sent again")
    expect(operator.locator(".tuo-stages li")).to_have_text(
        [re.compile("1"), re.compile("10"), re.compile("2"), re.compile("1")]
    )
    assert len(rows(desk.broker.store, delivery, delivery.c.outcome == "refused")) == 14, "a plan sends nothing"
    is_well(operator)
    take_picture(operator, "plan")
    operator.get_by_role("button", name="Send it to a second person").click()
    run_id = run_on(operator)
    expect(operator.get_by_text("Waits for a second person")).to_be_visible()
    is_well(operator)
    assert drive(desk, run_id) is RunState.APPROVAL

    approver = signed_in("approver")
    approver.goto("/runs")
    is_well(approver)
    approver.get_by_role("link", name=re.compile("Look at it and agree")).click()
    is_well(approver)
    take_picture(approver, "approve")
    approver.get_by_label("Why?").fill("looked at the plan, fourteen moves")
    approver.get_by_role("button", name=re.compile("I agree")).click()
    assert approver.url == f"{desk.url}/runs/{run_id}"

    expect(operator.get_by_text("Running", exact=True)).to_be_visible(timeout=10_000)
    drive(desk, run_id, rounds=2)
    expect(operator.locator("[data-status]")).to_contain_text("1 delivered", timeout=10_000)
    operator.reload()
    expect(operator.locator("[data-status]")).to_contain_text("1 delivered")
    is_well(operator)
    take_picture(operator, "run-canary")
    assert drive(desk, run_id) is RunState.DONE
    expect(operator.locator("[data-status]")).to_contain_text("14 delivered, 0 failed again", timeout=10_000)
    expect(operator.get_by_text("Steer it")).to_have_count(0)
    is_well(operator)
    take_picture(operator, "run-done")
    operator.goto("/failures")
    expect(operator.get_by_text("Nothing fails.")).to_be_visible()
    is_well(operator)
    done = [(row.actor, row.what) for row in rows(desk.broker.store, audit) if row.what.startswith("replay.")]
    assert done == [
        ("demo-operator", "replay.planned"),
        ("demo-operator", "replay.begun"),
        ("demo-approver", "replay.approved"),
    ]


def test_a_run_stops_at_the_canary_and_is_steered_without_scripts(desk: Desk, signed_in: OpenPage) -> None:
    fail(desk, moved(desk, 4))
    page = signed_in("operator", width=320, scripts=False)
    plan_all(page)
    page.get_by_role("button", name="Begin with the canary").click()
    run_id = run_on(page)
    assert drive(desk, run_id, REFUSED) is RunState.STOPPED
    page.reload()
    expect(page.get_by_text("Stopped by itself: too many failed")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Failed again"))).to_have_count(1)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Why?").fill("one bad letter")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Why?").fill("it is late")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused by an operator")).to_be_visible()
    assert_fits(page)
    page.get_by_label("Why?").fill("the release is taken back")
    page.get_by_role("button", name="Cancel for good").click()
    expect(page.get_by_text("Cancelled; what went stays sent")).to_be_visible()
    assert_fits(page)


def _operator_and_approver(desk: Desk) -> Who:
    return Who(
        actor="demo-both",
        name="Both",
        roles=frozenset({PersonRole.OPERATOR, PersonRole.APPROVER}),
        council=desk.settings.council_gss,
    )


def _signed_in_long_ago(desk: Desk) -> None:
    before = desk.broker.now() - timedelta(minutes=6)
    desk.broker.store.write_now(lambda tx: tx.execute(update(session).values(proved_at=before)))


def test_approving_asks_to_prove_who_one_is_and_whoever_proposed_it_is_refused(desk: Desk) -> None:
    fail(desk, moved(desk, 7))
    both = desk.sign_in(who=_operator_and_approver(desk))
    with desk.client(None) as person:
        person.cookies.update(both)
        token = desk.csrf(both)
        (group,) = desk.broker.store.read_now(groups)
        said = {"csrf": token, "group": group.id, "reason": "mended"}
        plan = person.post("/failures/plan", data=said).headers["location"]
        digest = person.get(plan).text.partition('name="digest" value="')[2][:64]
        run = person.post(f"{plan}/begin", data={"csrf": token, "digest": digest}).headers["location"]
        assert "somebody else must agree" in person.get(f"{run}/approve").text
        agreed = person.post(f"{run}/approve", data={"csrf": token, "digest": digest, "reason": "I say so"})
        assert agreed.status_code == 409
        assert "somebody else" in agreed.text
        _signed_in_long_ago(desk)
        assert person.get(f"{run}/approve").headers["location"].startswith("/prove?next=%2Fruns%2FR-")
        assert person.get(run).status_code == 200, "looking needs no proof"
    with desk.client("approver") as approver:
        token = desk.csrf(dict(approver.cookies))
        wrong = approver.post(f"{run}/approve", data={"csrf": token, "digest": "0" * 64, "reason": "yes"})
        assert wrong.status_code == 409, "the word is for what was on the page, and nothing else"


def test_an_edit_shows_its_difference_masked_and_goes_as_a_new_revision(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    (reference,) = moved(desk, 1)
    (failed,) = fail(desk, [reference])
    page = signed_in("operator")
    page.goto(f"/failures/one/{failed}")
    is_well(page)
    take_picture(page, "failure")
    page.get_by_role("button", name="Edit and replay").click()
    is_well(page)
    page.get_by_role("button", name="Make a plan").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    is_well(page)
    page.get_by_label("new_home.postcode", exact=True).fill("AA3 6TU")
    page.get_by_role("button", name="Make a plan").click()
    expect(page.get_by_label("new_home.postcode", exact=True)).to_have_value("AA3 6TU")
    page.goto(f"/failures/one/{failed}/edit")
    page.get_by_label("new_home.postcode", exact=True).fill("AA3 6TU")
    page.get_by_label("Why?").fill("postcode of the new home, ticket 4412")
    take_picture(page, "edit")
    page.get_by_role("button", name="Make a plan").click()
    expect(page.get_by_role("row", name=re.compile("new_home.postcode"))).to_contain_text("text, 7 characters")
    is_well(page)
    take_picture(page, "edit-plan")
    page.get_by_role("button", name="Send it to a second person").click()
    run_id = run_on(page)

    approver = signed_in("approver")
    approver.goto(f"/runs/{run_id}/approve")
    approver.get_by_role("link", name="Show them").click()
    is_well(approver)
    approver.get_by_label("Why?").fill("to agree to the edit")
    approver.get_by_role("button", name="Show it").click()
    expect(approver.get_by_role("row", name=re.compile("new_home.postcode"))).to_contain_text("AA3 6TU")
    assert violations(approver) == []
    (shown,) = rows(desk.broker.store, audit, audit.c.what == "plan.revealed")
    assert (shown.actor, shown.said) == ("demo-approver", "to agree to the edit")
    approver.goto(f"/runs/{run_id}/approve")
    approver.get_by_label("Why?").fill("the postcode is right now")
    approver.get_by_role("button", name=re.compile("I agree")).click()
    assert drive(desk, run_id) is RunState.DONE
    revisions = rows(desk.broker.store, delivery, delivery.c.department == "council-tax")
    assert [(row.revision, row.standing) for row in revisions] == [(1, "cancelled"), (2, "settled")]


def test_a_replay_needs_no_mouse(desk: Desk, signed_in: OpenPage) -> None:
    fail(desk, moved(desk, 3))
    (group,) = desk.broker.store.read_now(groups)
    page = signed_in("operator")
    page.goto(f"/failures/plan?group={group.id}")
    keys = Keys(page).ready()
    until_focused(keys, page, "#reason")
    keys.type("mended").go_on()
    until_focused(keys, page, "form[action$=begin] button")
    keys.go_on()
    expect(page.get_by_text("Running", exact=True)).to_be_visible()
    run_id = run_on(page)
    assert drive(desk, run_id) is RunState.DONE
    assert answer(desk, deliveries(desk)) == 0, "nothing was sent twice"


def until_focused(keys: Keys, page: Page, wanted: str) -> None:
    """Go on with Tab until something has the focus."""
    for _ in range(60):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        keys.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def test_what_the_department_said_by_telephone_is_written_down_and_fails_no_more(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    (failed,) = go_unanswered(desk, moved(desk, 1))
    page = signed_in("operator")
    page.goto(f"/failures/one/{failed}")
    page.get_by_role("button", name="Write down what they said").click()
    is_well(page)
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say what the department said")
    is_well(page)
    page.goto(page.url)
    page.get_by_label("They have acted on it").check()
    page.get_by_label("Why?").fill("Ms Lee of revenues, by telephone")
    take_picture(page, "answer-by-telephone")
    page.get_by_role("button", name="Write it down").click()
    expect(page).to_have_url(f"{desk.url}/failures")
    expect(page.locator("main")).not_to_contain_text("no-answer-in-time")
    (noted,) = rows(desk.broker.store, audit, audit.c.what == "delivery.vouched")
    assert (noted.about, noted.said) == (failed, "accepted: Ms Lee of revenues, by telephone")
    with desk.client("operator") as client:
        said = {"csrf": desk.csrf(dict(client.cookies)), "said": "accepted", "reason": "again"}
        assert client.post(f"/failures/one/{failed}/answer", data=said).status_code == 409
