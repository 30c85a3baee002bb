"""What the tests of the screens stand on: a real web door over a real database, and a real Chromium before it."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.types import ASGIApp

from broker import journey, notifications
from broker.adapter import Adapter
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.main import build
from broker.ports import Broker
from broker.schema import bring_up_to_date
from broker.screens import sessions
from broker.screens.app import make_screens
from broker.screens.demo_people import demo_people
from broker.screens.door import one_door
from broker.screens.sessions import Who
from broker.settings import Settings
from broker.store import Store
from broker.web.app import make_app
from broker.web.serving import listening
from tests.doors.office import wait_until
from tests.ground.ports import free_ports

TOWN = Path(__file__).parents[2] / "broker" / "demo" / "town.jsonl"
AXE = Path(__file__).parents[2] / "broker" / "screens" / "styles" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def run_in_a_loop(work: Coroutine[Any, Any, object]) -> None:
    """Run it in a thread of its own: Playwright has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The screens, running: the broker behind them, their address, and somebody of every role."""

    broker: Broker
    settings: Settings
    url: str

    def sign_in(self, person: str = "adviser", who: Who | None = None) -> dict[str, str]:
        """The cookies of somebody who has just signed in."""
        token = sessions.new_token()
        signed = who or demo_people(self.settings.council_gss)[person]
        self.broker.store.write_now(sessions.begin(token, signed, datetime.now(UTC)))
        return {"tuo": token}

    def csrf(self, cookies: dict[str, str]) -> str:
        """The token that a form of this sign-in holds."""
        session = self.broker.store.read_now(sessions.find(cookies["tuo"]))
        assert session is not None
        return session.csrf

    @staticmethod
    def hash_of(cookies: dict[str, str]) -> str:
        """What the database holds of this sign-in's token."""
        return sessions.digest(cookies["tuo"])

    def client(self, person: str | None = "adviser", who: Who | None = None) -> httpx.Client:
        """A plain client with that sign-in, or with none; it follows no redirects."""
        cookies = self.sign_in(person or "", who) if person or who else {}
        return httpx.Client(base_url=self.url, cookies=cookies, timeout=20)

    def route(self) -> None:
        """Walk the first leg for everything that waits, as the router does."""
        waiting = self.broker.store.read_now(notifications.waiting_for_a_route(100))
        run_in_a_loop(journey.tell(waiting, self.broker))


def load_town(store: Store, residents: Path = TOWN) -> None:
    """Put the invented residents into the directory."""
    load(store, (Resident.model_validate_json(line) for line in residents.read_text().splitlines()))


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[int]:
    """Serve an application in a thread, as the broker serves it; the port."""
    listening_at = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(listening(app, Settings()))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # not the main thread
    thread = threading.Thread(target=server.run, args=([listening_at],), name="door")
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield int(listening_at.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listening_at.close()


@contextmanager
def open_desk(
    database_url: str,
    *,
    own_port: bool = False,
    residents: Path = TOWN,
    also: Sequence[Adapter] = (),
    **settings: Any,  # noqa: ANN401 - settings of any kind
) -> Iterator[Desk]:
    """Serve the screens and the API over the town until the block ends; Kafka is not there.

    ``own_port``: the settings say the port that it is served on, as a sign-in provider must send browsers back to it.
    ``also``: departments beside those that are installed.
    """
    port = free_ports(1)
    told = Settings.model_validate({"demo_sign_in": True, "web_port": port, **settings})
    with Store(database_url) as store:
        bring_up_to_date(store)
        load_town(store, residents)
        broker = build(told, store)
        broker = replace(broker, adapters=(*broker.adapters, *also))
        door = one_door(make_app(broker, told), make_screens(broker, told))
        with served(door, port=port if own_port else 0) as served_at:
            yield Desk(broker=broker, settings=told, url=f"http://127.0.0.1:{served_at}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright. A missing part is a failure that says what to install."""
    program = shutil.which("chromium")
    assert program, "Chromium is not here: run .ci/setup test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser,
    desk_url: str,
    cookies: dict[str, str],
    *,
    width: int = 1280,
    scripts: bool = True,
    zoom: int = 1,
    also: str = "data:",
) -> Iterator[Page]:
    """A page of one person; any request to another host than ``also``, and any error in the page, fails the test.

    ``zoom`` 4 is a window of 1280 by 1024 at 400 %: a quarter of the room, each dot drawn by sixteen (WCAG 2.2, 1.4.10).
    """
    room = {"width": width, "height": 900} if zoom == 1 else {"width": width // zoom, "height": 1024 // zoom}
    context = browser.new_context(
        base_url=desk_url,
        java_script_enabled=scripts,
        viewport=room,  # type: ignore[arg-type]
        device_scale_factor=zoom,
        bypass_csp=False,
    )
    try:
        context.add_cookies([{"name": name, "value": value, "url": desk_url} for name, value in cookies.items()])
        wrong = _watched(context, (desk_url, "data:", also))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if _is_wrong(said.text) else None)
        page.set_default_timeout(15_000)
        yield page
        assert wrong == []
    finally:
        context.close()


def _watched(context: BrowserContext, ours: tuple[str, ...]) -> list[str]:
    wrong: list[str] = []
    context.on("request", lambda asked: None if asked.url.startswith(ours) else wrong.append(asked.url))
    return wrong


def _is_wrong(said: str) -> bool:
    return "Content Security Policy" in said or "Refused to" in said
