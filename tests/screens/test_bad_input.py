"""What people type wrong, on purpose or not: it is told beside the field, kept, and nothing is ever run or echoed."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from broker.screens.tables import session
from tests.screens.checking import Keys, violations
from tests.screens.conftest import OpenPage
from tests.screens.ground import Desk
from tests.screens.steps import find_maria

SCRIPT = "<script>document.title='taken over'</script>\"'><img src=x onerror=document.title='taken over'>"
HOSTILE = [SCRIPT, "{{ 7 * 7 }} {% raw %}", "Robert'); DROP TABLE event;--", "\u202egnihtemos", "a" * 5000, "😀" * 50]


def to_the_form(page: Page) -> None:
    find_maria(page)


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "template", "sql", "backwards", "long", "emoji"])
def test_a_hostile_text_is_shown_as_text_or_refused_and_never_run(signed_in: OpenPage, text: str) -> None:
    page = signed_in()
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.get_by_label("Who is it about?").fill(text)
    page.get_by_role("button", name="Find the person").click()
    assert page.title().startswith("Who is it about")
    to_the_form(page)
    page.get_by_label("Today").check()
    page.get_by_label("New address").fill(f"{text}, AA3 6TU")
    page.get_by_label("Within our area").check()
    page.get_by_role("button", name="Check who will be told").click()
    assert "taken over" not in page.title()
    assert page.locator("img").count() == 0
    page.goto("/track")
    page.get_by_label("Reference", exact=True).fill(text)
    page.get_by_role("button", name="Find it").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert "taken over" not in page.title()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("31 February 2026", "Enter a real date"),
        ("next pancake day", "Enter a real date"),
        ("3 March 2050", "too far in the future"),
        ("1700", "Enter a real date"),
    ],
)
def test_a_day_that_cannot_be_is_told_beside_its_field_and_kept(signed_in: OpenPage, typed: str, said: str) -> None:
    page = signed_in()
    to_the_form(page)
    page.get_by_label("Another day").check()
    page.get_by_label("Which day?").fill(typed)
    page.get_by_label("New address").fill("4 Dock Road, AA3 6TU")
    page.get_by_label("Within our area").check()
    page.get_by_role("button", name="Check who will be told").click()
    expect(page.locator("#q-occurred_on-error")).to_contain_text(said)
    assert page.get_by_label("Which day?").input_value() == typed
    assert page.get_by_label("New address").input_value() == "4 Dock Road, AA3 6TU"
    assert violations(page) == []
    Keys(page).ready()
    page.locator(".govuk-error-summary a").first.click()
    expect(page.locator("#q-occurred_on")).to_be_focused()


def test_somebody_we_do_not_know_is_described_in_full_or_the_form_says_what_is_missing(signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    page.get_by_label("A phone number, e-mail").check()
    page.get_by_role("button", name="Find the person").click()
    page.get_by_label("Not listed").check()
    page.get_by_label("Somebody else").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Check who will be told").click()
    problems = page.locator(".govuk-error-summary li").all_inner_texts()
    assert any("Their name" in one for one in problems)
    assert any("Their date of birth" in one for one in problems)
    assert any("Your caller’s name" in one for one in problems)
    assert violations(page) == []


def test_a_session_that_ended_while_they_typed_keeps_what_they_typed(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    to_the_form(page)
    form = page.url
    page.get_by_label("Today").check()
    page.get_by_label("New address").fill("99 Dock Road, AA3 6TU")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    desk.broker.store.write_now(lambda tx: tx.execute(update(session).values(seen_at=long_ago)).rowcount)
    page.get_by_role("button", name="Check who will be told").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Sam Pritchard").check()
    page.get_by_role("button", name="Continue").click()
    assert page.url == form
    assert page.get_by_label("New address").input_value() == "99 Dock Road, AA3 6TU"


def test_somebody_elses_draft_is_nobodys(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    to_the_form(page)
    path = page.url.removeprefix(desk.url)
    with desk.client("operator") as other:
        assert other.get(path).status_code == 403
    stranger = desk.sign_in("adviser")
    desk.broker.store.write_now(
        lambda tx: (
            tx.execute(
                update(session).where(session.c.token_hash == desk.hash_of(stranger)).values(actor="somebody-else")
            ).rowcount
        )
    )
    with desk.client(None) as other:
        other.cookies.update(stranger)
        assert other.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"csrf=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"a=1&" * 600, "application/x-www-form-urlencoded", 400),
        (b"search=%00", "application/x-www-form-urlencoded", 400),
    ],
    ids=["not text", "not a form", "too large", "too many fields", "nul"],
)
def test_what_no_form_of_ours_sends_gets_a_page_with_a_reference(
    desk: Desk, body: bytes, kind: str, status: int
) -> None:
    with desk.client("adviser") as adviser:
        answer = adviser.post("/tell", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["x-correlation-id"] in answer.text
    assert "Go to your start page" in answer.text


def test_every_answer_says_what_a_browser_may_do_with_it(desk: Desk) -> None:
    with desk.client("adviser") as adviser:
        pages = [adviser.get(path) for path in ("/tell", "/recent", "/track", "/nowhere", "/sign-in")]
    for page in pages:
        policy = page.headers["content-security-policy"]
        nonce = policy.split("'nonce-")[1].split("'")[0]
        assert f'nonce="{nonce}"' in page.text
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "style=" not in page.text
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
    assert len({page.headers["content-security-policy"] for page in pages}) == len(pages)


def test_a_page_on_another_site_cannot_send_our_form(desk: Desk) -> None:
    cookies = desk.sign_in("adviser")
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        sent = {"csrf": desk.csrf(cookies), "kind": "move"}
        answer = adviser.post("/tell", data=sent, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
