"""The whole of it: somebody signs in, tells, and watches every department answer; while a back office is away, and back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from broker.local_kafka import LocalKafka
from tests.council import Council, running_council
from tests.screens.checking import violations
from tests.screens.conftest import TakePicture
from tests.screens.ground import opened
from tests.screens.steps import tell_of_a_death, tell_of_a_move

#: milliseconds in which a department should have answered
SOON = 30_000
#: what a tracker says while nobody can be told: written down, or about to be told; never that anybody was
WAITS = re.compile("Written down; departments are being chosen|0 of 3 teams have answered")


@pytest.fixture(scope="module")
def council(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    """A council of the demonstration: anybody may choose who to be."""
    home: Path = tmp_path_factory.mktemp("council") / "home"
    with running_council(home, kafka.bootstrap, TUO_TOPIC_PREFIX="screens.", TUO_DEMO_SIGN_IN="true") as running:
        yield running


@pytest.fixture
def adviser(browser: Browser, council: Council) -> Iterator[Page]:
    """Somebody who has just signed in as an adviser."""
    with opened(browser, council.address, {}) as page:
        page.goto("/")
        page.get_by_label("Sam Pritchard").check()
        page.get_by_role("button", name="Continue").click()
        yield page


def test_a_move_is_told_once_and_the_tracker_fills_in_by_itself(
    council: Council, adviser: Page, take_picture: TakePicture
) -> None:
    _, reference = tell_of_a_move(adviser)
    expect(adviser.locator("#tally")).to_have_text("3 of 3 teams have answered", timeout=SOON)
    expect(adviser.get_by_text("Council Tax has changed the account. A new bill will follow.")).to_be_visible()
    assert violations(adviser) == []
    take_picture(adviser, "move-answered")
    assert {line["department"] for line in council.track(reference)["departments"]} == set(council.answers(reference))


def test_while_a_back_office_is_away_the_tracker_says_so_and_then_that_it_answered(
    council: Council, adviser: Page, take_picture: TakePicture
) -> None:
    council.office_mode("council-tax", "error")
    try:
        _, reference = tell_of_a_death(adviser)
        expect(adviser.get_by_text("We could not reach Council Tax yet; we keep trying.")).to_be_visible(timeout=SOON)
        assert violations(adviser) == []
        take_picture(adviser, "back-office-away")
    finally:
        council.office_mode("council-tax", "ok")
    expect(adviser.locator("#tally")).to_have_text("3 of 3 teams have answered", timeout=SOON)
    assert council.answers(reference)["council-tax"]["outcome"] == "accepted"
    take_picture(adviser, "death-answered")


def test_what_a_department_asks_for_is_given_there_and_then(
    council: Council, adviser: Page, take_picture: TakePicture
) -> None:
    council.office_mode("housing-benefit", "ask", count=1, person=council.people["SMP-0001"])
    adviser.goto("/tell")
    adviser.locator("#kind-income_change").check()
    adviser.get_by_label("Who is it about?").fill("thornbury 1938")
    adviser.get_by_role("button", name="Find the person").click()
    adviser.get_by_label("Ada Mary Thornbury").check()
    adviser.get_by_label("The person themselves").check()
    adviser.get_by_label("Date of birth").check()
    adviser.get_by_label("First line of the address").check()
    adviser.get_by_role("button", name="Continue").click()
    adviser.get_by_label("Yesterday").check()
    adviser.get_by_label("It goes up").check()
    adviser.get_by_label("Where does the money come from?").select_option("private_pension")
    adviser.get_by_label("How much, each time?").fill("£412.50")
    adviser.get_by_label("How often?").select_option("monthly")
    adviser.get_by_role("button", name="Check who will be told").click()
    adviser.get_by_role("button", name="Confirm").click()
    expect(adviser.get_by_text("Can they send proof of this change?")).to_be_visible(timeout=SOON)
    assert violations(adviser) == []
    take_picture(adviser, "question")
    adviser.get_by_label("Which paper shows it?").select_option("payslip")
    adviser.get_by_label("Yes").check()
    adviser.get_by_role("button", name="Give them what they ask for").click()
    expect(adviser.get_by_text("This puts right")).to_be_visible()
    expect(adviser.locator("#tally")).to_have_text("1 of 1 teams have answered", timeout=SOON)


def test_while_kafka_is_away_a_move_is_taken_by_keyboard_and_told_when_it_is_back(
    kafka: LocalKafka, council: Council, adviser: Page, take_picture: TakePicture
) -> None:
    kafka.stop()
    try:
        _, reference = tell_of_a_move(adviser, "okafor ben aa1 1aa")
        expect(adviser.locator("#tracker")).to_contain_text(WAITS)
        for _ in range(3):  # the page asks every two seconds; with Kafka there, everybody has answered by then
            with adviser.expect_response(f"**/track/{reference}/now"):
                pass
        expect(adviser.locator("#tracker")).not_to_contain_text("3 of 3 teams have answered")
        assert not council.track(reference)["complete"]
        assert violations(adviser) == []
        take_picture(adviser, "kafka-away")
    finally:
        kafka.start()
    expect(adviser.locator("#tally")).to_have_text("3 of 3 teams have answered", timeout=3 * SOON)
    assert {line["outcome"] for line in council.answers(reference).values()} <= {"accepted", "not_held", "referred"}
