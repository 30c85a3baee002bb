"""Protected people: the named team sees their notifications, and nobody else can tell that there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from broker.screens.who_may import PersonRole
from broker.tables import audit
from schemas.move import Move
from tests.broker.worlds import rows
from tests.screens.cases import KIT, tell
from tests.screens.checking import assert_fits, violations
from tests.screens.conftest import OpenPage
from tests.screens.ground import Desk, open_desk

NOWHERE = "TUO-0000-0000-0000"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(f"sqlite:///{tmp_path / 'tuo.db'}", second_look_share=0) as desk:
        yield desk


def test_the_team_opens_with_a_reason_sees_and_takes(desk: Desk, signed_in: OpenPage) -> None:
    reference = tell(desk, Move, KIT, "kit")
    page = signed_in("protection", width=320)
    page.goto("/")
    assert page.url == f"{desk.url}/protected"
    assert violations(page) == []
    page.get_by_role("link", name=reference).click()
    assert "Verney" not in page.content()
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#reason-error")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Why do you open it?").fill("The daily list.")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("table")).to_contain_text("Verney")
    assert violations(page) == []
    assert_fits(page)
    page.get_by_role("button", name="I take care of it").click()
    expect(page.get_by_text("Nothing waits for the team.")).to_be_visible()
    said = [(row.what, row.actor, row.said) for row in rows(desk.broker.store, audit) if row.what.startswith("prot")]
    assert said == [
        ("protected.shown", "demo-protection", "The daily list."),
        ("protected.taken", "demo-protection", "The daily list."),
    ]


@pytest.mark.parametrize("role", [role for role in PersonRole if role is not PersonRole.PROTECTION])
def test_to_everybody_else_it_is_as_if_there_were_none(desk: Desk, role: PersonRole) -> None:
    reference = tell(desk, Move, KIT, "kit")
    with desk.client(role) as person:
        for path in ("/protected/{}", "/reviews/{}", "/reviews/{}/decided"):
            there, nowhere = (person.get(path.format(each)) for each in (reference, NOWHERE))
            assert there.status_code == nowhere.status_code
            assert there.status_code in (403, 404)
            assert "Verney" not in there.text
        assert reference not in person.get("/reviews").text
