"""What an office remembers between requests and restarts: cases, who holds them, and the answers it gave."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from tests.back_offices.answers import Answer, from_plain, to_plain
from tests.back_offices.letters import Letter
from tests.back_offices.rulings import Case, Earlier

# Synchronous NORMAL: the journal is what must survive a power cut, this need only survive the program.
TABLES = """
pragma journal_mode = wal;
pragma synchronous = normal;
create table if not exists seen (delivery text primary key, person text) without rowid;
create table if not exists answers (delivery text primary key, person text, sense text, outcome text, answer text,
    before text, due text, final_sent integer default 0, key text, undone integer default 0);
create index if not exists answers_due on answers (due) where final_sent = 0 and due is not null;
create table if not exists cases (reference text primary key, state text, uprn text, benefit integer, discount integer,
    last_change text);
create index if not exists cases_uprn on cases (uprn);
create table if not exists holders (person text, reference text, primary key (person, reference)) without rowid;
create table if not exists kept_out (delivery text primary key, reason text) without rowid;
create table if not exists counters (name text primary key, value integer) without rowid;
"""
CASE = "select cases.reference, state, uprn, benefit, discount, last_change from cases"
NEWEST = "order by state = 'live' desc, cases.rowid desc limit 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An answer given; `due` is when it may be told, if it was put off; `key` is the Kafka key to answer with."""

    delivery: str
    person: str
    sense: str
    answer: Answer
    due: datetime | None
    key: str | None


class Memory:
    """An SQLite file used by one office, in one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(TABLES)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All or nothing of what is done within."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def see(self, delivery: str, person: str) -> bool:
        """Whether this is the first time that this delivery came."""
        return self._db.execute("insert or ignore into seen values (?, ?)", (delivery, person)).rowcount == 1

    def person_of(self, delivery: str) -> str | None:
        """Whom a delivery seen before is about."""
        row = self._db.execute("select person from seen where delivery = ?", (delivery,)).fetchone()
        return row[0] if row else None

    def answer_to(self, delivery: str) -> Remembered | None:
        """The answer already given to this delivery."""
        row = self._db.execute(
            "select delivery, person, sense, answer, due, key from answers where delivery = ?", (delivery,)
        ).fetchone()
        return _remembered(row) if row else None

    def earlier(self, delivery: str) -> Earlier | None:
        """What an earlier delivery came to, unless it was undone since."""
        row = self._db.execute(
            "select outcome, before from answers where delivery = ? and not undone", (delivery,)
        ).fetchone()
        if row is None:
            return None
        before = tuple(Case(**case) for case in json.loads(row[1]))
        now = [self.case(case.reference) for case in before]
        built_upon = any(case is None or case.last_change != delivery for case in now)
        return Earlier(delivery=delivery, outcome=row[0], before=before, built_upon=built_upon)

    def remember(self, letter: Letter, answer: Answer, cases: Iterable[Case], due: datetime | None) -> None:
        """Keep the answer, and the cases as they now are."""
        before = [asdict(was) for case in cases if (was := self._before(case))]
        self._db.execute(
            "insert into answers values (?, ?, ?, ?, ?, ?, ?, 0, ?, 0)",
            (
                letter.delivery,
                letter.subject,
                letter.sense,
                answer.outcome,
                json.dumps(to_plain(answer)),
                json.dumps(before),
                due.isoformat() if due else None,
                letter.key,
            ),
        )
        for case in cases:
            self.keep(case, [letter.subject])

    def _before(self, case: Case) -> Case | None:
        return self.case(case.reference) or replace(case, state="void", last_change=None)

    def mark_undone(self, delivery: str) -> None:
        """An earlier delivery no longer counts."""
        self._db.execute("update answers set undone = 1 where delivery = ?", (delivery,))

    def keep_out(self, delivery: str, reason: str) -> None:
        """Remember of a delivery not decided here that it is to be refused, should it come; kept as long as answers."""
        self._db.execute(
            "insert or ignore into kept_out select ?, ? where not exists (select 1 from answers where delivery = ?)",
            (delivery, reason, delivery),
        )

    def kept_out(self, delivery: str) -> str | None:
        """Why a delivery is to be refused: it was taken back or put right before it came."""
        row = self._db.execute("select reason from kept_out where delivery = ?", (delivery,)).fetchone()
        return str(row[0]) if row else None

    def inherit(self, delivery: str, earlier: Earlier) -> None:
        """A correction stands where the earlier one stood: withdrawing it goes back to before both."""
        (own,) = self._db.execute("select before from answers where delivery = ?", (delivery,)).fetchone()
        before = {case["reference"]: case for case in json.loads(own)}
        before |= {case.reference: asdict(case) for case in earlier.before}
        self._db.execute(
            "update answers set before = ? where delivery = ?", (json.dumps(list(before.values())), delivery)
        )

    def keep(self, case: Case, people: Sequence[str]) -> None:
        """Write a case and who holds it."""
        row = (case.reference, case.state, case.uprn, case.benefit, case.discount, case.last_change)
        self._db.execute(
            "insert into cases values (?, ?, ?, ?, ?, ?) on conflict (reference) do update set state = excluded.state,"
            " uprn = excluded.uprn, benefit = excluded.benefit, discount = excluded.discount,"
            " last_change = excluded.last_change",
            row,
        )
        pairs = [(person, case.reference) for person in people]
        self._db.executemany("insert or ignore into holders values (?, ?)", pairs)

    def case(self, reference: str) -> Case | None:
        """The case with this reference."""
        return _case(self._db.execute(f"{CASE} where reference = ?", (reference,)).fetchone())

    def case_of(self, person: str) -> Case | None:
        """The case this person holds: an open one before an ended one, the newest first."""
        joined = f"{CASE} join holders using (reference) where person = ? {NEWEST}"
        return _case(self._db.execute(joined, (person,)).fetchone())

    def case_at(self, uprn: str) -> Case | None:
        """The case at this address."""
        return _case(self._db.execute(f"{CASE} where uprn = ? {NEWEST}", (uprn.lstrip("0"),)).fetchone())

    def due(self, now: datetime) -> list[Remembered]:
        """Answers put off until now or before, and not told yet."""
        rows = self._db.execute(
            "select delivery, person, sense, answer, due, key from answers"
            " where due <= ? and final_sent = 0 and due is not null order by due limit 100",
            (now.isoformat(),),
        )
        return [_remembered(row) for row in rows]

    def final_sent(self, delivery: str) -> None:
        """A put-off answer has been told."""
        self._db.execute("update answers set final_sent = 1 where delivery = ?", (delivery,))

    def next_number(self, name: str) -> int:
        """The next of a row of numbers: 1, 2, 3."""
        (value,) = self._db.execute(
            "insert into counters values (?, 1) on conflict (name) do update set value = value + 1 returning value",
            (name,),
        ).fetchone()
        return int(value)

    def free_reference(self, number: Callable[[int], str]) -> str:
        """The next case reference that nobody has."""
        while self.case(reference := number(self.next_number("case"))):
            pass
        return reference

    def counts(self) -> dict[str, int]:
        """How many deliveries came to each outcome."""
        return dict(self._db.execute("select outcome, count(*) from answers group by outcome").fetchall())

    def cases(self) -> int:
        """How many cases are open."""
        (count,) = self._db.execute("select count(*) from cases where state = 'live'").fetchone()
        return int(count)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def _case(row: tuple[object, ...] | None) -> Case | None:
    if row is None:
        return None
    reference, state, uprn, benefit, discount, last_change = row
    return Case(
        reference=str(reference),
        state="live" if state == "live" else "ended" if state == "ended" else "void",
        uprn=str(uprn) if uprn is not None else None,
        benefit=bool(benefit),
        discount=bool(discount),
        last_change=str(last_change) if last_change is not None else None,
    )


def _remembered(row: tuple[str, str, str, str, str | None, str | None]) -> Remembered:
    delivery, person, sense, answer, due, key = row
    plain = json.loads(answer)
    return Remembered(
        delivery=delivery,
        person=person,
        sense=sense,
        answer=from_plain(plain, plain["question"]),
        due=datetime.fromisoformat(due) if due else None,
        key=key,
    )
