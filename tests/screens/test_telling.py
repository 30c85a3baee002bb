"""An adviser tells a move and a death by keyboard alone, and every page on the way is one that anybody can use."""

import re

import orjson
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from broker.screens.forgetting import forget
from broker.screens.tables import draft
from broker.tables import audit, event
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk, open_desk, opened, run_in_a_loop
from tests.screens.steps import (
    fill_in_the_death,
    find_maria,
    find_trevor,
    look_first,
    reference_on,
    tell_of_a_death,
    tell_of_a_move,
)

MOST_KEYS_OF_A_MOVE, MOST_KEYS_OF_A_DEATH = 50, 80


def told(desk: Desk, reference: str) -> dict[str, object]:
    found = desk.broker.store.read_now(
        lambda tx: tx.execute(select(event.c.body).where(event.c.reference == reference)).scalar_one()
    )
    document: dict[str, object] = orjson.loads(found)
    return document


def count(desk: Desk) -> int:
    return len(desk.broker.store.read_now(lambda tx: tx.execute(select(event.c.id)).all()))


def test_a_move_takes_at_most_fifty_keys(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    keys, reference = tell_of_a_move(page)
    print(f"a move: {keys.pressed} keys")
    assert keys.pressed <= MOST_KEYS_OF_A_MOVE
    document = told(desk, reference)
    assert document["kind"] == "move"
    assert document["direction"] == "within"
    assert document["new_address"] == {"state": "uk", "lines": ["4 dock rd"], "postcode": "AA3 6TU"}
    assert document["previous_address"]["uprn"] == "999000000011"  # type: ignore[index]
    assert document["subject"]["name"]["surname"] == "García López"  # type: ignore[index]


def test_a_death_takes_at_most_eighty_keys_and_is_not_celebrated(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    keys, reference = tell_of_a_death(page)
    print(f"a death: {keys.pressed} keys")
    assert keys.pressed <= MOST_KEYS_OF_A_DEATH
    document = told(desk, reference)
    assert document["evidence_class"] == "close_relative"
    assert document["informant"]["name"] == {"forenames": "Pauline", "surname": "Mottram"}  # type: ignore[index]
    assert document["informant"]["relationship"] == "spouse"  # type: ignore[index]
    assert page.locator(".govuk-panel--confirmation").count() == 0
    assert violations(page) == []


def test_every_page_of_both_journeys_can_be_used_by_anybody(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    page.goto("/tell")
    shown(page, take_picture, "start")
    find_maria(page)
    shown(page, take_picture, "move-form")
    page.get_by_role("button", name="Check who will be told").click()
    Keys(page).ready()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert page.title().startswith("Error: ")
    shown(page, take_picture, "move-errors")
    keys, _ = tell_of_a_move(page)
    desk.route()
    page.reload()
    shown(page, take_picture, "move-tracker")
    keys = find_trevor(page)
    shown(page, take_picture, "death-form")
    fill_in_the_death(keys).go_on()
    assert violations(page) == []
    assert_fits(page)
    page.get_by_role("link", name="Back").click()
    page.goto("/recent")
    shown(page, take_picture, "recent")
    page.goto("/track")
    shown(page, take_picture, "find-reference")


def shown(page: Page, take_picture: TakePicture, name: str) -> None:
    assert violations(page) == [], name
    assert_fits(page)
    take_picture(page, name)


@pytest.mark.parametrize("path", ["/tell", "/recent", "/track", "/nowhere"])
def test_a_narrow_window_shows_everything_without_scrolling_sideways(signed_in: OpenPage, path: str) -> None:
    page = signed_in(width=320)
    page.goto(path)
    assert_fits(page)
    assert violations(page) == []


def test_the_whole_journey_fits_a_narrow_window(signed_in: OpenPage) -> None:
    page = signed_in(width=320)
    find_maria(page)
    assert_fits(page)
    tell_of_a_move_again(page)
    assert_fits(page)
    assert violations(page) == []


def tell_of_a_move_again(page: Page) -> str:
    """The same move once more: the adviser looks at the first, and goes on."""
    keys = find_maria(page)
    keys.press("Space", "Tab").type("4 dock rd aa36tu").press("Tab", "Space").go_on()
    page.get_by_role("button", name="Confirm").click()
    return reference_on(page)


def test_without_scripts_the_same_is_told(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in(scripts=False)
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.get_by_label("Who is it about?").fill("okafor ben aa1 1aa")
    page.get_by_role("button", name="Find the person").click()
    page.get_by_label("Ben Okafor").check()
    page.get_by_label("The person themselves").check()
    page.get_by_label("Date of birth").check()
    page.get_by_label("First line of the address").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Another day").check()
    page.get_by_label("Which day?").fill("yesterday")
    page.get_by_label("New address").fill("12 Rue Neuve, Lille")
    page.get_by_label("Out of our area").check()
    page.get_by_role("button", name="Check who will be told").click()
    page.get_by_label("Country").fill("France")
    page.get_by_role("button", name="Check who will be told").click()
    page.get_by_role("button", name="Confirm").click()
    document = told(desk, reference_on(page))
    assert document["new_address"] == {"state": "overseas", "lines": ["12 Rue Neuve", "Lille"], "country": "France"}


@pytest.mark.parametrize("typed", ["QQ 12 00 17 B", "99001011", "maria@example.org", "15 AA1 2BE garcia"])
def test_the_person_is_found_by_what_is_theirs_alone(signed_in: OpenPage, typed: str) -> None:
    page = signed_in(scripts=False)
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.get_by_label("Who is it about?").fill(typed)
    page.get_by_role("button", name="Find the person").click()
    expect(page.get_by_label("María García López")).to_be_visible()


@pytest.mark.parametrize("typed", ["verney rosalind 1990", "verney kit 2016", "QQ120020A"])
def test_somebody_known_to_a_named_team_only_is_never_shown(signed_in: OpenPage, typed: str) -> None:
    page = signed_in(scripts=False)
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.get_by_label("Who is it about?").fill(typed)
    page.get_by_role("button", name="Find the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is it about, and who is calling?")
    assert "Rosalind" not in page.locator("main").inner_text()


def test_too_little_says_what_would_help_most(signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.get_by_label("Who is it about?").fill("garcia")
    page.get_by_role("button", name="Find the person").click()
    expect(page.get_by_text("That is too little to find anybody by")).to_be_visible()
    expect(page.get_by_text("It would help most to ask for")).to_be_visible()
    assert violations(page) == []


def test_welsh_is_spoken_from_the_start_page_to_the_reference(signed_in: OpenPage, take_picture: TakePicture) -> None:
    page = signed_in()
    page.goto("/tell?lang=cy")
    assert page.locator("html").get_attribute("lang") == "cy"
    page.get_by_label("Mae rhywun wedi symud tŷ").check()
    page.get_by_label("Am bwy mae’n sôn?").fill("garcia 1974")
    page.get_by_role("button", name="Dod o hyd i’r person").click()
    assert violations(page) == []
    page.get_by_label("María García López").check()
    page.get_by_label("Y person ei hun").check()
    page.get_by_label("Dyddiad geni").check()
    page.get_by_label("Llinell gyntaf y cyfeiriad").check()
    page.get_by_role("button", name="Parhau").click()
    look_first(page)
    take_picture(page, "welsh-form")
    page.get_by_label("Diwrnod arall").check()
    page.get_by_label("Pa ddiwrnod?").fill("ddoe")
    page.get_by_label("Cyfeiriad newydd").fill("5 Dock Road, Sampleton, AA3 6TU")
    page.get_by_label("O fewn ein hardal").check()
    page.get_by_role("button", name="Gwirio pwy fydd yn cael gwybod").click()
    assert violations(page) == []
    page.goto("/tell?lang=en")


def test_submitting_twice_going_back_and_reloading_make_one_event(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    keys = find_maria(page)
    keys.press("Space", "Tab").type("6 dock rd aa36tu").press("Tab", "Space").go_on()
    before, check = count(desk), page.url
    with page.expect_navigation():
        page.get_by_role("button", name="Confirm").dblclick()
    reference = reference_on(page)
    page.go_back()
    page.goto(check)
    assert reference_on(page) == reference
    page.reload()
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    with desk.client(None) as again:
        again.cookies.update(cookies)
        sent = [again.post(check, data={"csrf": desk.csrf(cookies)}) for _ in range(2)]
    assert [one.headers["location"] for one in sent] == [f"/track/{reference}"] * 2
    assert count(desk) == before + 1


def test_the_same_event_of_the_same_person_interrupts_until_it_was_looked_at(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    first = tell_of_a_move_again(page)
    desk.route()
    page.goto("/tell")
    keys = Keys(page).ready().press("Space", "Tab").type("garcia 1974").go_on()
    keys.press("Space", "Tab", "Space", "Tab", "Space", "Tab", "Space").go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("We were told this already")
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("link", name=first))).to_contain_text(
        re.compile(r"told by telephone on \d+ \w+ \d{4}: ")
    )
    shown(page, take_picture, "told-before")
    page.goto(page.url.replace("/before", "/details"))
    assert page.url.endswith("/before")
    Keys(page).ready().go_on()
    keys.press("Space", "Tab").type("4 dock rd aa36tu").press("Tab", "Space").go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check what we will tell each team")


def test_what_was_told_while_the_form_was_filled_in_interrupts_the_submission(desk: Desk, signed_in: OpenPage) -> None:
    slow, quick = signed_in(), signed_in()
    find_maria(slow).press("Space", "Tab").type("4 dock rd aa36tu").press("Tab", "Space").go_on()
    tell_of_a_move(quick)
    desk.route()
    before = count(desk)
    slow.get_by_role("button", name="Confirm").click()
    expect(slow.get_by_role("heading", level=1)).to_have_text("We were told this already")
    assert count(desk) == before
    slow.get_by_role("button", name="I have looked at it").click()
    slow.get_by_role("button", name="Confirm").click()
    reference_on(slow)
    assert count(desk) == before + 1


def test_a_death_of_somebody_with_another_open_event_interrupts(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    _, reference = tell_of_a_move(page, "thornbury 1938")
    desk.route()
    page.goto("/tell")
    keys = Keys(page).ready().press("ArrowDown", "Tab").type("thornbury 1938").go_on()
    page.get_by_label("Ada Mary Thornbury").check()
    page.get_by_label("Somebody else").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Something else is still open for this person")
    expect(page.get_by_text("Someone has moved home")).to_be_visible()
    assert page.get_by_role("link", name=reference).count() == 1
    assert violations(page) == []
    keys.ready().go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Someone has died")


def test_what_was_typed_is_forgotten_once_it_is_submitted_and_who_was_shown_is_audited(
    desk: Desk, signed_in: OpenPage
) -> None:
    reference = tell_of_a_move_again(signed_in())
    kept = desk.broker.store.read_now(
        lambda tx: tx.execute(select(draft.c.said).where(draft.c.reference == reference)).scalar_one()
    )
    assert b"dock" not in kept.lower()
    noted = desk.broker.store.read_now(lambda tx: {row.what for row in tx.execute(select(audit))})
    assert {"person.shown", "caller.checked", "notification.recorded", "person.signed_in"} <= noted


def test_on_postgresql_the_same_is_told(postgres_url: str, browser: Browser) -> None:
    with open_desk(postgres_url) as desk, opened(browser, desk.url, desk.sign_in("adviser")) as page:
        _, reference = tell_of_a_move(page)
        desk.route()
        page.goto("/recent")
        expect(page.get_by_role("link", name=reference)).to_be_visible()
        run_in_a_loop(forget(desk.broker))
