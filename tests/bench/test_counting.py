"""What the benchmarks count, and what they take for met: a figure is worth no more than its counting."""

from datetime import timedelta
from pathlib import Path

import pytest

from bench.called import Books
from bench.findings import Finding
from bench.parts.sampling import split
from bench.past import fill
from bench.people import change_of, concern_leisure, resident, stream_of_changes
from bench.stage import PACKAGE
from bench.watching import quarters
from broker.books import book
from broker.facts import Facts
from broker.found import adapters
from broker.ports import utc_now
from broker.schema import bring_up_to_date
from broker.store import Store
from schemas.contact_change import ContactChange
from schemas.letter import read_letter


def test_an_office_counts_what_came_twice_and_what_came_out_of_order() -> None:
    books = Books(failing=frozenset({"never"}))
    for delivery, person, sequence in (("d1", "p", 2), ("d1", "p", 2), ("d2", "p", 1), ("d3", "q", 3)):
        assert books.take(delivery, person, sequence)
    assert not books.take("d4", "never", 4)
    said = books.as_document()
    assert (said["taken"], said["doubled"], said["disordered"], said["most_in_a_second"]) == (3, 1, 1, 5)


def test_an_office_in_trouble_turns_the_same_deliveries_away_once() -> None:
    books = Books(trouble=0.5)
    assert [books.take("0000-0001", "p", 1), books.take("0000-0001", "p", 1)] == [False, True]
    assert books.take("0000-ffff", "p", 2)


@pytest.mark.parametrize(
    ("finding", "met"),
    [
        (Finding(what="", figure=1.2, unit="", most=1.2), True),
        (Finding(what="", figure=1.3, unit="", most=1.2), False),
        (Finding(what="", figure=0, unit="", most=0), True),
        (Finding(what="", figure=449, unit="", least=450), False),
        (Finding(what="", figure=1, unit="", beside="floor", other=2), None),
    ],
)
def test_a_bar_is_met_or_missed_and_a_rival_is_neither(finding: Finding, met: bool | None) -> None:
    assert finding.met is met


def test_leisure_is_told_of_as_many_as_the_letters_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PACKAGE))
    telling = next(each for each in adapters() if each.department == "leisure").telling(ContactChange)
    assert telling is not None
    told = [telling.when(_facts(letter)) for letter in stream_of_changes(60, people=7, begin=980)]
    assert sum(told) == concern_leisure(60, begin=980) == 31


def _facts(letter: bytes) -> Facts:
    now = utc_now()
    event = read_letter(letter, today=now.date()).event
    return Facts(
        event=event, subject=event.subject, told_at=now, told_on=now.date(), notification="", person="p", sequence=1
    )


def test_every_tenth_event_is_the_same_persons_and_no_two_say_the_same() -> None:
    told = list(stream_of_changes(40, people=7))
    assert len(set(told)) == 40
    assert told[9] == change_of(resident(8 % 7), 9)
    assert told[10] == change_of(resident(10 % 7), 10)


def test_a_past_that_was_laid_into_a_ledger_is_in_order(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'tuo.db'}") as store:
        bring_up_to_date(store)
    assert 95 <= fill(tmp_path / "tuo.db", 100) <= 105
    with Store(f"sqlite:///{tmp_path / 'tuo.db'}") as store:
        drawn = store.read_now(lambda tx: book(tx, (), utc_now(), republish_after=timedelta(minutes=1)))
    assert drawn.balanced
    assert drawn.deliveries.keys() == {"settled"}


def test_the_loops_cpu_is_split_by_what_it_was_seen_at() -> None:
    seen = [
        "thread (7): MainThread;run (/x/asyncio/runners.py:1);send (/x/broker/sending.py:9);post (/x/pycurl/c.py:2) 30",
        "thread (7): MainThread;run (/x/asyncio/runners.py:1);look (/x/broker/relay.py:9) 10",
        "thread (8): writer;_write_for_ever (/x/broker/store.py:9) 99",
    ]
    assert split({7: 4.0, 8: 2.5, 9: 0.5}, seen, loop=7) == {
        "delivery": 3.0,
        "the database's writer": 2.5,
        "relay": 1.0,
        "other threads": 0.5,
    }


def test_a_quarter_is_the_mean_of_what_was_seen_in_it() -> None:
    assert quarters([1, 3, 5, 5, 7, 9, 11, 13]) == [2, 5, 8, 12]
