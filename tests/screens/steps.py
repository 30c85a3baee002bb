"""An adviser's steps through the pages, by keyboard alone."""

from playwright.sync_api import Page, expect

from tests.screens.checking import Keys


def find_maria(page: Page, search: str = "garcia 1974") -> Keys:
    """A move: from the start page to the form, the caller being the person and having shown who she is; or another."""
    page.goto("/tell")
    keys = Keys(page).ready()
    keys.press("Space", "Tab").type(search).go_on()
    keys.press("Space", "Tab", "Space", "Tab", "Space", "Tab", "Space").go_on()
    look_first(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Someone has moved home")
    return keys


def tell_of_a_move(page: Page, search: str = "garcia 1974") -> tuple[Keys, str]:
    """The whole of it; the keys, and the reference."""
    keys = find_maria(page, search)
    keys.press("Space", "Tab").type("4 dock rd aa36tu").press("Tab", "Space").go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check what we will tell each team")
    keys.go_on()
    return keys, reference_on(page)


def look_first(page: Page) -> None:
    """Where something was told before, the adviser looks at it and goes on."""
    if page.url.endswith("/before"):
        page.locator(".tuo-interruption button").click()
        Keys(page).ready()


def find_trevor(page: Page) -> Keys:
    """A death, told by the wife, whom we know to live at the same home."""
    page.goto("/tell")
    keys = Keys(page).ready()
    keys.press("ArrowDown", "Tab").type("mottram 1955").go_on()
    keys.press("Space", "Tab", "Space").go_on()
    look_first(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Someone has died")
    return keys


def fill_in_the_death(keys: Keys) -> Keys:
    """Two days ago; a close relative, who is the wife and next of kin, and deals with the money and property."""
    keys.press("ArrowRight", "ArrowRight", "Tab").type("last tuesday")
    keys.press("Tab").type("a c").press("Tab").type("1")
    keys.press("Tab", "Tab", "Tab").type("h").press("Tab", "Tab", "Tab").type("n")
    return keys.press("Tab", "Space", "Tab", "Space", "Tab", "Space")


def tell_of_a_death(page: Page) -> tuple[Keys, str]:
    """The whole of it; the keys, and the reference."""
    keys = fill_in_the_death(find_trevor(page)).go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check what we will tell each team")
    keys.go_on()
    return keys, reference_on(page)


def reference_on(page: Page) -> str:
    """The reference that the adviser reads out."""
    expect(page.locator("#the-reference")).to_be_visible()
    return page.locator("#the-reference").inner_text()
