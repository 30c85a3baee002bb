"""What is asked of every page: no violation of WCAG 2.2 AA, nothing wider than the window; and keys are counted."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.screens.ground import AXE

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@cache
def _axe() -> str:
    assert AXE.exists(), "axe-core is not here: run .ci/setup test"
    return AXE.read_text()


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.0 to 2.2 A and AA, with where; empty where all is well."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", _TAGS
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def assert_fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= window, f"{page.url} is {wide} wide in a window of {window}"


class Keys:
    """A keyboard that counts: each press is a real key event in the browser."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    def press(self, *keys: str) -> "Keys":
        """Press keys by name, as Tab, Space, Enter or ArrowDown."""
        for key in keys:
            self._page.keyboard.press(key)
            self.pressed += 1
        return self

    def type(self, text: str) -> "Keys":
        """Type a text, a key a character."""
        self._page.keyboard.type(text)
        self.pressed += len(text)
        return self

    def go_on(self) -> "Keys":
        """Press Enter, and wait for the next page."""
        with self._page.expect_navigation():
            self.press("Enter")
        return self.ready()

    def ready(self) -> "Keys":
        """Wait until the page's own scripts have started; it costs no key."""
        self._page.wait_for_selector("html[data-started]", state="attached")
        return self
