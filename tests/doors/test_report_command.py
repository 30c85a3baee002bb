"""tuo report: a month as a table, as CSV, as JSON and in a file, which all say the same; and what it refuses."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker import cli, journey
from broker.recording import Door
from broker.report.month import Month
from broker.schema import bring_up_to_date
from broker.store import Store
from broker.stream import route_waiting
from schemas.move import Move
from tests.doors.office import broker_over, told

MONTH = str(Month.of(datetime.now(UTC)))
Report = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(
    database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Report:
    """``report(MONTH, "--csv")``: the exit code and what was said, over a ledger with six moves of this month."""
    for name in [name for name in os.environ if name.startswith("TUO_") and name != "TUO_TEST_IDENTIFIERS"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUO_HOME", str(tmp_path))
    monkeypatch.setenv("TUO_DATABASE_URL", database_url)
    with Store(database_url) as store:
        bring_up_to_date(store)
        asyncio.run(tell_six(store))

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.run(("report", *arguments))
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


async def tell_six(store: Store) -> None:
    broker = broker_over(store)
    for number in range(6):
        door = Door(source="client:adviser", actor="adviser", key=f"telling-{number}")
        await journey.intake(json.dumps(told(Move, channel="phone")).encode(), door, broker)
    await route_waiting(broker)


def test_every_form_of_the_report_says_the_same(report: Report, tmp_path: Path) -> None:
    code, as_csv, _ = report(MONTH, "--csv")
    figures = list(csv.DictReader(io.StringIO(as_csv)))
    assert code == 0
    assert {line["month"] for line in figures} == {MONTH}
    assert {line["what"]: line["figure"] for line in figures}["life events told"] == "6"
    as_json = json.loads(report(MONTH, "--json")[1])
    assert as_json["month"] == MONTH
    assert [{"month": MONTH, **line} for line in as_json["figures"]] == figures
    table = " ".join(report(MONTH)[1].split())
    assert all(line["what"].split()[0] in table for line in figures)
    assert report(MONTH, "-o", "month.csv")[0] == 0
    assert (tmp_path / "month.csv").read_bytes().decode() == as_csv.replace("\n", "\r\n").replace("\r\r", "\r")


def test_without_a_month_it_is_the_one_before_this(report: Report) -> None:
    before = str(Month.read(MONTH).before())
    assert json.loads(report("--json")[1])["month"] == before


@pytest.mark.parametrize("month", ["2026", "2026-13", "November", ""])
def test_what_is_no_month_is_refused_with_an_example(report: Report, month: str) -> None:
    code, out, err = report(month or " ")
    assert (code, out) == (2, "")
    assert "YYYY-MM" in err


def test_a_wards_file_that_cannot_be_used_is_named_with_its_line(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wards.csv").write_text("postcode,ward,population\nAA1 1,,4000\n")
    monkeypatch.setenv("TUO_WARDS_FILE", str(tmp_path / "wards.csv"))
    code, _, err = report(MONTH)
    assert code == 2
    assert "TUO_WARDS_FILE" in err
    assert "line 2" in err


def test_a_councils_own_terms_change_the_estimate(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUO_REPORT__WOULD_HAVE_TOLD", "0.7")
    monkeypatch.setenv("TUO_REPORT__UNIT_COSTS", '{"phone": 5}')
    method = [line for line in json.loads(report(MONTH, "--json")[1])["figures"] if line["part"] == "method"]
    assert [(line["what"], line["figure"]) for line in method] == [
        ("share of departments a caller would have told", "0.70"),
        ("one contact by phone", "5.00"),
    ]
