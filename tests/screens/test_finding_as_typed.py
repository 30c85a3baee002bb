"""While an adviser types, the page says who fits and what would help most; without scripts the button does it."""

import re

from playwright.sync_api import Page, Request, expect
from sqlalchemy import func, select

from broker.screens.as_typed import FEW
from broker.tables import audit, event
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk


def shown_to(desk: Desk, actor: str = "demo-adviser") -> int:
    """How many times somebody was shown to them, as the audit has it."""
    looked = select(func.count()).where(audit.c.what == "person.shown", audit.c.actor == actor)
    return desk.broker.store.read_now(lambda tx: tx.execute(looked.select_from(audit)).scalar_one())


def start(page: Page) -> Keys:
    page.goto("/tell")
    return Keys(page).ready().press("Space", "Tab")


def test_the_start_page_says_what_would_help_then_how_many_fit_then_who(
    signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    keys = start(page)
    count, people = page.locator("[data-shows=count]"), page.locator("[data-shows=people]")
    keys.type("jones")
    expect(count).to_have_text("Two facts are needed to find anybody")
    expect(people).to_contain_text("the National Insurance number; the date of birth.")
    assert violations(page) == []
    keys.type(" aa1 2bd")
    expect(count).to_have_text("2 people fit")
    expect(people.locator("li")).to_have_count(2)
    assert violations(page) == []
    assert_fits(page)
    take_picture(page, "found-as-typed")
    keys.press(*["Backspace"] * len("jones aa1 2bd")).type("garcia 1974")
    expect(count).to_have_text("One person fits")
    expect(people).to_contain_text("García López")
    expect(page.locator("#search")).to_be_focused()
    keys.press("Backspace")
    expect(count).to_have_text("Two facts are needed to find anybody")
    expect(people.locator("li")).to_have_count(0)


def test_what_is_typed_stands_in_no_address_and_is_asked_for_once_it_rests(signed_in: OpenPage) -> None:
    page = signed_in()
    keys = start(page)
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if "found" in one.url else None)
    keys.type("garcia 1974")
    expect(page.locator("[data-shows=count]")).to_have_text("One person fits")
    assert {(one.method, one.url.rpartition("/tell/")[2]) for one in asked} == {("POST", "found")}
    assert len(asked) <= 3, "it asked at every letter"


def test_nobody_is_written_down_twice_for_one_look_and_everybody_once(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("adviser")
    keys = start(page)
    before = shown_to(desk)
    for search in ("okafor ben", "okafor ben 1986", "okafor benj"):
        page.locator("#search").fill("")
        keys.type(search)
        expect(page.locator("[data-shows=people]")).to_contain_text(re.compile("Okafor"))
    seen = page.locator("[data-shows=people] li").count()
    assert 1 <= shown_to(desk) - before <= FEW
    assert shown_to(desk) - before >= seen


def test_on_the_page_of_the_person_results_can_be_chosen_as_they_appear(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    start(page).type("jones").go_on()
    expect(page.locator("#search")).to_be_focused()
    keys = Keys(page)
    page.locator("#search").fill("")
    keys.type("garcia 1974")
    expect(page.get_by_role("radio", name="García López")).to_be_visible()
    expect(page.get_by_role("radio", name="same home").first).to_be_visible()
    assert violations(page) == []
    keys.press("ArrowDown")
    expect(page.get_by_role("radio", name="García López")).to_be_focused()
    keys.press("Space", "Tab", "Space", "Tab", "Space", "Tab", "Space").go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Someone has moved home")
    page.go_back()
    expect(page.locator("#search")).to_have_value("garcia 1974")
    expect(page.get_by_role("radio", name="García López")).to_be_checked()


def test_without_scripts_the_button_searches_again(signed_in: OpenPage) -> None:
    page = signed_in(scripts=False)
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.locator("#search").fill("jones")
    page.get_by_role("button", name="Find the person").click()
    page.locator("#search").fill("garcia 1974")
    page.locator("#search").press("Enter")
    expect(page.get_by_role("radio", name="García López")).to_be_visible()


def test_too_many_are_counted_and_not_shown(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    before = shown_to(desk)
    start(page).type("jo aa1 2bd a")
    expect(page.locator("[data-shows=count]")).not_to_be_empty()
    assert page.locator("[data-shows=people] li").count() <= FEW
    assert shown_to(desk) - before <= FEW


def test_where_the_search_does_not_answer_the_form_still_does(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    page.route("**/tell/found", lambda route: route.abort())
    start(page).type("garcia 1974").go_on()
    expect(page.get_by_role("radio", name="García López")).to_be_visible()
    told = desk.broker.store.read_now(lambda tx: tx.execute(select(func.count()).select_from(event)).scalar_one())
    assert told == 0


def test_it_says_what_would_help_in_welsh(signed_in: OpenPage) -> None:
    page = signed_in(width=320)
    page.goto("/tell?lang=cy")
    Keys(page).ready().press("Space", "Tab").type("garcia 1974")
    expect(page.locator("[data-shows=count]")).to_have_text("Mae un person yn cyfateb")
    assert_fits(page)
    assert violations(page) == []
