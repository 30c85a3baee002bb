"""A receipt goes through the council's own mail server, or is not offered; it is never sent to nowhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from pydantic import ValidationError
from sqlalchemy import select

from broker.screens.messages import Outbox, Way
from broker.screens.messengers import messenger_of
from broker.screens.tables import message
from broker.settings import Settings
from broker.tables import audit
from tests.screens.checking import violations
from tests.screens.ground import Desk, open_desk, opened
from tests.screens.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.screens.steps import tell_of_a_move

ADDRESS = "maria.caller@example.org"


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture(scope="module")
def council(mail: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk of a council that has a mail server, and is no demonstration."""
    database: Path = tmp_path_factory.mktemp("desk") / "tuo.db"
    settings: dict[str, Any] = {
        "demo_sign_in": False,
        "messages_smtp_host": "127.0.0.1",
        "messages_smtp_port": mail.port,
        "messages_smtp_from": "tell-us-once@example.org",
        "messages_smtp_user": USER,
        "messages_smtp_password": PASSWORD,
        "messages_smtp_ca_file": mail.certificate,
    }
    with open_desk(f"sqlite:///{database}", **settings) as desk:
        yield desk


@pytest.fixture
def reference(council: Desk, browser: Browser) -> str:
    """A move that was told."""
    return moved(council, browser)


def moved(desk: Desk, browser: Browser) -> str:
    with opened(browser, desk.url, desk.sign_in("adviser")) as page:
        page.goto("/recent")
        if page.locator("main a[href^='/track/']").count():
            return page.locator("main a[href^='/track/']").first.inner_text()
        return tell_of_a_move(page)[1]


def ask_for(desk: Desk, reference: str, **typed: str) -> httpx.Response:
    """Send the form of a receipt."""
    cookies = desk.sign_in("adviser")
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        said = {"csrf": desk.csrf(cookies), "way": "email", "address": ADDRESS, "agreed": "yes", **typed}
        return adviser.post(f"/track/{reference}/receipt", data=said)


def kept(desk: Desk) -> list[object]:
    return list(desk.broker.store.read_now(lambda tx: tx.execute(select(message)).all()))


def noted(desk: Desk, reference: str) -> list[str]:
    wanted = (
        select(audit.c.what).where(audit.c.about == reference, audit.c.what.startswith("caller.")).order_by(audit.c.id)
    )
    return list(desk.broker.store.read_now(lambda tx: tx.execute(wanted).scalars().all()))


def test_a_receipt_is_handed_to_the_councils_mail_server_encrypted_and_names_nobody(
    council: Desk, mail: MailServer, reference: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = ask_for(council, reference)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/track/{reference}?sent=1")
    (letter,) = mail.letters
    assert mail.safely == [True]
    assert (letter["From"], letter["To"]) == ("tell-us-once@example.org", ADDRESS)
    assert letter["Subject"] == f"Sampleton Council: your reference {reference}"
    assert letter["Auto-Submitted"] == "auto-generated"
    said = letter.get_content()
    assert reference in said
    assert "Garc" not in said
    assert "".join(capfd.readouterr()).count(ADDRESS) == 0
    mail.letters.clear()
    mail.safely.clear()


@pytest.mark.parametrize(
    ("refuses", "status", "says"),
    [("550 no such box", 422, "does not take this address"), ("451 later", 503, "The message could not be sent")],
)
def test_what_the_mail_server_does_not_take_is_said_and_not_kept(
    council: Desk,
    mail: MailServer,
    reference: str,
    capfd: pytest.CaptureFixture[str],
    refuses: str,
    status: int,
    says: str,
) -> None:
    before, mail.refuses = len(kept(council)), refuses
    try:
        answer = ask_for(council, reference)
    finally:
        mail.refuses = ""
    assert answer.status_code == status
    assert says in answer.text
    assert (mail.letters, len(kept(council))) == ([], before)
    assert noted(council, reference)[-2:] == ["caller.written_to", "caller.not_reached"]
    assert "".join(capfd.readouterr()).count(ADDRESS) == 0


def test_nothing_is_sent_in_the_clear_where_the_server_stops_offering_encryption(
    council: Desk, mail: MailServer, reference: str
) -> None:
    mail.offers_starttls = False
    try:
        answer = ask_for(council, reference)
    finally:
        mail.offers_starttls = True
    assert answer.status_code == 503
    assert mail.letters == []


def test_a_mail_server_carries_no_text_messages_and_the_page_offers_none(
    council: Desk, browser: Browser, reference: str
) -> None:
    with opened(browser, council.url, council.sign_in("adviser")) as page:
        page.goto(f"/track/{reference}/receipt")
        assert page.get_by_label("Text message").count() == 0
        assert page.get_by_label("E-mail address").count() == 1
        assert violations(page) == []
    assert ask_for(council, reference, way="text", address="07700 900123").status_code == 422


def test_without_a_mail_server_no_receipt_is_offered(tmp_path: Path, browser: Browser) -> None:
    with open_desk(f"sqlite:///{tmp_path / 'tuo.db'}", demo_sign_in=False) as desk:
        reference = moved(desk, browser)
        with opened(browser, desk.url, desk.sign_in("adviser")) as page:
            page.goto(f"/track/{reference}")
            assert page.get_by_role("link", name="Send the caller a receipt").count() == 0
            assert page.get_by_role("link", name="Next caller").count() == 1
        assert ask_for(desk, reference).status_code == 404
        assert kept(desk) == []


def test_the_demonstration_keeps_its_outbox_whatever_else_is_set() -> None:
    settings = {"messages_smtp_host": "mail.example.org", "messages_smtp_from": "a@example.org"}
    demonstration = messenger_of(Settings.model_validate({"demo_sign_in": True, **settings}))
    assert isinstance(demonstration, Outbox)
    assert demonstration.ways == set(Way)
    real = messenger_of(
        Settings.model_validate(settings | {"messages_smtp_user": USER, "messages_smtp_password": PASSWORD})
    )
    assert real is not None
    assert PASSWORD not in repr(real)


@pytest.mark.parametrize(
    "said",
    [
        {"messages_smtp_host": "mail.example.org"},
        {"messages_smtp_user": USER},
        {"messages_smtp_user": USER, "messages_smtp_password": PASSWORD, "messages_smtp_starttls": False},
        {"messages_smtp_from": "not an address"},
    ],
)
def test_settings_of_the_mail_that_cannot_work_stop_the_start(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="messages_smtp"):
        Settings.model_validate(said)
