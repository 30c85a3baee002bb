"""What takes seconds is drawn up beside the pages: a page waits a moment, then says so, and shows it when it is there."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from bench.grown import grow_ledger
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage
from tests.screens.ground import Desk, open_desk

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A ledger that takes longer to read than a page may."""
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    database = tmp_path_factory.mktemp("drawn") / "tuo.db"
    with open_desk(f"sqlite:///{database}") as desk:
        grow_ledger(desk.broker.store, 100_000, desk.broker.now())
        yield desk


def test_a_month_that_takes_long_says_so_and_then_shows_itself(signed_in: OpenPage) -> None:
    page = signed_in("manager")
    page.goto("/figures")
    expect(page.get_by_text("It is being drawn up now.")).to_be_visible()
    assert violations(page) == []
    assert_fits(page)
    expect(page.locator("[data-what='life events told']")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Draw up again").click()
    expect(page.get_by_text("It is being drawn up now.")).to_be_visible()
    expect(page.locator("[data-what='life events told']")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_text("It is being drawn up now.")).to_be_hidden(timeout=30_000)


def test_books_that_take_long_say_so_and_then_show_themselves_without_scripts_too(signed_in: OpenPage) -> None:
    page = signed_in("operator")
    page.goto("/books?whole=yes")
    expect(page.get_by_text("It is being drawn up now.")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_role("table", name="Deliveries by department")).to_be_visible(timeout=30_000)
    plain = signed_in("operator", scripts=False)
    plain.goto("/books?whole=yes&again=1")
    plain.get_by_role("link", name="Look again").click()
    expect(plain.get_by_role("table", name="Deliveries by department")).to_be_visible()
