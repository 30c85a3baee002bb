"""A manager's month: the figures add up to the ledger, and small ones point at nobody."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.form_use import FormStep, count_form, forms_between
from broker.ports import Broker
from broker.report.answering import Answered, answers, is_late, promised_by
from broker.report.contact import contact, repeated
from broker.report.facts import DeliveryFact, ToldFact
from broker.report.month import Month
from broker.report.saving import spared
from broker.report.sheet import HIDDEN, as_csv, lines
from broker.report.terms import Terms
from broker.report.wards import ELSEWHERE, Wards, WardsUnreadable
from broker.report.whole import draw_up
from broker.standing import Standing
from broker.store import Store
from broker.tables import delivery
from tests.broker.worlds import START, move, rows, tell

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def told(number: int, at: datetime = NOON, **changes: object) -> ToldFact:
    said = {"kind": "move", "channel": "phone", "ward": "Abbey", "person": f"person-{number}", "amends": False}
    return ToldFact(id=f"event-{number}", recorded_at=at, **(said | changes))  # type: ignore[arg-type]


def answered(
    event: int, department: str = "libraries", after: timedelta | None = DAY, outcome: str = "accepted"
) -> DeliveryFact:
    return DeliveryFact(
        event_id=f"event-{event}",
        department=department,
        standing=Standing.WAITING if after is None else Standing.SETTLED,
        outcome=None if after is None else outcome,
        opened_at=NOON,
        settled_at=None if after is None else NOON + after,
    )


def of_libraries(facts: list[DeliveryFact], now: datetime) -> Answered:
    (drawn,) = answers(facts, [], now)
    return drawn


@given(st.integers(2000, 9998), st.integers(1, 12))
def test_months_follow_one_another_without_a_gap(year: int, number: int) -> None:
    month = Month.read(f"{year}-{number:02}")
    assert month.ended == month.next().began
    assert month.next().before() == month
    assert Month.of(month.ended - timedelta(microseconds=1)) == month
    assert Month.of(month.began) == month


@pytest.mark.parametrize("said", ["2026", "2026-13", "2026-00", "0001-01", "November 2026", "2026-1"])
def test_what_is_no_month_is_turned_away(said: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.read(said)


def test_a_promise_counts_working_days_and_begins_the_day_after() -> None:
    assert promised_by(NOON, 5) == date(2026, 11, 9)
    assert promised_by(datetime(2026, 12, 23, 9, tzinfo=UTC), 1) == date(2026, 12, 29)


def test_who_answers_after_the_promise_is_late_and_so_is_who_never_does() -> None:
    week = timedelta(days=7)
    assert not is_late(answered(1, after=week), 5, NOON + 30 * DAY)
    assert is_late(answered(1, after=week + DAY), 5, NOON + 30 * DAY)
    assert is_late(answered(1, after=None), 5, NOON + 8 * DAY)
    assert not is_late(answered(1, after=None), 5, NOON + 7 * DAY)
    assert is_late(answered(1, after=DAY, outcome="referred"), 5, NOON + 8 * DAY)


def test_waits_are_told_by_their_middle_and_the_slowest_twentieth() -> None:
    hours = [answered(n, after=timedelta(hours=n)) for n in range(1, 41)]
    drawn = of_libraries(hours, NOON + 60 * DAY)
    assert (drawn.told, drawn.answered, drawn.within_a_day) == (40, 40, 24)
    assert drawn.median_hours == 20.5
    assert drawn.p95_hours is not None
    assert 38 <= drawn.p95_hours <= 40


def test_a_second_telling_within_ten_days_is_a_repeat_and_a_correction_is_not() -> None:
    first = told(1, person="ada")
    again = told(2, NOON + 10 * DAY, person="ada")
    much_later = told(3, NOON + 21 * DAY, person="ada")
    corrected = told(4, NOON + DAY, person="ada", amends=True)
    of_another = told(5, NOON + DAY, person="ben")
    other_kind = told(6, NOON + DAY, person="ada", kind="birth")
    stranger, stranger_too = told(7, person=None), told(8, person=None)
    every = [first, again, much_later, corrected, of_another, other_kind, stranger, stranger_too]
    assert repeated(every) == [("event-1", "event-2")]


def test_the_first_contact_settled_it_where_nobody_asked_and_nobody_told_again() -> None:
    facts = [told(1, person="ada"), told(2, NOON + DAY, person="ada"), told(3), told(4), told(5)]
    deliveries = [
        answered(1),
        answered(2),
        answered(3),
        answered(3, "parking"),
        answered(4, outcome="needs_information"),
        answered(5, after=None),
    ]
    found = contact(facts, deliveries)
    assert (found.told, found.repeats) == (5, 1)
    assert (found.first_contact, found.judged) == (2, 3), "event 1 came again; 4 and 5 are not answered yet"


def test_a_repeat_of_last_month_counts_in_the_month_that_it_came_in() -> None:
    before = told(1, NOON - 3 * DAY, person="ada")
    assert contact([told(2, person="ada")], [], [before]).repeats == 1


def test_the_estimate_is_what_the_formula_says() -> None:
    facts = [told(1), told(2, channel="face_to_face"), told(3, channel="registrar")]
    deliveries = [answered(n, department) for n in (1, 2, 3) for department in ("a", "b", "c")]
    terms = Terms(would_have_told=0.5, least=0.0, most=1.0, unit_costs={"phone": 2.0, "face_to_face": 10.0})
    found = spared(facts, deliveries, 1, terms)
    assert found.contacts.estimate == pytest.approx(6 * 0.5 - 1)
    assert (found.contacts.least, found.contacts.most) == (0, 5)
    assert found.pounds.estimate == pytest.approx((2 * 0.5 * 2.0 + 2 * 0.5 * 10.0) * (2 / 3))
    assert found.pounds.least == 0


def test_a_postcode_lies_in_the_ward_whose_piece_of_it_is_the_longest() -> None:
    wards = Wards.from_rows(
        [
            {"postcode": "AA1", "ward": "Abbey", "population": "9000"},
            {"postcode": "AA1 2", "ward": "Bridge", "population": ""},
        ]
    )
    assert wards.of("aa1 1zz") == "Abbey"
    assert wards.of("AA12ZZ") == "Bridge"
    assert wards.of("AB1 1AA") == wards.of(None) == ELSEWHERE
    assert wards.population == {"Abbey": 9000}


@pytest.mark.parametrize("row", [{"postcode": "", "ward": "Abbey"}, {"postcode": "AA1", "ward": ""}, {"ward": "Abbey"}])
def test_a_wards_file_that_cannot_be_used_names_its_line(row: dict[str, str]) -> None:
    with pytest.raises(WardsUnreadable, match="line 2"):
        Wards.from_rows([row])


def test_forms_are_counted_by_the_day_in_london(store: Store) -> None:
    late_on_the_last_day = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    for at in (NOON, NOON, late_on_the_last_day):
        store.write_now(partial(count_form, kind="move", step=FormStep.BEGUN, at=at))
    july = store.read_now(lambda tx: forms_between(tx, "2026-07-01", "2026-08-01"))
    november = store.read_now(lambda tx: forms_between(tx, "2026-11-01", "2026-12-01"))
    assert july == {FormStep.BEGUN: 1, FormStep.SENT: 0, FormStep.TURNED_BACK: 0}
    assert november[FormStep.BEGUN] == 2


async def test_the_report_adds_up_to_the_ledger_and_hides_what_is_small(broker: Broker) -> None:
    for number in range(6):
        await tell(broker, move(channel="phone"), key=f"telling-{number}")
    month = Month.of(START)
    report = await broker.store.read(
        lambda tx: draw_up(tx, month, broker.adapters, START, wards=Wards(), terms=Terms())
    )
    assert report.told_departments == len(rows(broker.store, delivery))
    assert report.contact.told == sum(report.contact.by_kind.values()) == 6
    sheet = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [tuple(line.values())[1:] for line in sheet] == [
        (line.part, line.what, line.figure, line.unit) for line in lines(report)
    ]
    by_what = {line["what"]: line["figure"] for line in sheet}
    assert by_what["life events told"] == "6"
    assert by_what["phone"] == "6"
    five_fewer = await broker.store.read(
        lambda tx: draw_up(tx, month.before(), broker.adapters, START, wards=Wards(), terms=Terms())
    )
    assert five_fewer.contact.told == 0
    assert HIDDEN not in {line.figure for line in lines(five_fewer)}


def test_a_count_under_five_is_not_told(store: Store) -> None:
    store.write_now(lambda tx: count_form(tx, "move", FormStep.BEGUN, START))
    month = Month.of(START)
    report = store.read_now(lambda tx: draw_up(tx, month, [], START, wards=Wards(), terms=Terms()))
    assert {line.what: line.figure for line in lines(report) if line.part == "forms"} == {
        "begun": HIDDEN,
        "sent": "0",
        "turned back": "0",
        "left unsent": HIDDEN,
    }
