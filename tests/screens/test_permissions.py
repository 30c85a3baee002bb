"""May a department be told? Asked of whoever holds a library card, kept, shown, and never taken back by a correction."""

import json
from collections.abc import Iterator

import orjson
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from broker import found
from broker.screens.permitting import to_ask_of
from broker.tables import delivery, event
from tests.adapters import library
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import TOWN, Desk, open_desk
from tests.screens.steps import reference_on

MAY_WE = "May we tell Libraries?"
AGREED, REFUSED = "They agreed that this team is told.", "The person who tells us did not agree to it."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The town, with a library that is told only where people agree; Ben Okafor has a card."""
    place = tmp_path_factory.mktemp("desk")
    residents = [json.loads(line) for line in TOWN.read_text().splitlines()]
    for one in residents:
        if one["id"] == "SMP-0002":
            one["references"] = [*one["references"], {"department": "library", "reference": "L-1002"}]
    town = place / "town.jsonl"
    town.write_text("".join(json.dumps(one) + "\n" for one in residents))
    with open_desk(f"sqlite:///{place / 'tuo.db'}", residents=town, also=[library.adapter]) as desk:
        yield desk


def form_of(page: Page, search: str, who: str, kind: str = "move") -> Page:
    """The form of a move; the person rings, and has shown who they are."""
    page.goto("/tell")
    page.locator(f"#kind-{kind}").check()
    page.get_by_label("Who is it about?").fill(search)
    page.get_by_role("button", name="Find the person").click()
    page.get_by_label(who).check()
    page.get_by_label("The person themselves").check()
    page.get_by_label("Date of birth").check()
    page.get_by_label("First line of the address").check()
    page.get_by_role("button", name="Continue").click()
    if page.url.endswith("/before"):  # a move of this person stands from the test before
        page.locator(".tuo-interruption button").click()
    return page


def form_of_bens_move(page: Page) -> Page:
    form_of(page, "okafor ben aa1 1aa", "Ben Okafor")
    page.get_by_label("Yesterday").check()
    page.get_by_label("New address").fill("7 Dock Road, Sampleton, AA3 6TU")
    page.get_by_label("Within our area").check()
    return page


def answer(page: Page, said: str) -> None:
    page.get_by_role("group", name=MAY_WE).get_by_label(said, exact=True).check()


def check(page: Page) -> str:
    page.get_by_role("button", name="Check who will be told").click()
    return page.locator("main").inner_text()


def confirm(desk: Desk, page: Page) -> str:
    """Submit, and let the router walk; the reference."""
    page.get_by_role("button", name="Confirm").click()
    reference = reference_on(page)
    desk.route()
    page.reload()
    return reference


def letter_to_the_library(desk: Desk, reference: str) -> dict[str, object] | None:
    """What the library was told by this notification; none where it was told nothing."""
    wanted = select(delivery.c.letter).join_from(delivery, event, delivery.c.event_id == event.c.id)
    of_it = wanted.where(event.c.reference == reference, delivery.c.department == "library")
    found = desk.broker.store.read_now(lambda tx: tx.execute(of_it).scalar())
    return None if found is None else dict(orjson.loads(found))


@pytest.mark.parametrize("scripts", [True, False])
def test_it_must_be_answered_and_each_answer_says_who_is_told_and_why(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture, scripts: bool
) -> None:
    page = form_of_bens_move(signed_in(scripts=scripts))
    expect(page.get_by_text("Others I tell only if you agree")).to_be_visible()
    check(page)
    beside = page.get_by_role("group", name=MAY_WE).locator(".govuk-error-message")
    expect(beside).to_contain_text(f"Not answered yet: {MAY_WE}")
    expect(page.locator(".govuk-error-summary").get_by_role("link", name=MAY_WE)).to_have_attribute(
        "href", "#q-permissions-library"
    )
    expect(page.locator("#q-permissions-library")).to_be_visible()
    assert page.get_by_label("New address").input_value() == "7 Dock Road, Sampleton, AA3 6TU"
    if scripts:
        assert violations(page) == []
        take_picture(page, "permission-asked")
    answer(page, "No")
    shown = check(page)
    assert f"Libraries: not told. {REFUSED}" in shown
    assert "Confirm and tell 3 teams" in shown
    assert "May we tell" not in shown
    page.get_by_role("link", name="Back").click()
    assert page.get_by_role("group", name=MAY_WE).get_by_label("No", exact=True).is_checked()
    answer(page, "Yes")
    assert AGREED in check(page)
    assert page.get_by_text("They are told because of the law:").count() == 4
    if scripts:
        assert violations(page) == []
    reference = confirm(desk, page)
    shown = page.locator("#tracker").inner_text()
    assert (shown.count("because the person who tells us agreed."), shown.count("because of the law.")) == (1, 3)
    letter = letter_to_the_library(desk, reference)
    assert letter is not None
    assert "permissions" not in json.dumps(letter)
    page.set_viewport_size({"width": 320, "height": 800})
    assert_fits(page)


def test_a_yes_is_not_taken_back_by_a_correction_and_the_form_says_what_to_do(desk: Desk, signed_in: OpenPage) -> None:
    page = form_of_bens_move(signed_in())
    answer(page, "Yes")
    check(page)
    first = confirm(desk, page)
    page.get_by_role("button", name="Correct this").click()
    assert page.get_by_role("group", name=MAY_WE).get_by_label("Yes", exact=True).is_checked()
    answer(page, "No")
    check(page)
    beside = page.get_by_role("group", name=MAY_WE).locator(".govuk-error-message")
    expect(beside).to_contain_text("It was told already, because they agreed. Take the whole notification back")
    answer(page, "Yes")
    page.get_by_label("New address").fill("9 Dock Road, Sampleton, AA3 6TU")
    check(page)
    letters = [letter_to_the_library(desk, one) for one in (first, confirm(desk, page))]
    assert letters[0] is not None
    assert letters[1] is not None
    assert letters[1]["corrects"] == letters[0]["id"]


def test_a_no_becomes_a_yes_by_a_correction_and_the_library_hears_of_it_as_news(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = form_of_bens_move(signed_in())
    answer(page, "No")
    check(page)
    first = confirm(desk, page)
    expect(page.locator("#tracker")).to_contain_text(f"Libraries: not told. {REFUSED}")
    assert violations(page) == []
    take_picture(page, "permission-refused")
    assert letter_to_the_library(desk, first) is None
    page.get_by_role("button", name="Correct this").click()
    answer(page, "Yes")
    assert AGREED in check(page)
    letter = letter_to_the_library(desk, confirm(desk, page))
    assert letter is not None
    assert "corrects" not in letter


def test_nobody_is_asked_where_no_such_department_is_told_or_holds_the_person(signed_in: OpenPage) -> None:
    page = form_of(signed_in(), "okafor grace aa1 1aa", "Grace Ifeoma Okafor")
    expect(page.get_by_label("New address")).to_be_visible()
    assert page.get_by_text(MAY_WE).count() == 0, "she has no card"
    page = form_of(page, "okafor ben aa1 1aa", "Ben Okafor", "contact_change")
    expect(page.get_by_label("New e-mail address")).to_be_visible()
    assert page.get_by_text(MAY_WE).count() == 0, "the library is not told of such events"
    assert page.get_by_text("Who may be told").count() == 0


def test_of_somebody_whom_we_do_not_know_it_is_always_asked() -> None:
    assert to_ask_of("move", None, [library.adapter]) == (library.adapter,)
    assert to_ask_of("contact_change", None, [library.adapter]) == ()
    assert to_ask_of("move", None, found.adapters()) == (), "the shipped departments are told by law"


def test_it_is_asked_in_welsh_with_the_words_to_say(signed_in: OpenPage) -> None:
    page = form_of_bens_move(signed_in())
    page.goto(page.url + "?lang=cy")
    expect(page.get_by_text("A gawn ni roi gwybod i Libraries?")).to_be_visible()
    expect(page.get_by_text("Dim ond os ydych yn cytuno y dywedaf wrth eraill")).to_be_visible()
    assert violations(page) == []
