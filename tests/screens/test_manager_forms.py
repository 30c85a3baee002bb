"""What becomes of advisers' forms is counted: begun, turned back and sent, and nothing of anybody."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from broker.form_use import FormStep, form_use, forms_between
from tests.broker.worlds import rows
from tests.screens.conftest import OpenPage
from tests.screens.ground import Desk
from tests.screens.steps import find_maria, tell_of_a_move


def test_a_form_that_is_begun_turned_back_or_sent_is_counted_once(desk: Desk, signed_in: OpenPage) -> None:
    page = signed_in("adviser")
    find_maria(page).go_on()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    _, reference = tell_of_a_move(page)
    page.goto(f"/track/{reference}")
    year = datetime.now(UTC).year
    found = desk.broker.store.read_now(lambda tx: forms_between(tx, f"{year - 1}-12-31", f"{year + 1}-01-02"))
    assert found == {FormStep.BEGUN: 2, FormStep.SENT: 1, FormStep.TURNED_BACK: 1}
    assert {row.kind for row in rows(desk.broker.store, form_use)} == {"move"}
