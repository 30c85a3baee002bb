"""The whole story: told by keyboard while Kafka is stopped and a back office is down; found, replayed, settled, counted.

One town, real parts: the broker, Kafka and three back offices, each a process of its own; the counts by SQL of the test.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from broker.local_kafka import LocalKafka
from schemas.move import Move
from tests.council import Council, running_council
from tests.doors.office import told
from tests.screens.cases import TWIN
from tests.screens.checking import Keys, violations
from tests.screens.ground import opened
from tests.screens.steps import tell_of_a_death, tell_of_a_move

MOST_KEYS_OF_A_MOVE, MOST_KEYS_OF_A_DEATH = 50, 80
SOON = 60_000
#: moves that are told while the back office refuses, so that the month has figures that need not be hidden
REFUSED_MOVES = ("okafor ben aa1 1aa", "thornbury 1938", "tibbs 1944", "wilkes 1950", "kowalska 1988")
#: what a tracker's line says while nobody there has a letter; all others say that they have been told
NOT_TOLD = re.compile("We are about to tell|We are telling|could not reach|could not take this yet")

SignIn = Callable[[str], Page]


@pytest.fixture(scope="module")
def council(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    """A council of the demonstration, in whose month nothing has happened yet."""
    home: Path = tmp_path_factory.mktemp("story") / "home"
    with running_council(home, kafka.bootstrap, TUO_TOPIC_PREFIX="story.", TUO_DEMO_SIGN_IN="true") as running:
        yield running


@pytest.fixture
def sign_in(browser: Browser, council: Council) -> Iterator[SignIn]:
    """Somebody by name, signed in as everybody is: through the page."""
    with ExitStack() as pages:

        def named(name: str) -> Page:
            page = pages.enter_context(opened(browser, council.address, {}))
            page.goto("/")
            page.get_by_label(name).check()
            page.get_by_role("button", name="Continue").click()
            return page

        yield named


def counted(council: Council, query: str) -> dict[str, int]:
    """What the ledger holds, asked past all of our own code: the first column to the second."""
    with sqlite3.connect(f"file:{council.home.absolute() / 'tuo.db'}?mode=ro", uri=True) as ledger:
        return dict(ledger.execute(query).fetchall())


def heard_of(council: Council, reference: str) -> set[str]:
    """The back offices whose own journals hold a letter of this notification."""
    departments = ("council-tax", "housing-benefit", "electoral-registration")
    deliveries = {line["department"]: line["delivery"] for line in council.track(reference)["departments"]}
    return {one for one in departments if deliveries.get(one, "-") in json.dumps(council.journal(one))}


def assert_true(council: Council, page: Page, reference: str) -> None:
    """Whoever the page says has been told has a letter in their own journal."""
    page.goto(f"/track/{reference}")
    lines = page.locator("#tracker .tuo-lines > li").all_inner_texts()
    titles = {line["title"]: line["department"] for line in council.track(reference)["departments"]}
    said = {
        name for title, name in titles.items() for line in lines if line.startswith(title) and not NOT_TOLD.search(line)
    }
    assert said <= heard_of(council, reference), lines


@pytest.mark.timeout(600)
def test_the_whole_story(council: Council, kafka: LocalKafka, sign_in: SignIn) -> None:
    adviser = sign_in("Sam Pritchard")
    move, death = told_by_keyboard_while_nothing_works(council, kafka, adviser)
    expect_everybody_to_answer(council, adviser, move, death)
    refused = told_while_one_refuses(council, adviser)
    found_and_replayed(sign_in, refused)
    twin = settled_by_a_reviewer(council, adviser, sign_in("Rhys Morgan"))
    for reference in (move, death, *refused, twin):
        assert_true(council, adviser, reference)
        assert all(line["outcome"] for line in council.track(reference)["departments"])
    the_month_adds_up(council, sign_in("Alex Whitlock"))


def told_by_keyboard_while_nothing_works(council: Council, kafka: LocalKafka, adviser: Page) -> tuple[str, str]:
    """A move and a death, while Kafka is stopped and Council Tax's back office is down."""
    council.office_mode("council-tax", "error")
    kafka.stop()
    try:
        keys, move = tell_of_a_move(adviser)
        assert keys.pressed <= MOST_KEYS_OF_A_MOVE
        assert_true(council, adviser, move)
        keys, death = tell_of_a_death(adviser)
        assert keys.pressed <= MOST_KEYS_OF_A_DEATH
        for reference in (move, death):
            assert_true(council, adviser, reference)
            expect(adviser.locator("#tracker")).not_to_contain_text("has been told")
            assert violations(adviser) == []
    finally:
        kafka.start()
    return move, death


def expect_everybody_to_answer(council: Council, adviser: Page, *references: str) -> None:
    """Kafka is back: two answer, the third cannot be reached, and the page says so; then it is back too."""
    for reference in references:
        adviser.goto(f"/track/{reference}")
        expect(adviser.locator("#tally")).to_have_text("2 of 3 teams have answered", timeout=3 * SOON)
        expect(adviser.get_by_text("We could not reach Council Tax yet; we keep trying.")).to_be_visible(timeout=SOON)
        assert_true(council, adviser, reference)
    council.office_mode("council-tax", "ok")
    for reference in references:
        adviser.goto(f"/track/{reference}")
        expect(adviser.locator("#tally")).to_have_text("3 of 3 teams have answered", timeout=SOON)
        assert_true(council, adviser, reference)


def told_while_one_refuses(council: Council, adviser: Page) -> list[str]:
    """Moves that Council Tax does not accept; the adviser reads that a colleague looks into it."""
    council.office_mode("council-tax", "refuse")
    told = []
    for search in REFUSED_MOVES:
        _, reference = tell_of_a_move(adviser, search)
        told.append(reference)
        expect(adviser.get_by_text("A colleague will look at it.").first).to_be_visible(timeout=SOON)
    council.office_mode("council-tax", "ok")
    return told


def found_and_replayed(sign_in: SignIn, refused: list[str]) -> None:
    """The operator finds them as one cause and plans to send them under new ids; a second person agrees; all are taken."""
    operator = sign_in("Jo Adeyemi")
    operator.goto("/failures")
    row = operator.get_by_role("row", name=re.compile("Council Tax"))
    expect(row.locator(".tuo-numeric").first).to_have_text(str(len(refused)))
    row.get_by_role("link").first.click()
    operator.get_by_role("button", name=re.compile("Plan a replay")).click()
    operator.get_by_label("Why?").fill("their back office takes these again")
    operator.get_by_label(re.compile("The same words under a new id")).check()
    operator.get_by_role("button", name="Make the plan").click()
    title = f"{len(refused)} of {len(refused)} failures would be sent again"
    expect(operator.get_by_role("heading", level=1)).to_have_text(title)
    operator.get_by_role("button", name=re.compile("Send it to a second person|Begin with the canary")).click()
    if operator.get_by_text("Waits for a second person").count():
        approver = sign_in("Priya Shah")
        approver.goto("/runs")
        approver.get_by_role("link", name=re.compile("Look at it and agree")).click()
        approver.get_by_label("Why?").fill("looked at the plan")
        approver.get_by_role("button", name=re.compile("I agree")).click()
    expect(operator.locator("[data-status]")).to_contain_text(f"{len(refused)} delivered, 0 failed", timeout=3 * SOON)
    operator.goto("/failures")
    expect(operator.get_by_text("Nothing fails.")).to_be_visible()


def settled_by_a_reviewer(council: Council, adviser: Page, reviewer: Page) -> str:
    """One of twins has moved, told by surname, birth and home alone; a reviewer says which of them, by keys alone."""
    reference = council.tell(told(Move) | {"subject": dict(TWIN)})
    adviser.goto(f"/track/{reference}")
    expect(adviser.locator("#tracker")).to_contain_text("A colleague must choose", timeout=SOON)
    reviewer.goto("/reviews")
    keys = Keys(reviewer).ready().go_on().ready()
    keys.press("1")
    with reviewer.expect_navigation():
        keys.press("Control+Enter")
    expect(reviewer.get_by_role("heading", level=1)).to_have_text("Decided")
    expect(adviser.locator("#tally")).to_have_text("3 of 3 teams have answered", timeout=SOON)
    return reference


def the_month_adds_up(council: Council, manager: Page) -> None:
    """The page's figures beside counts of the ledger's rows."""
    manager.goto("/figures?again=1")
    expect(manager.locator("[data-what='life events told']")).to_be_visible(timeout=SOON)
    shown = {
        (one.get_attribute("data-part"), one.get_attribute("data-what")): one.inner_text()
        for one in manager.locator("[data-what]").all()
    }
    told = counted(council, "SELECT 'all', count(*) FROM event WHERE corrects IS NULL AND withdraws IS NULL")["all"]
    assert shown["contact", "life events told"] == str(told)
    last = "SELECT event_id, department, max(revision) FROM delivery WHERE standing <> 'cancelled' GROUP BY 1, 2"
    by_department = counted(council, f"SELECT department, count(*) FROM ({last}) GROUP BY 1")  # noqa: S608
    assert shown["contact", "departments told"] == str(sum(by_department.values()))
    for line in council.track(reference_of_any(council))["departments"]:
        assert shown["answers", f"{line['title']}: told"] == str(by_department[line["department"]])


def reference_of_any(council: Council) -> str:
    return next(iter(counted(council, "SELECT reference, seq FROM event WHERE kind = 'move' ORDER BY seq LIMIT 1")))
