"""A reviewer settles uncertain matches: by keys alone, blind to the score and to the other reader, and never unseen."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from broker.reviews import reviews
from broker.standing import Progress
from broker.tables import audit, delivery, event, review
from schemas.bereavement import Bereavement
from schemas.move import Move
from tests.broker.worlds import rows
from tests.screens.cases import MARGARET, SURE, TWIN, tell
from tests.screens.checking import Keys, assert_fits, violations
from tests.screens.conftest import OpenPage, TakePicture
from tests.screens.ground import Desk, open_desk, opened


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of its own for each test: a queue is everybody's."""
    with open_desk(f"sqlite:///{tmp_path / 'tuo.db'}", second_look_share=0) as desk:
        yield desk


def row_of(desk: Desk, reference: str) -> object:
    (row,) = rows(desk.broker.store, event, event.c.reference == reference)
    return row


def take_next(page: Page) -> None:
    page.goto("/reviews")
    page.get_by_role("button", name="Take the next case").click()


def decide(page: Page, label: str) -> None:
    page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Decide", exact=True).click()


def test_a_twin_is_settled_with_keys_alone(desk: Desk, signed_in: OpenPage, take_picture: TakePicture) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    page = signed_in("reviewer")
    page.goto("/")
    assert page.url == f"{desk.url}/reviews"
    expect(page.get_by_text("1 waiting, the oldest for")).to_be_visible()
    take_picture(page, "review-queue")
    keys = Keys(page).ready().go_on()
    assert page.url == f"{desk.url}/reviews/{reference}"
    keys.ready()
    take_picture(page, "review-case")
    keys.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    keys.press("Escape", "1")
    expect(page.get_by_label("Same as A", exact=True)).to_be_checked()
    keys.press("2")
    expect(page.get_by_label("Same as B", exact=True)).to_be_checked()
    with page.expect_navigation():
        keys.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Decided")
    assert keys.pressed <= 6
    desk.route()
    page.reload()
    told = {row.department for row in rows(desk.broker.store, delivery)}
    shown = page.locator(".tuo-lines li strong").all_inner_texts()
    assert shown == [one.title for one in sorted(desk.broker.adapters, key=lambda one: one.department)]
    assert told == {one.department for one in desk.broker.adapters}
    take_picture(page, "review-decided")
    assert violations(page) == []


def test_no_key_chooses_while_a_note_is_typed(desk: Desk, signed_in: OpenPage) -> None:
    tell(desk, Move, TWIN, "twin")
    page = signed_in("reviewer")
    take_next(page)
    page.get_by_label("Note (optional)").press_sequentially("1 of 2?")
    assert page.get_by_label("Note (optional)").input_value() == "1 of 2?"
    assert page.locator("input[name=answer]:checked").count() == 0
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_every_state_is_without_violations_and_fits_a_narrow_window(desk: Desk, signed_in: OpenPage) -> None:
    tell(desk, Move, TWIN, "twin")
    second = tell(desk, Bereavement, MARGARET, "margaret")
    page = signed_in("reviewer", width=320)
    for address in ("/reviews", f"/reviews/{second}", "/fairness", "/reviews?nothing=1"):
        page.goto(address)
        assert violations(page) == []
        assert_fits(page)
    page.get_by_role("button", name="Take the next case").click()
    assert violations(page) == []
    assert_fits(page)
    page.get_by_role("button", name="Decide", exact=True).click()
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    page.get_by_label("Cannot tell", exact=True).check()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.locator("#ask-error")).to_be_visible()
    assert violations(page) == []
    assert_fits(page)
    page.get_by_label("If you cannot tell").select_option("subject.nino")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("An adviser asks the caller.")).to_be_visible()
    assert violations(page) == []
    assert_fits(page)


def test_without_scripts_the_same_can_be_done(desk: Desk, signed_in: OpenPage) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    page = signed_in("reviewer", scripts=False)
    take_next(page)
    expect(page.get_by_role("button", name="Keys (?)")).to_be_hidden()
    decide(page, "Different")
    expect(page.get_by_text("None of these records is the person.", exact=True)).to_be_visible()
    assert row_of(desk, reference).progress == Progress.RECEIVED  # type: ignore[attr-defined]


def test_a_death_needs_two_readers_who_know_nothing_of_each_other(
    desk: Desk, signed_in: OpenPage, browser: Browser
) -> None:
    reference = tell(desk, Bereavement, MARGARET, "margaret")
    first = signed_in("reviewer")
    take_next(first)
    decide(first, "Same as A")
    expect(first.get_by_role("heading", level=1)).to_have_text("Your answer is kept")
    with opened(browser, desk.url, desk.sign_in("second-reviewer")) as second:
        assert second.goto(f"/reviews/{reference}/decided").status == 404  # type: ignore[union-attr]
        take_next(second)
        words = second.locator("main").inner_text().lower()
        assert "rhys" not in words
        assert "demo-reviewer" not in words
        assert second.locator("input[name=answer]:checked").count() == 0
        decide(second, "Same as A")
        expect(second.get_by_role("heading", level=1)).to_have_text("Decided")
    (row,) = rows(desk.broker.store, review)
    assert {row.first_by, row.second_by} == {"demo-reviewer", "demo-second-reviewer"}


def test_readers_who_disagree_begin_again(desk: Desk, signed_in: OpenPage, browser: Browser) -> None:
    reference = tell(desk, Bereavement, MARGARET, "margaret")
    first = signed_in("reviewer")
    take_next(first)
    decide(first, "Same as A")
    take_next(first)
    expect(first.get_by_text("Nothing waits that is not yours already")).to_be_visible()
    with opened(browser, desk.url, desk.sign_in("second-reviewer")) as second:
        take_next(second)
        decide(second, "Same as B")
        expect(second.get_by_role("heading", level=1)).to_have_text("The two readers disagree")
        assert violations(second) == []
    assert row_of(desk, reference).progress == Progress.HELD  # type: ignore[attr-defined]


def test_the_score_is_hidden_until_it_is_decided(desk: Desk, signed_in: OpenPage) -> None:
    tell(desk, Move, TWIN, "twin")
    page = signed_in("reviewer")
    take_next(page)
    assert " bits" not in page.content()
    decide(page, "Same as A")
    assert " bits" in page.locator("details").inner_html()


def test_whoever_opens_a_case_out_of_turn_says_why_and_every_look_is_in_the_audit(
    desk: Desk, signed_in: OpenPage
) -> None:
    tell(desk, Move, TWIN, "twin")
    wanted = tell(desk, Bereavement, MARGARET, "margaret")
    page = signed_in("reviewer")
    page.goto(f"/reviews/{wanted}")
    assert "Margaret" not in page.content()
    page.get_by_role("button", name="Open the case").click()
    expect(page.locator("#reason-error")).to_be_visible()
    page.get_by_label("Why do you open it?").fill("The adviser rang about it.")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("table")).to_contain_text("Margaret")
    shown = rows(desk.broker.store, audit, audit.c.what == "review.shown")
    assert [(row.actor, row.said) for row in shown] == [("demo-reviewer", "The adviser rang about it.")]


def test_a_colleagues_case_can_neither_be_seen_nor_decided(desk: Desk, signed_in: OpenPage) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    take_next(signed_in("reviewer"))
    with desk.client("second-reviewer") as other:
        assert "Hartwell" not in other.get(f"/reviews/{reference}").text
        token = token_of(other.get("/reviews"))
        said = {"csrf": token, "answer": "different"}
        assert other.post(f"/reviews/{reference}/decision", data=said).headers["location"] == f"/reviews/{reference}"
        opening = {"csrf": token, "reason": "It is quicker for me."}
        assert other.post(f"/reviews/{reference}/open", data=opening).status_code == 409
    assert len(desk.broker.store.read_now(reviews.queue())) == 1


def test_an_answer_that_is_not_offered_is_asked_for_again(desk: Desk) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    with desk.client("reviewer") as reviewer:
        token = token_of(reviewer.get("/reviews"))
        reviewer.post("/reviews/next", data={"csrf": token})
        for said in ("same:somebody", "same:", "<script>", "", "same"):
            answer = reviewer.post(f"/reviews/{reference}/decision", data={"csrf": token, "answer": said})
            assert answer.status_code == 422, said
            assert "<script>" not in answer.text.replace("<script type=", "")
        long = {"csrf": token, "answer": "different", "note": "x" * 201}
        assert reviewer.post(f"/reviews/{reference}/decision", data=long).status_code == 422


def test_a_wrong_link_is_undone_and_judged_again_without_that_record(desk: Desk, signed_in: OpenPage) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    page = signed_in("reviewer")
    take_next(page)
    decide(page, "Same as A")
    desk.route()
    page.reload()
    page.get_by_role("button", name="Undo the link").click()
    expect(page.locator("#reason-error")).to_be_visible()
    page.get_by_label("Why is the link wrong?").fill("It was the sister who rang.")
    page.get_by_role("button", name="Undo the link").click()
    expect(page.get_by_text("The link was taken back by TUO-")).to_be_visible()
    assert page.get_by_role("button", name="Undo the link").count() == 0
    assert violations(page) == []
    desk.route()
    later = [row for row in rows(desk.broker.store, event) if row.reference != reference]
    assert sorted(row.kind for row in later) == ["move", "withdrawal"]


def test_a_second_look_cannot_be_told_from_any_other_case(tmp_path: Path, browser: Browser) -> None:
    with open_desk(f"sqlite:///{tmp_path / 'sampled.db'}", second_look_share=1) as desk:
        reference = tell(desk, Move, SURE, "sure")
        with opened(browser, desk.url, desk.sign_in("reviewer")) as page:
            take_next(page)
            before = page.locator("main").inner_text()
            assert "second look" not in before
            assert len(page.locator("input[name=answer]").all()) == 3
            decide(page, "Same as A")
            expect(page.get_by_text("This was a second look")).to_be_visible()
            page.goto("/fairness")
            expect(page.get_by_role("table")).to_contain_text("fewer than 5")
            assert violations(page) == []
        assert row_of(desk, reference).progress == Progress.ROUTED  # type: ignore[attr-defined]


def token_of(answer: httpx.Response) -> str:
    return answer.text.split('name="csrf" value="')[1].split('"')[0]


ODD = (
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%s%n",
    "🧑‍🚀" * 40,
    "x" * 5000,
    "TUO-0000-0000-0000",
)


@pytest.mark.parametrize("odd", ODD)
def test_odd_words_are_never_a_fault_and_never_come_back_as_markup(desk: Desk, odd: str) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    fields = ("reason", "answer", "ask", "note", "about", "actor", "what", "first", "last", "before", "person")
    for role, paths in (
        ("reviewer", ("/reviews/{}/open", "/reviews/{}/decision", "/reviews/{}/undo", "/reviews/next")),
        ("protection", ("/protected/{}", "/protected/{}/take")),
        ("auditor", ("/audit", "/audit/csv")),
    ):
        cookies = desk.sign_in(role)
        with desk.client(None) as person:
            person.cookies.update(cookies)
            said = {"csrf": desk.csrf(cookies)} | dict.fromkeys(fields, odd)
            for path in paths:
                for about in (reference, quote(odd, safe="")):
                    answer = person.post(path.format(about), data=said)
                    assert answer.status_code in (200, 303, 400, 404, 409, 414, 422), f"{path}: {answer.status_code}"
                    assert "alert(1)</script>" not in answer.text or "csv" in answer.headers["content-type"]


def test_a_fault_of_ours_is_a_page_with_a_reference_and_a_next_step(desk: Desk) -> None:
    reference = tell(desk, Move, TWIN, "twin")
    unreadable = update(event).values(body=b'{"kind": "move", "nino": "QQ123456C"}')
    desk.broker.store.write_now(lambda tx: tx.execute(unreadable).rowcount)
    with desk.client("reviewer") as reviewer:
        reviewer.post("/reviews/next", data={"csrf": token_of(reviewer.get("/reviews"))})
        answer = reviewer.get(f"/reviews/{reference}")
    assert answer.status_code == 500
    assert answer.headers["X-Correlation-Id"] in answer.text
    assert "<h1" in answer.text
    assert 'href="/"' in answer.text
    assert "QQ123456C" not in answer.text
