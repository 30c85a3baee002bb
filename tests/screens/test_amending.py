"""After it was told: a correction, a withdrawal, a receipt, and every other life event from the same form."""

import re

import orjson
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from broker.tables import event
from schemas.kinds import life_events
from schemas.withdrawal import Withdrawal
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk
from tests.screens.steps import look_first, reference_on


def latest(desk: Desk) -> dict[str, object]:
    found = desk.broker.store.read_now(
        lambda tx: tx.execute(select(event.c.body).order_by(event.c.seq.desc()).limit(1)).scalar_one()
    )
    document: dict[str, object] = orjson.loads(found)
    return document


@pytest.fixture
def moved(desk: Desk, signed_in: OpenPage) -> tuple[Page, str]:
    """The tracker of a move that departments are told of."""
    page = signed_in()
    page.goto("/tell")
    page.get_by_label("Someone has moved home").check()
    page.get_by_label("Who is it about?").fill("okafor ben aa1 1aa")
    page.get_by_role("button", name="Find the person").click()
    page.get_by_label("Ben Okafor").check()
    page.get_by_label("The person themselves").check()
    page.get_by_label("Date of birth").check()
    page.get_by_label("First line of the address").check()
    page.get_by_role("button", name="Continue").click()
    look_first(page)
    page.get_by_label("Yesterday").check()
    page.get_by_label("New address").fill("7 Dock Road, Sampleton, AA3 6TU")
    page.get_by_label("Within our area").check()
    page.get_by_role("button", name="Check who will be told").click()
    page.get_by_role("button", name="Confirm").click()
    reference = reference_on(page)
    desk.route()
    page.reload()
    return page, reference


def test_a_correction_begins_with_what_was_told_and_changes_only_what_was_wrong(
    desk: Desk, moved: tuple[Page, str], take_picture: TakePicture
) -> None:
    page, reference = moved
    before = latest(desk)
    page.get_by_role("button", name="Correct this").click()
    expect(page.get_by_text(f"This puts right {reference}")).to_be_visible()
    assert page.get_by_label("New address").input_value() == "7 Dock Road, Sampleton, AA3 6TU"
    expect(page.get_by_label("Which day?")).to_have_value(re.compile(r"^\d{1,2} [A-Z][a-z]+ \d{4}$"))
    assert violations(page) == []
    take_picture(page, "correction")
    page.get_by_label("New address").fill("9 Dock Road, Sampleton, AA3 6TU")
    page.get_by_role("button", name="Check who will be told").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    after = latest(desk)
    different = {name for name in after if after[name] != before.get(name)}
    assert different == {"new_address", "corrects", "told_at"}
    assert after["corrects"] == reference


def test_a_withdrawal_says_what_it_will_undo_and_is_told_once(
    desk: Desk, moved: tuple[Page, str], take_picture: TakePicture
) -> None:
    page, reference = moved
    page.get_by_role("link", name="Take this back").click()
    expect(page.get_by_text(re.compile("Electoral Services: has (not )?been told"))).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    take_picture(page, "withdrawal")
    page.get_by_label("It did not happen").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Take it back").dblclick()
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    document = latest(desk)
    assert (document["kind"], document["withdraws"]) == (Withdrawal.kind, reference)


def test_a_receipt_goes_only_where_the_caller_agreed_and_names_nobody(
    desk: Desk, moved: tuple[Page, str], take_picture: TakePicture
) -> None:
    page, reference = moved
    page.get_by_role("link", name="Send the caller a receipt").click()
    page.get_by_role("button", name="Send it").click()
    assert len(page.locator(".govuk-error-summary li").all()) == 2
    assert violations(page) == []
    page.get_by_label("E-mail address or mobile number").fill("ben.okafor@example.org")
    page.get_by_label("The caller said that we may write there").check()
    page.get_by_role("button", name="Send it").click()
    page.goto("/outbox")
    assert violations(page) == []
    sent = page.locator("main").inner_text()
    assert "ben.okafor@example.org" in sent
    assert reference in sent
    assert "Okafor" not in sent.replace("ben.okafor@example.org", "")
    take_picture(page, "outbox")


@pytest.mark.parametrize("kind", [kind for kind in life_events() if kind != Withdrawal.kind])
def test_every_life_event_has_a_form_that_anybody_can_use(signed_in: OpenPage, kind: str) -> None:
    page = signed_in()
    page.goto("/tell")
    page.locator(f"#kind-{kind}").check()
    page.get_by_label("Who is it about?").fill("thornbury 1938")
    page.get_by_role("button", name="Find the person").click()
    page.get_by_label("Ada Mary Thornbury").check()
    page.get_by_label("Somebody else").check()
    page.get_by_role("button", name="Continue").click()
    for summary in page.locator("main details > summary").all():
        summary.click()
    assert violations(page) == []
    page.get_by_role("button", name="Check who will be told").click()
    assert page.locator(".govuk-error-summary li").count() > 0
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert_fits(page)


def test_a_birth_is_told_from_the_same_form(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    page.goto("/tell")
    page.locator("#kind-birth").check()
    page.get_by_label("Who is it about?").fill("okafor grace aa1 1aa")
    page.get_by_role("button", name="Find the person").click()
    page.get_by_label("Grace Ifeoma Okafor").check()
    page.get_by_label("The person themselves").check()
    page.get_by_label("Date of birth").check()
    page.get_by_label("First line of the address").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Another day").check()
    page.get_by_label("Which day?").fill("last sunday")
    page.get_by_label("Yes, born alive").check()
    page.locator("#q-child-name").fill("Mia")
    page.locator("#q-child-name-surname").fill("Okafor")
    page.get_by_role("button", name="Check who will be told").click()
    page.get_by_role("button", name="Confirm").click()
    reference_on(page)
    document = latest(desk)
    assert document["child"] == {"name": {"forenames": "Mia", "surname": "Okafor"}}
    assert document["informant"] == {"is_subject": True, "authority": "subject"}


@pytest.mark.parametrize("typed", ["{}", "{lower}", "{bare}", "{spaced}"])
def test_a_reference_is_found_however_it_is_typed(moved: tuple[Page, str], typed: str) -> None:
    page, reference = moved
    bare = reference.removeprefix("TUO-").replace("-", "")
    page.goto("/track")
    text = typed.format(reference, lower=reference.lower(), bare=bare, spaced=" ".join(bare))
    page.get_by_label("Reference", exact=True).fill(text)
    page.get_by_role("button", name="Find it").click()
    assert page.url.endswith(f"/track/{reference}")


def test_an_unchanged_tracker_is_answered_with_304(desk: Desk, moved: tuple[Page, str]) -> None:
    _, reference = moved
    with desk.client("adviser") as adviser:
        first = adviser.get(f"/track/{reference}/now")
        again = adviser.get(f"/track/{reference}/now", headers={"if-none-match": first.headers["etag"]})
        other = adviser.get(f"/track/{reference}/now?lang=cy", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert again.content == b""
