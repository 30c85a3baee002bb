"""At 400 % of a window of 1280 by 1024 every state of every page can be read without scrolling in two directions.

WCAG 2.2, 1.4.10 Reflow: the room of such a window is 320 CSS pixels; only tables may scroll, within themselves.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from schemas.bereavement import Bereavement
from schemas.kinds import life_events
from schemas.move import Move
from tests.screens.cases import MARGARET, TWIN, tell
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage
from tests.screens.failing import fail_in_every_way, moved, open_console
from tests.screens.ground import Desk
from tests.screens.steps import fill_in_the_death, find_maria, find_trevor, tell_of_a_move

ZOOM = 4
KINDS = [kind for kind in life_events() if kind != "withdrawal"]
CONSOLE = ["/failures", "/failures?cause=dead", "/departments", "/departments/council-tax", "/waiting", "/runs"]
CONSOLE += ["/dead-letters", "/books", "/books?whole=yes", "/timeline"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Everything that can fail has failed."""
    with open_console(tmp_path_factory.mktemp("zoomed")) as desk:
        fail_in_every_way(desk)
        yield desk


def is_well(page: Page) -> None:
    """It fits, and nothing is cut off: whatever is wider than the window scrolls within itself."""
    assert page.evaluate("[innerWidth, devicePixelRatio]") == [320, 4]
    assert_fits(page)
    cut = page.locator("main *:visible").evaluate_all(
        "all => all.filter(one => { const style = getComputedStyle(one), at = one.getBoundingClientRect();"
        " return at.right > innerWidth + 1 && !one.closest('.tuo-scroll') && style.position !== 'absolute'; })"
        ".map(one => one.outerHTML.slice(0, 120))"
    )
    assert cut == []
    assert violations(page) == []


def test_the_telling_of_a_move_to_its_receipt(signed_in: OpenPage) -> None:
    page = signed_in(zoom=ZOOM)
    page.goto("/tell")
    is_well(page)
    find_maria(page)
    is_well(page)
    page.get_by_role("button", name="Check who will be told").click()
    Keys(page).ready()
    is_well(page)
    tell_of_a_move(page)
    is_well(page)
    tracker = page.url
    for name in ("Send the caller a receipt", "Take this back"):
        page.get_by_role("link", name=name).click()
        is_well(page)
        page.goto(tracker)
    for address in ("/recent", "/track", "/outbox", "/nowhere"):
        page.goto(address)
        is_well(page)


def test_the_telling_of_a_death_to_its_check(signed_in: OpenPage) -> None:
    page = signed_in(zoom=ZOOM)
    fill_in_the_death(find_trevor(page)).go_on()
    is_well(page)


def test_who_is_found_while_one_types_and_the_help_with_keys(signed_in: OpenPage) -> None:
    page = signed_in(zoom=ZOOM)
    page.goto("/tell")
    keys = Keys(page).ready().press("Space", "Tab").type("garcia 1974")
    expect(page.locator("[data-shows=count]")).to_have_text("One person fits")
    is_well(page)
    keys.go_on()
    is_well(page)
    page.get_by_role("button", name="Keys (?)").click()
    is_well(page)


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_every_event_in_both_languages(signed_in: OpenPage, kind: str) -> None:
    page = signed_in(zoom=ZOOM)
    page.goto("/tell")
    Keys(page).ready()
    page.locator(f"#kind-{kind}").check()
    page.locator("#search").fill("nobody whatever")
    page.get_by_role("button", name="Find the person").click()
    Keys(page).ready()
    page.get_by_label("Not listed: I will describe the person").check()
    page.get_by_label("Somebody else").check()
    page.get_by_role("button", name="Continue").click()
    Keys(page).ready()
    is_well(page)
    page.goto(f"{page.url}?lang=cy")
    is_well(page)


@pytest.mark.parametrize("address", CONSOLE)
def test_every_page_of_the_console(signed_in: OpenPage, address: str) -> None:
    page = signed_in("operator", zoom=ZOOM)
    page.goto(address)
    is_well(page)


def test_a_cause_a_failure_its_edit_and_a_plan(signed_in: OpenPage) -> None:
    page = signed_in("operator", zoom=ZOOM)
    page.goto("/failures")
    page.get_by_role("link", name="tenure-code-unknown").first.click()
    is_well(page)
    cause = page.url
    page.locator("a[href^='/failures/one/']").first.click()
    is_well(page)
    page.goto(cause)
    page.get_by_role("button", name=re.compile("Plan a replay")).click()
    is_well(page)
    page.get_by_label("Why?").fill("a look at the plan")
    page.get_by_role("button", name="Make the plan").click()
    is_well(page)


def test_the_reviewer_the_manager_the_auditor_and_the_protection_team(desk: Desk, signed_in: OpenPage) -> None:
    tell(desk, Move, TWIN, "twin")
    tell(desk, Bereavement, MARGARET, "margaret")
    reviewer = signed_in("reviewer", zoom=ZOOM)
    for address in ("/reviews", "/fairness"):
        reviewer.goto(address)
        is_well(reviewer)
    reviewer.goto("/reviews")
    reviewer.get_by_role("button", name="Take the next case").click()
    is_well(reviewer)
    moved(desk, 2, "more")
    for person, address in (("manager", "/figures"), ("auditor", "/audit"), ("protection", "/protected")):
        page = signed_in(person, zoom=ZOOM)
        page.goto(address)
        is_well(page)


def test_signing_in(signed_in: OpenPage, desk: Desk) -> None:
    page = signed_in(zoom=ZOOM)
    page.context.clear_cookies()
    page.goto("/sign-in")
    is_well(page)
    assert Path(page.url).name.startswith("sign-in")
