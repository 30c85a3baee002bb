"""A caller who cannot show who they are: it is noted, nothing is recorded, and no page of the draft goes on."""

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from broker.tables import audit, event
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage
from tests.screens.ground import Desk


def choose_maria(page: Page) -> None:
    page.get_by_label("María García López").check()
    page.get_by_label("The person themselves").check()


def test_a_caller_who_could_not_be_checked_is_noted_and_nothing_is_recorded(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    Keys(page).ready().press("Space", "Tab").type("garcia 1974").go_on()
    choose_maria(page)
    page.get_by_label("Date of birth").check()
    page.get_by_label("They could not be checked").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is recorded: the caller could not be checked")
    assert "Garc" not in page.locator("main").inner_text()
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert_fits(page)
    noted = select(audit.c.actor, audit.c.said).where(audit.c.what == "caller.not_checked")
    assert [tuple(row) for row in desk.broker.store.read_now(lambda tx: tx.execute(noted).all())] == [
        ("demo-adviser", "move")
    ]
    draft = page.url.removesuffix("/person")
    for path in ("details", "check"):
        page.goto(f"{draft}/{path}")
        assert page.url == f"{draft}/person", path
    assert desk.broker.store.read_now(lambda tx: tx.execute(select(func.count()).select_from(event)).scalar()) == 0
    choose_maria(page)
    page.get_by_label("Date of birth").check()
    page.get_by_label("First line of the address").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Someone has moved home")
