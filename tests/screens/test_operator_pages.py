"""The console's pages: what waits, who is paused, what happened to one event; for everybody, on every screen, and masked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection
from sqlalchemy.event import listen

from broker import department_state
from broker.breaker import Position
from broker.failures.failures import DEAD_LETTER
from broker.failures.groups import groups
from broker.glance import departments_at_a_glance
from broker.screens.operator.examples import examples
from broker.screens.operator.sequences import sequence, sequences
from broker.screens.operator.timeline import timeline
from broker.sweeper import keep_departments
from broker.tables import audit, event
from tests.broker.worlds import rows
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.failing import COUNCIL_TAX, NAMES, deliveries, fail_in_every_way, open_console, wait_for
from tests.screens.ground import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One of every kind of failure: refused, unanswered, parked with others behind it, stuck and unreadable."""
    with open_console(tmp_path_factory.mktemp("desk")) as desk:
        fail_in_every_way(desk)
        yield desk


def parked_one(desk: Desk) -> str:
    failed = [one for one in deliveries(desk) if one]
    text = client_text(desk, "/waiting")
    return next(one for one in failed if f"/waiting/{one}" in text)


def client_text(desk: Desk, address: str, person: str = "operator") -> str:
    with desk.client(person) as client:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return answer.text


def addresses(desk: Desk) -> list[str]:
    """Every page of the console that shows something."""
    text = client_text(desk, "/failures")
    causes = re.findall(r'href="(/failures/causes/[^"]+)"', text)
    failure = re.findall(r'href="(/failures/one/[^"]+)"', client_text(desk, causes[0]))[0]
    head = parked_one(desk)
    reference = re.findall(r"TUO-[0-9A-Z-]{14}", client_text(desk, f"/waiting/{head}"))[0]
    lists = ["/failures", "/failures?cause=dead", "/runs", "/waiting", "/departments", "/dead-letters", "/books"]
    return [
        *lists,
        *causes,
        failure,
        f"{failure}/edit",
        f"{failure}/reveal",
        f"{failure}/answer",
        f"/failures/plan?id={failure.rpartition('/')[2]}",
        "/failures/plan?cause=refused&department=council-tax",
        f"/waiting/{head}",
        "/departments/council-tax",
        "/departments/housing-benefit",
        f"/dead-letters/{DEAD_LETTER}1",
        "/books?whole=yes",
        "/timeline",
        "/timeline?reference=nothing",
        f"/timeline/{reference}",
    ]


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (320, False)])
def test_every_page_is_for_everybody_and_names_nobody(
    desk: Desk, signed_in: OpenPage, width: int, scripts: bool
) -> None:
    page = signed_in("operator", width=width, scripts=scripts)
    for address in addresses(desk):
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        assert [name for name in NAMES if name in page.content()] == [], address
        assert_fits(page)
        assert page.locator(".tuo-command code").count() > 0 or "reveal" in address, f"{address} says no command"
        if scripts:
            assert violations(page) == [], address


def test_every_page_reads_postgresql_as_it_reads_sqlite(tmp_path: Path, postgres_url: str) -> None:
    with open_console(tmp_path, postgres_url) as desk:
        fail_in_every_way(desk)
        for address in addresses(desk):
            if "reference=nothing" not in address:
                client_text(desk, address)
        with desk.client("operator") as operator:
            said = {"csrf": desk.csrf(dict(operator.cookies)), "name": "dead", "cause": "dead"}
            assert operator.post("/failures/views", data=said).status_code == 303
        assert ">dead</a>" in client_text(desk, "/failures")


def test_what_waits_is_told_with_its_next_attempt(desk: Desk, signed_in: OpenPage, take_picture: TakePicture) -> None:
    page = signed_in("operator")
    page.goto("/failures")
    take_picture(page, "failures")
    page.goto("/waiting")
    row = page.get_by_role("row", name=re.compile("http-503"))
    expect(row.locator("[data-left]")).to_have_text(re.compile(r"\(in \d+ min \d+ s\)"))
    expect(row.locator(".tuo-numeric")).to_have_text("1")
    take_picture(page, "waiting")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What waits behind TUO-")
    expect(page.locator(".tuo-timeline li")).to_have_count(1)
    reference = page.get_by_role("heading", level=1).inner_text().rpartition(" ")[2]
    page.goto(f"/timeline?reference={reference.lower().replace('-', ' ')}")
    assert page.url.endswith(f"/timeline/{reference}")
    expect(page.get_by_text("still to come")).to_be_visible()
    expect(page.locator(".tuo-timeline__next [data-left]")).to_have_text(re.compile("in "))
    take_picture(page, "timeline")


def test_without_scripts_the_next_attempt_is_said_to_the_second(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("operator", scripts=False)
    page.goto("/waiting")
    expect(page.locator("time[data-due]")).to_have_text(re.compile(r"^\d+ \w+ \d{4}, \d\d:\d\d:\d\d$"))


def test_a_department_is_paused_and_resumed_by_keys_alone(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    wait_for(lambda: keep_departments(desk.broker))
    page = signed_in("operator")
    page.goto("/departments")
    expect(page.get_by_role("row", name=re.compile("^Council Tax"))).not_to_contain_text("none yet")
    expect(page.get_by_role("row", name=re.compile("Housing Benefit"))).to_contain_text("Paused")
    assert violations(page) == []
    take_picture(page, "departments")
    page.goto(f"/departments/{COUNCIL_TAX}")
    keys = Keys(page).ready()
    to(keys, page, "button:has-text('Pause')")
    keys.go_on()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.locator(".govuk-error-summary li")).to_have_text(
        ["Choose when the pause ends", "Say why: it is written in the audit"]
    )
    assert violations(page) == []
    to(keys, page, "input[name=length]")
    keys.press("Space", "ArrowDown")
    to(keys, page, "#reason")
    keys.type("annual billing").go_on()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="in 59 min")).to_be_visible()
    assert violations(page) == []
    (noted,) = rows(desk.broker.store, audit, (audit.c.what == "department.paused") & (audit.c.about == COUNCIL_TAX))
    assert (noted.actor, "annual billing" in noted.said) == ("demo-operator", True)
    to(keys, page, "#reason")
    keys.type("billed").go_on()
    expect(page.get_by_text("Well", exact=True)).to_be_visible()


def to(keys: Keys, page: Page, wanted: str) -> None:
    """Go on with Tab until something has the focus."""
    for _ in range(60):
        if page.locator(wanted).first.evaluate("one => one === document.activeElement"):
            return
        keys.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def test_departments_keep_themselves_up_to_date(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("auditor")
    page.goto("/departments")
    expect(page.locator("caption")).to_have_text("2 of 3 departments are well")
    ill = {"breaker": Position.OPEN.value, "breaker_since": desk.broker.now(), "breaker_reason": "http-503"}
    desk.broker.store.write_now(lambda tx: department_state.change(tx, COUNCIL_TAX, **ill))
    expect(page.locator("caption")).to_have_text("1 of 3 departments are well", timeout=10_000)
    expect(page.get_by_role("row", name=re.compile("^Council Tax"))).to_contain_text("Does not answer")
    well = {"breaker": Position.CLOSED.value, "breaker_since": None, "breaker_reason": None}
    desk.broker.store.write_now(lambda tx: department_state.change(tx, COUNCIL_TAX, **well))


def test_what_has_not_changed_is_not_sent_again(desk: Desk) -> None:
    with desk.client("operator") as operator:
        for address in ("/departments/live", f"/timeline/{a_reference(desk)}/live"):
            first = operator.get(address)
            again = operator.get(address, headers={"If-None-Match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def a_reference(desk: Desk) -> str:
    return str(rows(desk.broker.store, event)[0].reference)


def test_filters_stand_in_the_address_and_are_shared_by_name(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("operator")
    page.goto("/failures")
    page.get_by_label("What failed").select_option("refused")
    page.get_by_label("Department").select_option(COUNCIL_TAX)
    page.get_by_role("button", name="Show", exact=True).click()
    assert "department=council-tax" in page.url
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_text("Save or remove a view").click()
    page.get_by_label("Name of this view").fill("refused by Council Tax")
    page.get_by_role("button", name="Save these filters").click()
    assert violations(page) == []
    colleague = signed_in("approver")
    colleague.goto("/failures")
    colleague.get_by_role("link", name="refused by Council Tax").click()
    assert colleague.url.endswith("/failures?department=council-tax&cause=refused")
    expect(colleague.get_by_text("Save or remove a view")).to_have_count(0)
    page.goto("/failures")
    page.get_by_text("Save or remove a view").click()
    page.get_by_role("button", name="Remove refused by Council Tax").click()
    expect(page.get_by_role("link", name="refused by Council Tax")).to_have_count(0)


def test_a_cause_has_an_owner_and_a_note(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("operator")
    page.goto("/failures?cause=refused")
    page.locator("tbody th a").first.click()
    page.get_by_label("Owner").fill("Jo")
    page.get_by_label("What is known").fill("x" * 201)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#note-error")).to_contain_text("200 characters or fewer")
    expect(page.get_by_label("Owner")).to_have_value("Jo")
    page.get_by_label("What is known").fill("ticket 4411")
    page.get_by_role("button", name="Save").click()
    page.goto("/failures?cause=refused")
    expect(page.locator("tbody tr").first).to_contain_text("Jo")


def test_personal_data_is_shown_once_to_whoever_says_why(desk: Desk, signed_in: OpenPage) -> None:
    failure = next(one for one in addresses(desk) if re.fullmatch("/failures/one/[^/]+", one))
    page = signed_in("operator")
    page.goto(failure)
    page.get_by_role("link", name="Show what the letter says").click()
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("#reason-error")).to_contain_text("Say why")
    assert rows(desk.broker.store, audit, audit.c.what == "delivery.revealed") == []
    page.get_by_label("Why?").fill("the tenure code, ticket 4411")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("row", name=re.compile("new_home.postcode"))).to_be_visible()
    assert violations(page) == []
    (noted,) = rows(desk.broker.store, audit, audit.c.what == "delivery.revealed")
    assert (noted.actor, noted.about, noted.said) == (
        "demo-operator",
        failure.rpartition("/")[2],
        "the tenure code, ticket 4411",
    )
    page.goto(f"/dead-letters/{DEAD_LETTER}1/reveal")
    page.get_by_label("Why?").fill("what came from the feed")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("pre").last).to_have_text(r"\xffnot a letter")
    assert len(rows(desk.broker.store, audit, audit.c.what == "letter.revealed")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "/failures/one/nobody",
        "/failures/one/%00",
        "/failures/one/" + "x" * 300,
        "/failures/causes/G-00000000",
        "/failures/causes/' or 1=1",
        "/failures/plan?id=%F0%9F%92%A5",
        "/plans/P-00000000",
        "/runs/R-UUUUUUUU",
        "/waiting/nobody",
        "/departments/nobody",
        "/dead-letters/dead-letter-999999999999999999999",
        "/dead-letters/dead-letter-9",
        "/timeline/TUO-0000-0000-0000",
        "/timeline/%3Cscript%3E",
    ],
)
def test_what_is_not_here_is_said_plainly(desk: Desk, address: str) -> None:
    with desk.client("operator") as operator:
        answer = operator.get(address)
    assert answer.status_code == 404
    assert "Quote this when you report it" in answer.text
    assert "<script>" not in answer.text.replace("<script type", "").replace("<script nonce", "")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "two\nlines", "bell\x07", "hidden\u202e"])
def test_a_reason_that_cannot_be_written_down_changes_nothing(desk: Desk, reason: str) -> None:
    with desk.client("operator") as operator:
        said = {"csrf": desk.csrf(dict(operator.cookies)), "reason": reason, "length": "hour", "cause": "refused"}
        for address in (f"/departments/{COUNCIL_TAX}/pause", "/failures/plan"):
            answer = operator.post(address, data=said)
            assert answer.status_code == 422
            assert 'id="reason-error"' in answer.text
    (one,) = [
        row for row in desk.broker.store.read_now(department_state.states).values() if row.department != COUNCIL_TAX
    ]
    assert one.department == "housing-benefit"


@pytest.mark.parametrize("query", ["department=%00", "cause=x", "kind=%27", "period=year", "code=A%20B"])
def test_a_filter_that_is_not_ours_is_left_out_and_said(desk: Desk, query: str) -> None:
    assert "not one of ours" in client_text(desk, f"/failures?{query}")


def test_a_page_in_welsh_says_that_the_console_is_in_english(desk: Desk) -> None:
    text = client_text(desk, "/failures?lang=cy")
    assert re.search(r'<html[^>]* lang="cy"', text)
    assert re.search(r'<main[^>]* lang="en"', text)
    assert "Methiannau" in text


def test_no_page_reads_every_delivery_or_every_event(desk: Desk) -> None:
    plans: list[str] = []

    def every(tx: Connection) -> None:
        said: list[tuple[str, Any]] = []
        listen(tx, "before_cursor_execute", lambda _c, _u, sql, values, _x, _m: said.append((sql, values)))
        found = groups(tx)
        for group in found:
            examples(tx, group, 10)
        for one in sequences(tx):
            sequence(tx, one.id)
        departments_at_a_glance(tx, desk.broker.now(), desk.broker.adapters)
        timeline(a_reference(desk))(tx)
        cursor = tx.connection.cursor()
        for sql, values in said:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            plans.extend(row[3] for row in cursor.fetchall())

    desk.broker.store.read_now(every)
    assert any("USING COVERING INDEX delivery_failed" in plan for plan in plans)
    assert [plan for plan in plans if re.fullmatch(r"SCAN (delivery|event|attempt|step)( AS \w+)?", plan)] == []
