import pytest
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError

from broker.prepared import Prepared
from broker.standing import Standing
from broker.store import Store, StoreUnavailable
from broker.tables import audit, client
from tests.broker.worlds import START

CANARY = "canary-55f0"
NOTE = Prepared(insert(audit), ("at", "actor", "what", "about"))
ABOUT = Prepared(select(audit).where(audit.c.about == bindparam("of"), audit.c.what.in_(["noted", "seen"])))
SAY = Prepared(update(audit).where(audit.c.about == bindparam("of")).values(said=bindparam("to")).returning(audit))
ADD = Prepared(insert(client), ("name", "role", "key_hash", "made_at"))


def note(tx: Connection, about: str, what: str = "noted") -> int:
    return NOTE.run(tx, {"at": START, "actor": "test", "what": what, "about": about})


def test_what_was_written_is_read_back_as_sqlalchemy_reads_it(store: Store) -> None:
    def unit(tx: Connection) -> None:
        assert note(tx, "one") == 1
        found = ABOUT.one(tx, {"of": "one"})
        plain = tx.execute(select(audit)).one()
        assert found is not None
        assert found._asdict() == plain._asdict()
        assert found.at == START

    store.write_now(unit)


def test_a_list_in_the_statement_is_part_of_it(store: Store) -> None:
    def unit(tx: Connection) -> list[str]:
        for what in ("noted", "seen", "forgotten"):
            note(tx, "one", what)
        return [row.what for row in ABOUT.all(tx, {"of": "one"})]

    assert store.write_now(unit) == ["noted", "seen"]


def test_a_change_answers_with_the_row_or_with_none(store: Store) -> None:
    def unit(tx: Connection) -> tuple[str | None, object]:
        note(tx, "one")
        changed = SAY.one(tx, {"of": "one", "to": Standing.SETTLED})
        return changed and changed.said, SAY.one(tx, {"of": "nobody", "to": "x"})

    assert store.write_now(unit) == (Standing.SETTLED, None)


def test_many_rows_are_written_at_once(store: Store) -> None:
    def unit(tx: Connection) -> int:
        rows = [{"at": START, "actor": "test", "what": "noted", "about": "many"} for _ in range(3)]
        NOTE.run_all(tx, rows)
        NOTE.run_all(tx, [])
        return len(ABOUT.all(tx, {"of": "many"}))

    assert store.write_now(unit) == 3


def test_an_error_of_the_driver_is_told_as_sqlalchemy_tells_it_and_names_no_value(store: Store) -> None:
    row = {"name": CANARY, "role": "adviser", "key_hash": CANARY, "made_at": START}
    with pytest.raises(StoreUnavailable) as told:
        store.write_now(lambda tx: (ADD.run(tx, row), ADD.run(tx, row)))
    assert CANARY not in str(told.value)

    def unit(tx: Connection) -> None:
        ADD.run(tx, row)
        with pytest.raises(DBAPIError), tx.begin_nested():
            ADD.run(tx, row)

    store.write_now(unit)


def test_a_statement_without_rows_cannot_be_read(store: Store) -> None:
    def unit(tx: Connection) -> None:
        with pytest.raises(TypeError, match="no rows"):
            NOTE._for(tx).read((1,))

    store.write_now(unit)
