"""The page before the submission: what each team will be told, in words a person reads, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from broker import department_state, found
from broker.department_state import Pause
from broker.screens.letter_words import caption_of, in_words, noun_of
from broker.screens.questions import questions_of
from broker.screens.told_when import when_in_words, words_to_say
from broker.screens.words import Tongue, Words
from broker.sentences import Waiting, Waits
from schemas.kinds import life_events
from schemas.variants import Variant
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk
from tests.screens.steps import fill_in_the_death, find_maria, find_trevor

ENGLISH, WELSH = Words(Tongue.ENGLISH), Words(Tongue.WELSH)
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
KINDS = [kind for kind in life_events() if kind != "withdrawal"]
#: of a letter, and never on the page
ENVELOPE = set("sequence told_at told_on notification reference revision".split())


@contextmanager
def paused(desk: Desk, department: str, until: datetime | None) -> Iterator[None]:
    """An operator holds back what goes to a department."""
    wanted, at = Pause(actor="demo-operator", reason="billing", until=until), desk.broker.now()
    desk.broker.store.write_now(lambda tx: department_state.pause(tx, department, wanted, at))
    try:
        yield
    finally:
        desk.broker.store.write_now(
            lambda tx: department_state.resume(tx, department, "demo-operator", "done", desk.broker.now())
        )


def check_of_a_death(page: Page) -> str:
    fill_in_the_death(find_trevor(page)).go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check what we will tell each team")
    return page.locator("main").inner_text()


def test_a_death_is_shown_as_people_read_it_and_when_it_will_be_told(
    signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    shown = check_of_a_death(page)
    assert shown.count("Name: Trevor Mottram") == 3
    assert "Trevor, Mottram" not in shown
    assert "Husband or wife, knows that false information can be punished: yes" in shown
    assert "told late: no" in shown
    assert not any(name in shown for name in ("Nino", "Occurred on", "Evidence class", "Counts from", ", Yes", ", No"))
    assert "their relationship to the person; " in shown
    assert "?;" not in shown
    assert shown.count("will be told in 15 minutes; it can be stopped until then") == 3
    assert "I will write this down now and tell 3 teams in 15 minutes; until then I can stop it." in shown
    assert violations(page) == []
    take_picture(page, "death-check")


def test_a_move_says_which_team_is_paused_and_until_when(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in()
    until = datetime(2098, 3, 4, 9, 30, tzinfo=UTC)
    with paused(desk, "council-tax", until), paused(desk, "electoral-registration", None):
        find_maria(page).press("Space", "Tab").type("4 dock rd aa36tu").press("Tab", "Space").go_on()
        shown = page.locator("main").inner_text()
    assert "paused until 4 March 2098, 09:30; will be told then" in shown
    assert "paused; will be told when it goes on" in shown
    assert "Council Tax takes nothing until 4 March 2098, 09:30 and is told then." in shown
    page.set_viewport_size({"width": 320, "height": 800})
    assert_fits(page)


@pytest.mark.parametrize(
    ("waits", "corner"),
    [
        (None, "will be told now"),
        (Waiting(why=Waits.ITS_DAY, moment=datetime(2026, 12, 3, tzinfo=UTC)), "will be told on 3 December 2026"),
        (
            Waiting(why=Waits.CLOSED, moment=datetime(2026, 12, 3, 9, tzinfo=UTC)),
            "closed until 3 December 2026, 09:00; will be told then",
        ),
        (
            Waiting(why=Waits.COOL_OFF, moment=NOW + timedelta(minutes=15)),
            "will be told in 15 minutes; it can be stopped until then",
        ),
        (Waiting(why=Waits.AWAY, moment=NOW), "does not answer just now; will be told when it does"),
        (Waiting(why=Waits.PAUSED), "paused; will be told when it goes on"),
    ],
)
def test_every_wait_is_said_in_the_corner_and_aloud_in_both_languages(waits: Waiting | None, corner: str) -> None:
    assert when_in_words(waits, NOW, ENGLISH) == corner
    for say in (ENGLISH, WELSH):
        aloud = words_to_say([("Council Tax", waits), ("Benefits", Waiting(why=Waits.PAUSED))], NOW, say)
        assert "{" not in aloud + when_in_words(waits, NOW, say)
        assert "Council Tax" in aloud


def test_every_field_of_every_letter_has_a_caption_in_both_languages() -> None:
    fields = {
        field.name for adapter in found.adapters() for telling in adapter.tellings for field in telling.sees.register()
    }
    assert len(fields) > 40
    assert sorted(name for name in fields - ENVELOPE if not ENGLISH.has(f"letter.{name}")) == []
    assert caption_of("a_field_of_another_council", ENGLISH) == "A field of another council"


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_team_does_not_see_is_listed_as_things_and_not_as_questions(kind: str) -> None:
    for variant in (Variant.MATCHED, Variant.UNKNOWN):
        for question in questions_of(kind, variant):
            for say in (ENGLISH, WELSH):
                noun = noun_of(question, kind, say)
                assert "?" not in noun, question.path


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", {"title": "Dr", "forenames": "Ada", "surname": "Sample"}, "Dr Ada Sample"),
        ("name", {"surname": "Rent"}, "Rent"),
        ("other", {"name": "Rent"}, "Rent"),
        ("home", {"state": "uk", "lines": ["3 Quay Street"], "postcode": "AA3 5RS", "uprn": "9"}, "3 Quay Street, AA3 5RS"),
        ("counts_from", {"effective_on": "2026-11-23", "told_late": False}, "23 November 2026, told late: no"),
        ("income", {"income_kind": "rent", "amount": "412.50", "frequency": "weekly"}, "Rent, £412.50, Every week"),
        ("adults", [{"surname": "A"}, {"forenames": "B", "surname": "C"}], "A; B C"),
        ("evidence", [{"kind": "payslip", "seen": True}], "Payslip, seen: yes"),
        ("a_new_group", {"is_new": True}, "is new: yes"),
        ("single_person_discount", True, "Yes"),
        ("estate", {"name": "P", "phone": None, "address": None}, "P"),
        ("evidence_class", "a_new_code", "a new code"),
    ],
)  # fmt: skip
def test_a_value_is_read_as_it_is_said(name: str, value: Any, words: str) -> None:  # noqa: ANN401 - any JSON value
    assert in_words(name, value, ENGLISH) == words
