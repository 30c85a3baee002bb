"""Loading residents into the directory: idempotent by the extract's id, in units that each commit whole."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from broker.directory.file import Resident
from broker.directory.keys import file_under, unfile
from broker.directory.people import bound_to, changes_of, numbers_of
from broker.directory.residents import record_of
from broker.directory.tables import resident
from broker.store import Store

#: residents in one transaction
UNIT: Final = 4_000
#: ids in one statement
_AT_ONCE: Final = 500
#: kibibytes of the index that are kept in memory while many are loaded into SQLite
_KEPT: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many residents were new, changed, and as they had been."""

    loaded: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            loaded=self.loaded + other.loaded,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
        )


def load(store: Store, residents: Iterable[Resident]) -> Tally:
    """Write residents, some hundreds a transaction, never all in memory. Raises StoreUnavailable.

    A resident is given a random person id when first met, and keeps it whatever the extract says later. Whoever an
    extract leaves out stays: an extract of one department says nothing about the others' people.
    """
    tally = Tally()
    left = iter(residents)
    store.write_now(_make_room)
    while some := list(islice(left, UNIT)):
        tally += store.write_now(partial(load_some, residents=some))
    return tally


def _make_room(tx: Connection) -> None:
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql(f"PRAGMA cache_size = -{_KEPT}")


def load_some(tx: Connection, residents: Sequence[Resident]) -> Tally:
    """Write these residents; no id may stand twice among them."""
    records = {each.id: record_of(each) for each in residents}
    held = _held(tx, records)
    new = {source_id: record for source_id, record in records.items() if source_id not in held}
    changed = {source_id: record for source_id, record in records.items() if _differs(held.get(source_id), record)}
    _insert(tx, new)
    _update(tx, changed, held)
    return Tally(loaded=len(new), updated=len(changed), unchanged=len(records) - len(new) - len(changed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    seq: int
    own: str
    record: bytes
    composed: bool


def _differs(held: _Held | None, record: bytes) -> bool:
    return held is not None and held.record != record


def _held(tx: Connection, ids: Iterable[str]) -> dict[str, _Held]:
    held: dict[str, _Held] = {}
    left = iter(ids)
    while some := list(islice(left, _AT_ONCE)):
        kept = (resident.c.source_id, resident.c.seq, resident.c.own, resident.c.record, resident.c.composed)
        for source_id, seq, own, record, composed in tx.execute(select(*kept).where(resident.c.source_id.in_(some))):
            held[source_id] = _Held(seq=seq, own=own, record=bytes(record), composed=composed)
    return held


def _insert(tx: Connection, new: dict[str, bytes]) -> None:
    if not new:
        return
    rows = [_row(source_id, record) for source_id, record in new.items()]
    inserted = tx.execute(insert(resident).returning(resident.c.source_id, resident.c.seq), rows)
    file_under(tx, [(key, seq) for source_id, seq in inserted for key in numbers_of(new[source_id])])


def _row(source_id: str, record: bytes) -> dict[str, object]:
    own = str(uuid.uuid4())
    return {"own": own, "person": own, "source_id": source_id, "record": record, "composed": False}


def _update(tx: Connection, changed: dict[str, bytes], held: dict[str, _Held]) -> None:
    if not changed:
        return
    rows = [{"at": held[source_id].seq, "now": record} for source_id, record in changed.items()]
    tx.execute(update(resident).where(resident.c.seq == bindparam("at")).values(record=bindparam("now")), rows)
    before = {(key, held[one].seq) for one in changed for key in _numbers(tx, held[one], held[one].record)}
    after = {(key, held[one].seq) for one, record in changed.items() for key in _numbers(tx, held[one], record)}
    unfile(tx, before - after)
    file_under(tx, after - before)


def _numbers(tx: Connection, held: _Held, record: bytes) -> frozenset[int]:
    if not held.composed:
        return numbers_of(record)
    return numbers_of(record, changes_of(tx, [held.own]), bound_to(tx, [held.own]))
