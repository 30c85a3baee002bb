"""After one change an adviser asks what else has changed, for whoever lives there, and says who is told by nobody here."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from broker.screens.knock_ons import OFTEN
from broker.screens.words import Tongue, Words
from broker.tables import audit
from schemas.kinds import life_events
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk
from tests.screens.steps import tell_of_a_death, tell_of_a_move


def ask_what_else(page: Page, desk: Desk) -> Keys:
    desk.route()
    page.get_by_role("link", name="What else has changed?").click()
    return Keys(page).ready()


def test_a_widow_s_income_is_told_next_and_she_is_chosen_already(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    tell_of_a_death(page)
    keys = ask_what_else(page, desk)
    expect(page.get_by_text("Trevor Mottram")).to_have_count(0)
    expect(page.get_by_text("Nobody tells banks, insurers")).to_be_visible()
    assert violations(page) == []
    assert_fits(page)
    keys.press("Space", "Tab", "Space")
    take_picture(page, "what-else")
    keys.go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is it about, and who is calling?")
    expect(page.get_by_role("radio", name="Pauline Mottram")).to_be_checked()
    assert "mottram" not in page.url.lower()
    shown = select(audit.c.actor).where(audit.c.said == "what else has changed")
    assert desk.broker.store.read_now(lambda tx: tx.execute(shown).scalars().first()) == "demo-adviser"


def test_nothing_begins_until_it_is_said_for_whom_and_what(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in(width=320)
    tell_of_a_move(page)
    ask_what_else(page, desk)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".govuk-error-summary a")).to_have_text(
        [re.compile("^Choose for whom"), re.compile("^Choose what")]
    )
    assert violations(page) == []
    assert_fits(page)
    assert page.get_by_role("radio", checked=True).count() == 0


def test_what_is_taken_back_or_unknown_leads_to_nothing_else(desk: Desk, signed_in: OpenPage) -> None:
    _, reference = tell_of_a_move(signed_in())
    with desk.client("adviser") as adviser:
        csrf = desk.csrf(dict(adviser.cookies))
        reason = {"csrf": csrf, "reason": "told_twice"}
        withdrawn = adviser.post(f"/track/{reference}/withdraw", data=reason).headers["location"]
        assert adviser.get(f"{withdrawn}/also").status_code == 404
        stranger = {"csrf": csrf, "person": "e1c1d0f3-0000-4000-8000-000000000000", "kind": "move"}
        assert adviser.post(f"/track/{reference}/also", data=stranger).status_code == 422


@pytest.mark.parametrize("tongue", Tongue)
def test_every_life_event_has_what_often_comes_with_it_and_whom_we_do_not_tell(tongue: Tongue) -> None:
    say, told = Words(tongue), {kind for kind in life_events() if kind != "withdrawal"}
    assert {kind.kind for kind in OFTEN} == told
    assert [kind for kind in sorted(told) if not say.has(f"elsewhere.{kind}")] == []
    assert all(often and of not in often for of, often in OFTEN.items())
