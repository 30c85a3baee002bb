"""How fast a department answers is measured from the ledger, and read as people say it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from broker.screens.operator.measured import LATELY, answers_a_minute, rate_in_words
from broker.standing import Standing
from broker.tables import delivery
from tests.screens.conftest import OpenPage
from tests.screens.failing import COUNCIL_TAX, deliveries, moved, put
from tests.screens.ground import Desk


@pytest.mark.parametrize(
    ("a_minute", "words"),
    [
        (0, "none"),
        (0.1, "6 an hour"),
        (1, "1 a minute"),
        (3.52, "3.5 a minute"),
        (59.9, "60 a minute"),
        (720, "12 a second"),
    ],
)
def test_a_rate_is_read_in_the_unit_that_fits_it(a_minute: float, words: str) -> None:
    assert rate_in_words(a_minute) == words


def test_what_was_answered_in_the_last_ten_minutes_counts_and_nothing_else(desk: Desk, signed_in: OpenPage) -> None:
    of, now = deliveries(desk, moved(desk, 5)), desk.broker.now()
    everything = update(delivery).values(settled_at=None)
    desk.broker.store.write_now(lambda tx: tx.execute(everything))
    put(desk, of[:4], standing=Standing.SETTLED, outcome="accepted", settled_at=now - timedelta(minutes=1))
    put(desk, of[4:], standing=Standing.SETTLED, outcome="accepted", settled_at=now - LATELY)
    assert desk.broker.store.read_now(lambda tx: answers_a_minute(tx, now)) == {COUNCIL_TAX: pytest.approx(0.4)}
    page = signed_in("operator")
    page.goto("/departments")
    assert "24 an hour" in page.get_by_role("row").filter(has_text="Council Tax").first.inner_text()
