"""A council that sends texts: the caller gets the reference by text; a number that is refused is said beside the field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from pydantic import ValidationError

from broker.screens.messages import Way
from broker.screens.messengers import messenger_of
from broker.settings import Settings
from tests.screens.checking import violations
from tests.screens.ground import Desk, open_desk, opened
from tests.screens.steps import tell_of_a_move
from tests.screens.text_server import KEY, TEMPLATE, TextServer, text_server

NUMBER = "+447700900123"


@pytest.fixture
def council(tmp_path: Path) -> Iterator[tuple[Desk, TextServer]]:
    """A council that sends texts, and no e-mail."""
    with text_server() as texts:
        settings: dict[str, Any] = {
            "messages_notify_template": TEMPLATE,
            "messages_notify_key": KEY,
            "messages_notify_url": texts.url,
        }
        with open_desk(f"sqlite:///{tmp_path / 'tuo.db'}", demo_sign_in=False, **settings) as desk:
            yield desk, texts


def test_a_caller_gets_the_reference_by_text_where_the_council_sends_texts(
    council: tuple[Desk, TextServer], browser: Browser
) -> None:
    desk, texts = council
    with opened(browser, desk.url, desk.sign_in("adviser")) as page:
        _, reference = tell_of_a_move(page)
        page.get_by_role("link", name="Send the caller a receipt").click()
        expect(page.get_by_label("Mobile number")).to_be_visible()
        assert violations(page) == []
        page.get_by_label("Mobile number").fill("07700 900123")
        page.get_by_role("button", name="Send it").click()
        expect(page.get_by_text("Ask the caller whether we may write there").first).to_be_visible()
        assert texts.letters == [], "nothing goes without the caller's permission"
        page.get_by_label("The caller said that we may write there").check()
        page.get_by_role("button", name="Send it").click()
        expect(page.get_by_text("The receipt is on its way.")).to_be_visible()
    (letter,) = texts.letters
    assert letter["phone_number"] == NUMBER
    assert reference in letter["personalisation"]["message"]
    assert "Garc" not in letter["personalisation"]["message"]
    assert len(letter["personalisation"]["message"]) <= 306, "two texts at most"


def test_a_number_that_is_refused_is_said_beside_the_field(council: tuple[Desk, TextServer], browser: Browser) -> None:
    desk, texts = council
    with opened(browser, desk.url, desk.sign_in("adviser")) as page:
        _, reference = tell_of_a_move(page)
    texts.refuses = 400
    cookies = desk.sign_in("adviser")
    with httpx.Client(base_url=desk.url, cookies=cookies) as adviser:
        said = {"csrf": desk.csrf(cookies), "address": "07700 900123", "agreed": "yes"}
        answer = adviser.post(f"/track/{reference}/receipt", data=said)
    assert answer.status_code == 422
    assert "The text service does not take this number" in answer.text


def test_a_council_with_both_offers_both() -> None:
    both = {
        "messages_smtp_host": "mail.example.org",
        "messages_smtp_from": "a@example.org",
        "messages_notify_template": TEMPLATE,
        "messages_notify_key": KEY,
    }
    messenger = messenger_of(Settings.model_validate(both))
    assert messenger is not None
    assert messenger.ways == set(Way)
    assert KEY not in repr(messenger)


@pytest.mark.parametrize(
    "said",
    [
        {"messages_notify_template": TEMPLATE},
        {"messages_notify_key": KEY},
        {"messages_notify_template": TEMPLATE, "messages_notify_key": "a-word"},
        {"messages_notify_url": "http://texts.example.org"},
    ],
)
def test_settings_of_the_texts_that_cannot_work_stop_the_start(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="messages_notify"):
        Settings.model_validate(said)
