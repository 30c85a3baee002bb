"""Fixtures of the screens' tests: one Chromium for the run, one desk a module, and pages of signed-in people."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.screens.ground import Desk, chromium, open_desk, opened

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once for the run."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The screens over the invented town, without Kafka; one for a module."""
    database: Path = tmp_path_factory.mktemp("desk") / "tuo.db"
    with open_desk(f"sqlite:///{database}") as desk:
        yield desk


@pytest.fixture
def signed_in(browser: Browser, desk: Desk) -> Iterator[OpenPage]:
    """``signed_in("operator", width=320, scripts=False)``: a page of somebody who has signed in."""
    with ExitStack() as opened_pages:

        def open_page(person: str = "adviser", *, width: int = 1280, scripts: bool = True, zoom: int = 1) -> Page:
            cookies = desk.sign_in(person)
            page = opened(browser, desk.url, cookies, width=width, scripts=scripts, zoom=zoom)
            return opened_pages.enter_context(page)

        yield open_page


TakePicture = Callable[[Page, str], None]


@pytest.fixture
def take_picture() -> TakePicture:
    """Keep a picture of a page for the documentation, where the environment names a folder: make pictures."""
    folder = os.environ.get("TUO_PICTURES")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return take
