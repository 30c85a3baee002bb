"""The auditor finds who did what about whom, takes it away as a file, and leaves a line of their own."""

import csv
import io
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from playwright.sync_api import expect

from broker.notifications import note_audit
from broker.tables import audit
from schemas.move import Move
from tests.broker.worlds import rows
from tests.screens.cases import KIT, SURE, TWIN, tell
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk, open_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(f"sqlite:///{tmp_path_factory.mktemp('audit') / 'tuo.db'}", second_look_share=0) as desk:
        yield desk


def looked_for(desk: Desk, address: str = "/audit", **sought: str) -> httpx.Response:
    cookies = desk.sign_in("auditor")
    with desk.client(None) as auditor:
        auditor.cookies.update(cookies)
        return auditor.post(address, data={"csrf": desk.csrf(cookies), **sought})


def lines_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_reference_finds_the_notification_and_its_deliveries(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    reference = tell(desk, Move, SURE, "sure")
    tell(desk, Move, TWIN, "another")
    page = signed_in("auditor")
    page.goto("/audit")
    assert violations(page) == []
    page.get_by_label("About").fill(reference.lower())
    page.get_by_role("button", name="Search").click()
    assert page.url == f"{desk.url}/audit", "what is sought stands in no address"
    cells = page.locator("tbody tr")
    assert cells.count() >= 2
    assert {row.locator("td").nth(3).inner_text() for row in cells.all()} == {reference}
    expect(page.get_by_role("table")).to_contain_text("notification.recorded")
    assert violations(page) == []
    take_picture(page, "auditor-search")


def test_who_searched_and_for_what_is_in_the_audit(desk: Desk) -> None:
    reference = tell(desk, Move, SURE, "sure-2")
    assert looked_for(desk, about=reference, what="notification.").status_code == 200
    looked_for(desk, "/audit/csv", actor="adviser:amara")
    said = [(row.actor, row.what, row.said) for row in rows(desk.broker.store, audit) if row.about == "audit"]
    assert ("demo-auditor", "audit.searched", f"about: {reference}; what: notification.") in said
    assert ("demo-auditor", "audit.exported", "who: adviser:amara") in said


def test_what_the_audit_does_not_hold_is_not_written_into_it(desk: Desk) -> None:
    looked_for(desk, about="QQ123456C")
    assert all("QQ123456C" not in (row.said or "") for row in rows(desk.broker.store, audit))


def test_a_file_holds_what_fits_and_no_formula(desk: Desk) -> None:
    desk.broker.store.write_now(
        lambda tx: note_audit(tx, desk.broker.now(), "jo", "department.paused", "parking", "=HYPERLINK(1)")
    )
    found = lines_of(looked_for(desk, "/audit/csv", actor="jo"))
    assert [(line["who"], line["said"]) for line in found] == [("jo", "'=HYPERLINK(1)")]


def test_older_lines_follow_page_by_page_and_none_twice(desk: Desk, signed_in: OpenPage) -> None:
    for number in range(120):
        line = partial(note_audit, actor="many", what="letter.buried", about=f"line-{number}")
        desk.broker.store.write_now(partial(line, at=desk.broker.now()))
    page = signed_in("auditor", width=320, scripts=False)
    page.goto("/audit")
    page.get_by_label("Who").fill("many")
    page.get_by_role("button", name="Search").click()
    seen: list[str] = []
    while True:
        seen += page.locator("tbody tr td:nth-child(4)").all_inner_texts()
        assert_fits(page)
        if page.get_by_role("button", name="Older").count() == 0:
            break
        page.get_by_role("button", name="Older").click()
    assert seen == [f"line-{number}" for number in reversed(range(120))]


def test_a_day_that_cannot_be_read_is_asked_for_again(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("auditor")
    page.goto("/audit")
    page.get_by_label("From").fill("<i>someday</i>")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#first-error")).to_be_visible()
    assert page.get_by_label("From").input_value() == "<i>someday</i>"
    assert page.locator("i").count() == 0
    assert violations(page) == []
    backwards = looked_for(desk, first="3 November 2026", last="2 November 2026")
    assert backwards.status_code == 422
    assert looked_for(desk, about="x" * 65).status_code == 422


def test_days_bound_what_is_found(desk: Desk) -> None:
    desk.broker.store.write_now(lambda tx: note_audit(tx, desk.broker.now(), "today", "letter.buried", "x"))
    assert lines_of(looked_for(desk, "/audit/csv", actor="today", first="today", last="today"))
    assert not lines_of(looked_for(desk, "/audit/csv", actor="today", last="yesterday"))


def test_the_team_of_protected_people_leaves_no_line_that_others_can_read(desk: Desk) -> None:
    reference = tell(desk, Move, KIT, "kit")
    cookies = desk.sign_in("protection")
    with desk.client(None) as member:
        member.cookies.update(cookies)
        said = {"csrf": desk.csrf(cookies), "reason": "The daily list."}
        shown = member.post(f"/protected/{reference}", data=said)
        assert "19 Chapel Lane" in shown.text
        assert member.post(f"/protected/{reference}/take", data=said).status_code == 303
    kept = rows(desk.broker.store, audit, audit.c.what.startswith("protected."))
    assert [row.what for row in kept] == ["protected.shown", "protected.taken"]
    assert "protected." not in looked_for(desk, "/audit/csv").text
    assert lines_of(looked_for(desk, "/audit/csv", what="protected.")) == []
