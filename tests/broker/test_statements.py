import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from broker.statements import Statement, each, instant, moment
from broker.store import Store, StoreUnavailable
from broker.tables import audit
from tests.broker.worlds import START, rows

CANARY = "canary-55f0"
NOTE = Statement("INSERT INTO audit (at, actor, what, about) VALUES (:at, :actor, :what, :about)")
NOTE_ALL = Statement(
    "INSERT INTO audit (at, actor, what, about, said) SELECT :at, 'test', CAST(n AS text), who, said"
    " FROM ROWS :rows (who text, n bigint, said text) given_rows"
)
ABOUT = Statement("SELECT at, about FROM audit WHERE about = :of ORDER BY id")
ADD = Statement("INSERT INTO client (name, role, key_hash, made_at) VALUES (:name, :role, :name, :at)")
HOLD = Statement("SELECT pg_advisory_xact_lock(:of)")


def noted(about: str) -> dict[str, object]:
    return {"at": instant(START), "actor": "test", "what": "noted", "about": about}


def test_a_moment_is_kept_as_the_tables_keep_it(store: Store) -> None:
    def unit(tx: Connection) -> None:
        assert NOTE.count(tx, noted("one")) == 1
        assert tx.execute(select(audit.c.at)).scalar_one() == START
        found = ABOUT.one(tx, {"of": "one"})
        assert found is not None
        assert moment(found[0]) == START
        assert ABOUT.one(tx, {"of": "nobody"}) is None

    store.write_now(unit)


def test_many_rows_are_written_at_once_and_none_is_no_error(store: Store) -> None:
    def unit(tx: Connection) -> int:
        NOTE.run_all(tx, (noted("many") for _ in range(3)))
        NOTE.run_all(tx, [])
        return len(ABOUT.all(tx, {"of": "many"}))

    assert store.write_now(unit) == 3


def test_rows_are_joined_with_whatever_is_in_them_and_none_is_no_error(store: Store) -> None:
    odd = ({"who": CANARY, "n": 2**40, "said": None}, {"who": 'O\'Neill "é" %s :so', "n": -1, "said": "yes"})

    def unit(tx: Connection) -> int:
        return NOTE_ALL.count(tx, {"rows": each(odd), "at": instant(START)}) + NOTE_ALL.count(
            tx, {"rows": each([]), "at": instant(START)}
        )

    assert store.write_now(unit) == 2
    assert [(row.about, row.what, row.said) for row in rows(store, audit)] == [
        (CANARY, str(2**40), None),
        ('O\'Neill "é" %s :so', "-1", "yes"),
    ]


def test_an_error_of_the_driver_is_told_as_sqlalchemy_tells_it_and_the_store_names_no_value(store: Store) -> None:
    row = {"name": CANARY, "role": "adviser", "at": instant(START)}

    def twice(tx: Connection) -> None:
        ADD.run(tx, row)
        ADD.run(tx, row)

    with pytest.raises(StoreUnavailable) as told:
        store.write_now(twice)
    assert CANARY not in str(told.value)

    def caught(tx: Connection) -> None:
        ADD.run(tx, row)
        with pytest.raises(DBAPIError), tx.begin_nested():
            ADD.run_all(tx, [row])

    store.write_now(caught)


def test_two_processes_that_wait_for_each_other_both_get_on(postgres_store: Store) -> None:
    held = {1: threading.Event(), 2: threading.Event()}
    runs: list[str] = []

    def crossing(name: str, own: int, others: int) -> Callable[[Connection], None]:
        def unit(tx: Connection) -> None:
            runs.append(name)
            HOLD.run(tx, {"of": own})
            held[own].set()
            assert held[others].wait(20)
            HOLD.run(tx, {"of": others})
            NOTE.run(tx, noted(name))

        return unit

    with Store(postgres_store.url) as another, ThreadPoolExecutor(2) as both:
        one = both.submit(postgres_store.write_now, crossing("one", 1, 2))
        two = both.submit(another.write_now, crossing("two", 2, 1))
        one.result(30)
        two.result(30)
    assert sorted(runs) in (["one", "one", "two"], ["one", "two", "two"]), "whoever gave way ran again"
    assert {row.about for row in rows(postgres_store, audit)} == {"one", "two"}
