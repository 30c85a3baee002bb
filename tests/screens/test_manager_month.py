"""The month's figures: the page, the file and the command say the same, and they add up to the ledger."""

import csv
import io
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, Update, update

from broker.form_use import FormStep, count_form
from broker.report.month import Month
from broker.report.sheet import HIDDEN, NOT_SHOWN
from broker.standing import Standing
from broker.tables import delivery, event
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.move import Move
from schemas.outcome import OutcomeKind
from tests.broker.worlds import rows
from tests.screens.cases import KIT, MARGARET, SURE, TWIN, tell
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk, open_desk

TUO = Path(sys.executable).with_name("tuo")


@pytest.fixture(scope="module")
def wards_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("wards") / "wards.csv"
    file.write_text("postcode,ward,population\nAA1 1,Abbey,4000\nAA1 2,Bridge,2500\n")
    return file


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, wards_file: Path) -> Iterator[Desk]:
    """A month of twenty-five life events, which departments have answered."""
    database = tmp_path_factory.mktemp("month") / "tuo.db"
    with open_desk(f"sqlite:///{database}", second_look_share=0, wards_file=wards_file) as desk:
        for number in range(7):
            tell(desk, Move, SURE, f"sure-{number}", channel="phone")
        for number in range(6):
            tell(desk, Move, TWIN, f"twin-{number}", channel="face_to_face")
        for number in range(6):
            tell(desk, Bereavement, MARGARET, f"margaret-{number}", channel="web")
        for number in range(2):
            tell(desk, ContactChange, SURE, f"phone-{number}", channel="phone")
        for number in range(4):
            tell(desk, Move, KIT, f"kit-{number}")
        for department, hours in (("council-tax", 3), ("electoral-registration", 31), ("housing-benefit", 52)):
            answer(desk, department, timedelta(hours=hours))
        for step in (*[FormStep.BEGUN] * 9, *[FormStep.SENT] * 6, FormStep.TURNED_BACK):
            desk.broker.store.write_now(partial(count_form, kind="move", step=step, at=datetime.now(UTC)))
        yield desk


def answer(desk: Desk, department: str, after: timedelta) -> None:
    """Let a department have taken everything, so long after it was told."""
    for row in rows(desk.broker.store, delivery, delivery.c.department == department):
        said = {"standing": Standing.SETTLED, "outcome": OutcomeKind.ACCEPTED, "settled_at": row.opened_at + after}
        this = update(delivery).where(delivery.c.id == row.id).values(said)
        desk.broker.store.write_now(partial(run, what=this))


def run(tx: Connection, what: Update) -> int:
    return tx.execute(what).rowcount


Figures = dict[tuple[str, str, str], str]


def on_page(page: Page) -> Figures:
    """Every figure of the page, by its part, what it is and its unit."""
    expect(page.locator("[data-what]").first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-moving]")).to_have_count(0, timeout=30_000)
    read = "cells => cells.map(c => [c.dataset.part, c.dataset.what, c.dataset.unit, c.innerText])"
    found = page.locator("[data-what]").evaluate_all(read)
    figures = {(part, what, unit): "" if said == "–" else said for part, what, unit, said in found}
    assert len(figures) == len(found), "a figure stands on the page twice"
    return figures


def in_csv(text: str) -> Figures:
    return {(line["part"], line["what"], line["unit"]): line["figure"] for line in csv.DictReader(io.StringIO(text))}


def test_the_page_the_file_and_the_command_say_the_same(
    desk: Desk, signed_in: OpenPage, wards_file: Path, take_picture: TakePicture
) -> None:
    page = signed_in("manager")
    page.goto("/")
    assert page.url == f"{desk.url}/figures"
    shown = on_page(page)
    take_picture(page, "manager-month")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download these figures (CSV)").click()
    month = str(Month.of(datetime.now(UTC)))
    assert downloading.value.suggested_filename == f"tell-us-once-{month}.csv"
    downloaded = downloading.value.path().read_text()
    told = {"TUO_DATABASE_URL": desk.broker.store.url, "TUO_WARDS_FILE": str(wards_file)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUO_")}
    command = [str(TUO), "report", month, "--csv"]
    said = subprocess.run(command, env=kept | told, capture_output=True, text=True, check=True).stdout
    assert len(shown) > 40
    assert shown == in_csv(downloaded) == in_csv(said)


def test_the_page_adds_up_to_the_ledger(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("manager")
    page.goto("/figures")
    shown, store = on_page(page), desk.broker.store
    told, deliveries = rows(store, event), rows(store, delivery)
    assert shown["contact", "life events told", "notifications"] == str(len(told)) == "25"
    assert shown["contact", "departments told", "deliveries"] == str(len(deliveries))
    by_department = Counter(row.department for row in deliveries)
    for adapter in desk.broker.adapters:
        count = by_department[adapter.department]
        assert shown["answers", f"{adapter.title}: told", "deliveries"] == str(count)
    tax = desk.broker.adapter("council-tax")
    assert tax is not None
    assert shown["answers", f"{tax.title}: answered", "deliveries"] == str(by_department["council-tax"])
    assert shown["answers", f"{tax.title}: median wait", "hours"] == "3.0"
    assert shown["forms", "left unsent", "forms"] == HIDDEN
    assert shown["by ward", "Abbey", "for each thousand residents"] == f"{15 / 4:.1f}"


def test_a_count_under_five_is_neither_shown_nor_to_be_worked_out(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("manager")
    page.goto("/figures")
    shown = on_page(page)
    by_event = {what: figure for (part, what, _), figure in shown.items() if part == "by event"}
    # The deaths are six: with the moves they would tell, of all twenty-five, how many changed a phone number.
    assert by_event == {Move.caption: "17", Bereavement.caption: NOT_SHOWN, ContactChange.caption: HIDDEN}
    bars = page.locator("svg rect").evaluate_all("all => all.map(one => Number(one.getAttribute('width')))")
    assert len(bars) > 0
    assert "2" not in page.locator("svg text").all_text_contents()


def test_a_chart_is_read_out_by_its_title_and_says_what_its_table_says(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("manager")
    page.goto("/figures")
    chart = page.get_by_role("img", name="Life events told, by channel")
    expect(chart).to_be_visible()
    shown = on_page(page)
    drawn = {said for said in chart.locator("text").all_text_contents() if said.isdigit()}
    assert drawn == {
        said for (part, _, unit), said in shown.items() if part == "by channel" and said.isdigit() and unit
    }
    assert page.locator("[style]").count() == 0


def test_an_earlier_month_is_chosen_without_scripts(desk: Desk, signed_in: OpenPage) -> None:
    month = Month.of(datetime.now(UTC))
    page = signed_in("manager", scripts=False)
    page.goto(f"/figures?month={month.before()}")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("so far")
    assert on_page(page)["contact", "life events told", "notifications"] == "0"
    page.get_by_label("Month").select_option(str(month))
    page.get_by_role("button", name="Show").click()
    assert on_page(page)["contact", "life events told", "notifications"] == "25"


@pytest.mark.parametrize("month", ["2026-13", "now", "0001-01", "<b>", "2026-11-01"])
def test_what_is_no_month_is_refused_with_what_to_do(desk: Desk, month: str) -> None:
    with desk.client("manager") as manager:
        for address in ("/figures", "/figures/csv"):
            answer = manager.get(address, params={"month": month})
            assert answer.status_code == 400
            assert "Choose a month from the list" in answer.text
            assert "<b>" not in answer.text


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_without_violations_and_fits(
    desk: Desk, signed_in: OpenPage, width: int, take_picture: TakePicture
) -> None:
    page = signed_in("manager", width=width)
    for address in ("/figures", f"/figures?month={Month.of(datetime.now(UTC)).before()}"):
        page.goto(address)
        assert violations(page) == []
        assert_fits(page)


def test_on_paper_there_is_no_navigation_and_no_form(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("manager")
    page.goto("/figures")
    page.emulate_media(media="print")
    expect(page.get_by_label("Month")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("img").first).to_be_visible()


def test_a_report_is_kept_for_a_while_and_drawn_up_again_when_asked(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("manager")
    page.goto("/figures?again=1")
    expect(page.locator("[data-moving]")).to_have_count(0)
    begun = on_page(page)["forms", "begun", "forms"]
    desk.broker.store.write_now(partial(count_form, kind="birth", step=FormStep.BEGUN, at=datetime.now(UTC)))
    page.goto("/figures")
    assert on_page(page)["forms", "begun", "forms"] == begun
    page.get_by_role("link", name="Draw up again").click()
    expect(page.locator("[data-part=forms][data-what=begun]")).to_have_text(str(int(begun) + 1))
