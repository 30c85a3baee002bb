"""Signing in by the council's provider (a real one, in a process of its own), in a demonstration, and out again."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from broker.parts import CannotListen
from broker.screens.loopback import refuse_demo_elsewhere
from broker.screens.oidc import NotSignedIn, who_of
from broker.screens.tables import session
from broker.screens.visit import PROVED_WITHIN
from broker.screens.who_may import PersonRole
from broker.settings import Settings
from tests.ground.ports import free_ports
from tests.screens.checking import violations
from tests.screens.conftest import TakePicture
from tests.screens.ground import Desk, open_desk, opened

CLIENT: dict[str, Any] = {"sign_in_client": "screens", "sign_in_secret": "not-a-secret", "demo_sign_in": False}
#: the provider's own page loads its styles from elsewhere
ANYWHERE = "http"
#: a page that only somebody may see who has lately shown who they are
NEEDS_PROOF = "/runs/none/approve"
PEOPLE: list[dict[str, Any]] = [
    {"sub": "sam", "userinfo": {"name": "Sam Pritchard", "roles": ["adviser"], "council": "E07999999"}},
    {"sub": "nobody", "userinfo": {"name": "No Role", "roles": ["gardener"], "council": "E07999999"}},
    {"sub": "elsewhere", "userinfo": {"name": "Else Where", "roles": ["adviser"], "council": "E07999998"}},
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A real OpenID Connect provider, in a process of its own."""
    port = free_ports(1)
    claims = [word for one in PEOPLE for word in ("--user-claims", json.dumps({"sub": one["sub"], **one["userinfo"]}))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *claims]
    provider = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 30
        while not answers(f"{url}/.well-known/openid-configuration"):
            assert provider.poll() is None, "the provider ended"
            assert time.monotonic() < deadline, "the provider does not answer"
            time.sleep(0.05)
        yield url
    finally:
        provider.terminate()
        provider.wait(timeout=10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def office(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The screens, with that provider."""
    database: Path = tmp_path_factory.mktemp("office") / "tuo.db"
    told = {**CLIENT, "sign_in_issuer": issuer, "sign_in_council_claim": "council"}
    with open_desk(f"sqlite:///{database}", own_port=True, **told) as desk:
        yield desk


def sign_in_as(page: Page, sub: str) -> None:
    page.goto("/tell")
    page.get_by_role("button", name="Sign in with your council account").click()
    page.get_by_role("button", name=sub, exact=True).or_(page.locator(f"button[value='{sub}']")).first.click()


def test_the_councils_own_provider_signs_an_adviser_in(office: Desk, browser: Browser) -> None:
    with opened(browser, office.url, {}, also=ANYWHERE) as page:
        sign_in_as(page, "sam")
        assert page.url == f"{office.url}/tell"
        expect(page.get_by_text("Sam Pritchard")).to_be_visible()
        cookie = next(one for one in page.context.cookies() if one["name"] == "tuo")
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
    actors = office.broker.store.read_now(lambda tx: list(tx.execute(select(session.c.actor)).scalars()))
    assert actors == ["sam"]


@pytest.mark.parametrize(
    ("sub", "said"), [("nobody", "Your account has no role here"), ("elsewhere", "Your account is of another council")]
)
def test_somebody_without_a_role_here_is_told_so_and_not_let_in(
    office: Desk, browser: Browser, sub: str, said: str
) -> None:
    with opened(browser, office.url, {}, also=ANYWHERE) as page:
        sign_in_as(page, sub)
        expect(page.get_by_role("alert")).to_contain_text(said)
        assert violations(page) == []
        page.goto("/tell")
        assert "/sign-in" in page.url


def test_an_answer_of_the_provider_that_nobody_asked_for_is_refused(office: Desk) -> None:
    with office.client(None) as stranger:
        forged = stranger.get("/sign-in/return?code=abc&state=def")
        assert (forged.status_code, "Begin again" in forged.text) == (400, True)
        begun = stranger.get("/sign-in/start?next=/tell")
        assert begun.status_code == 303
        wrong_state = stranger.get("/sign-in/return?code=abc&state=wrong")
        assert wrong_state.status_code == 403


def test_without_an_answering_provider_the_page_says_so(tmp_path: Path) -> None:
    gone = f"http://127.0.0.1:{free_ports(1)}"
    with open_desk(f"sqlite:///{tmp_path}/tuo.db", **CLIENT, sign_in_issuer=gone) as desk, desk.client(None) as nobody:
        answer = nobody.get("/sign-in/start?next=/tell")
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)
        assert nobody.post("/sign-in/demo", data={"person": "adviser"}).status_code == 404


def test_nobody_is_sent_to_another_site_after_signing_in(desk: Desk) -> None:
    for elsewhere in ("//example.org/", "https://example.org/x", "/\\example.org", "javascript:alert(1)"):
        with desk.client(None) as adviser:
            answer = adviser.post("/sign-in/demo", data={"person": "adviser", "next": elsewhere})
            assert answer.headers["location"] in ("/", "/x"), elsewhere


def test_the_demonstrations_sign_in_is_for_this_machine_alone(desk: Desk) -> None:
    with desk.client(None) as other:
        for headers in ({"X-Forwarded-For": "192.0.2.1"}, {"Host": "tell.example.org"}):
            assert other.post("/sign-in/demo", data={"person": "adviser"}, headers=headers).status_code == 404
            assert "Sam Pritchard" not in other.get("/sign-in", headers=headers).text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "tell.example.org"])  # noqa: S104 - refused
def test_the_broker_refuses_to_start_with_it_on_another_address(host: str) -> None:
    with pytest.raises(CannotListen, match="TUO_DEMO_SIGN_IN"):
        refuse_demo_elsewhere(Settings(demo_sign_in=True, web_host=host))
    refuse_demo_elsewhere(Settings(demo_sign_in=False, web_host=host))
    refuse_demo_elsewhere(Settings(demo_sign_in=True, web_host="127.0.0.1"))


def test_a_page_asks_to_sign_in_first_and_goes_on_where_one_was(
    desk: Desk, browser: Browser, take_picture: TakePicture
) -> None:
    with opened(browser, desk.url, {}) as page:
        page.goto("/tell")
        assert page.url == f"{desk.url}/sign-in?next=%2Ftell"
        assert violations(page) == []
        take_picture(page, "sign-in")
        page.get_by_label("Sam Pritchard").check()
        page.get_by_role("button", name="Continue").click()
        assert page.url == f"{desk.url}/tell"


def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    cookies = desk.sign_in("adviser")
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        assert adviser.get("/tell").status_code == 200
        assert adviser.post("/sign-out", data={"csrf": desk.csrf(cookies)}).status_code == 303
        adviser.cookies.update(cookies)
        assert adviser.get("/tell").status_code == 303


def test_who_does_nothing_for_long_must_sign_in_again(desk: Desk) -> None:
    cookies = desk.sign_in("adviser")
    long_ago = datetime.now(UTC) - timedelta(minutes=desk.settings.idle_minutes + 1)
    unused = update(session).where(session.c.token_hash == desk.hash_of(cookies)).values(seen_at=long_ago)
    desk.broker.store.write_now(lambda tx: tx.execute(unused).rowcount)
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        assert adviser.get("/tell").headers["location"].startswith("/sign-in")


def test_a_token_is_kept_as_its_digest_only(desk: Desk) -> None:
    cookies = desk.sign_in("adviser")
    rows = desk.broker.store.read_now(lambda tx: [str(row) for row in tx.execute(select(session))])
    assert not [row for row in rows if cookies["tuo"] in row]


def test_roles_may_come_as_a_list_or_as_words_and_unknown_ones_are_left_out() -> None:
    settings = Settings()
    assert who_of({"sub": "a", "roles": "adviser reviewer boss"}, settings).roles == {
        PersonRole.ADVISER,
        PersonRole.REVIEWER,
    }
    long = who_of({"sub": "x" * 200, "roles": ["manager"]}, settings)
    assert len(long.actor) == 64
    with pytest.raises(NotSignedIn):
        who_of({"sub": "a", "roles": {"adviser": True}}, settings)


def test_before_approving_one_proves_again_who_one_is_and_comes_back(desk: Desk, browser: Browser) -> None:
    cookies = desk.sign_in("approver")
    a_while_ago = desk.broker.now() - PROVED_WITHIN * 2
    this = session.c.token_hash == desk.hash_of(cookies)
    desk.broker.store.write_now(
        lambda tx: tx.execute(update(session).where(this).values(proved_at=a_while_ago)).rowcount
    )
    with opened(browser, desk.url, cookies) as page:
        page.goto(NEEDS_PROOF)
        expect(page.get_by_role("heading", level=1)).to_have_text("Show that it is you")
        assert violations(page) == []
        before = page.context.cookies()[0]["value"]
        page.get_by_role("button", name="I am Priya Shah").click()
        assert page.url == f"{desk.url}{NEEDS_PROOF}"
        assert page.context.cookies()[0]["value"] != before
