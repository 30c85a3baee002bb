"""The keys of the adviser's forms: Ctrl+Enter goes on, numbers choose, ? helps; nothing is trapped or gets in the way."""

from playwright.sync_api import expect

from tests.screens.checking import Keys, violations
from tests.screens.conftest import OpenPage
from tests.screens.steps import find_maria, reference_on


def test_help_opens_from_a_choice_is_announced_and_gives_the_focus_back(signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    keys = Keys(page).ready()
    keys.press("Space", "?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("goes on, from anywhere in the form")
    assert violations(page) == []
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#kind-move")).to_be_focused()
    page.get_by_role("button", name="Keys (?)").click()
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Keys (?)")).to_be_focused()


def test_numbers_choose_among_the_options_that_have_the_focus_and_are_typed_elsewhere(signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    keys = Keys(page).ready()
    keys.press("2")
    expect(page.locator("#kind-bereavement")).to_be_checked()
    keys.press("9", "0")
    keys.press("Tab").type("mottram 1955?")
    expect(page.locator("#search")).to_have_value("mottram 1955?")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_control_and_enter_go_on_from_anywhere_in_the_form_to_the_reference(signed_in: OpenPage) -> None:
    page = signed_in()
    keys = find_maria(page)
    keys.press("1", "Tab").type("4 dock rd aa36tu").press("Tab", "Space")
    with page.expect_navigation():
        keys.press("Control+Enter")
    keys.ready()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check what we will tell each team")
    with page.expect_navigation():
        keys.press("Control+Enter")
    assert reference_on(page)


def test_control_and_enter_outside_of_a_form_send_nothing(signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    keys = Keys(page).ready()
    page.locator(".govuk-skip-link").focus()
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What has happened?")
    assert page.locator(".govuk-error-summary").count() == 0


def test_without_scripts_no_keys_are_promised(signed_in: OpenPage) -> None:
    page = signed_in(scripts=False)
    page.goto("/tell")
    expect(page.get_by_role("button", name="Keys (?)")).to_be_hidden()
    expect(page.get_by_text("goes on, from anywhere in the form")).to_be_hidden()
