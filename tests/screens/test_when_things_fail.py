"""When the database cannot be written, or our own code fails: the page says what was not done, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect
from sqlalchemy import func, select

from broker.screens import drafts, sessions
from broker.screens.drafts import Said
from broker.screens.forgetting import forget
from broker.screens.tables import draft, session
from broker.tables import event
from tests.screens.checking import violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk, run_in_a_loop
from tests.screens.steps import find_maria, reference_on


@contextmanager
def no_room(desk: Desk) -> Iterator[None]:
    """The database refuses to take an event in, as on a full disk."""
    refuse = "CREATE TRIGGER no_room BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'full'); END"
    desk.broker.store.write_now(lambda tx: tx.exec_driver_sql(refuse).close())
    try:
        yield
    finally:
        desk.broker.store.write_now(lambda tx: tx.exec_driver_sql("DROP TRIGGER no_room").close())


def told(desk: Desk) -> int:
    return desk.broker.store.read_now(lambda tx: tx.execute(select(func.count()).select_from(event)).scalar_one())


def test_a_submission_that_cannot_be_written_down_says_so_and_is_sent_again_later(
    desk: Desk, signed_in: OpenPage, take_picture: TakePicture
) -> None:
    page = signed_in()
    keys = find_maria(page)
    keys.press("Space", "Tab").type("4 dock rd aa36tu").press("Tab", "Space").go_on()
    check, before = page.url, told(desk)
    with no_room(desk):
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("We cannot reach our records just now")
        expect(page.get_by_text("What you sent last was not recorded.")).to_be_visible()
        assert violations(page) == []
        take_picture(page, "unavailable")
        assert told(desk) == before
    page.goto(check)
    page.get_by_role("button", name="Confirm").click()
    assert reference_on(page)
    assert told(desk) == before + 1


def test_a_fault_of_ours_is_a_page_with_a_reference_and_no_more(desk: Desk) -> None:
    cookies = desk.sign_in("adviser")
    begun = drafts.start("demo-adviser", "no_such_kind", Said(is_chosen=True), desk.broker.now())
    broken = desk.broker.store.write_now(begun)
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        answer = adviser.get(f"/tell/{broken}/details")
    assert answer.status_code == 500
    assert answer.headers["x-correlation-id"] in answer.text
    assert "Something went wrong on our side" in answer.text
    assert "no_such_kind" not in answer.text
    assert "Traceback" not in answer.text


def test_what_is_older_than_a_day_is_forgotten(desk: Desk) -> None:
    now = desk.broker.now()
    long_ago = now - drafts.KEPT * 2
    old = desk.broker.store.write_now(drafts.start("demo-adviser", "move", Said(search="garcia"), long_ago))
    new = desk.broker.store.write_now(drafts.start("demo-adviser", "move", Said(search="garcia"), now))
    desk.broker.store.write_now(sessions.begin(sessions.new_token(), None, long_ago))
    run_in_a_loop(forget(desk.broker))
    kept = desk.broker.store.read_now(lambda tx: set(tx.execute(select(draft.c.id)).scalars()))
    assert new in kept
    assert old not in kept
    oldest = desk.broker.store.read_now(lambda tx: tx.execute(select(func.min(session.c.seen_at))).scalar())
    assert oldest is None or oldest > long_ago
