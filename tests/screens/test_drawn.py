"""What takes seconds is drawn up beside the pages: a page waits a moment, then says so, and shows it when it is there."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from bench.grown import grow_ledger
from broker.screens.drawn import Drawn
from broker.store import StoreUnavailable
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


async def test_who_looks_waits_a_moment_then_is_told_and_finds_it_later() -> None:
    drawn, may_end = Drawn[str, int](fresh_for=MINUTE, patience=0.01), asyncio.Event()
    begun = 0

    async def draw() -> int:
        nonlocal begun
        begun += 1
        await may_end.wait()
        return begun

    first = await drawn.look("a", draw, NOW)
    second = await drawn.look("a", draw, NOW)
    assert (first.what, first.moving, second.moving, begun) == (None, True, True, 1)
    waits = asyncio.create_task(drawn.whole("a", draw, NOW))
    may_end.set()
    assert await waits == 1
    third = await drawn.look("a", draw, NOW)
    assert (third.what, third.drawn_at, third.moving) == (1, NOW, False)


async def test_what_is_old_is_shown_until_the_new_one_is_there() -> None:
    drawn, may_end = Drawn[str, int](fresh_for=MINUTE, patience=0.01), asyncio.Event()

    async def at_once() -> int:
        return 1

    async def in_a_while() -> int:
        await may_end.wait()
        return 2

    await drawn.look("a", at_once, NOW)
    old = await drawn.look("a", in_a_while, NOW + MINUTE)
    assert (old.what, old.drawn_at, old.moving) == (1, NOW, True)
    may_end.set()
    assert await drawn.whole("a", in_a_while, NOW + MINUTE) == 2
    assert (await drawn.look("a", in_a_while, NOW + MINUTE)).what == 2


async def test_what_could_not_be_drawn_up_is_begun_again_by_whoever_looks_next() -> None:
    drawn = Drawn[str, int](fresh_for=MINUTE, patience=5)

    async def away() -> int:
        raise StoreUnavailable("away")

    async def back() -> int:
        return 7

    with pytest.raises(StoreUnavailable):
        await drawn.look("a", away, NOW)
    assert (await drawn.look("a", back, NOW)).what == 7


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
