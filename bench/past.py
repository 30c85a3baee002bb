"""A ledger with a past: so many deliveries that were settled long ago, laid straight into an SQLite database.

Ids are spread evenly and written in their order: the trees are as those that grew over years, and filling takes minutes.
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.stage import EVERYBODY

#: deliveries an event, as what is told during the benchmark has it
AN_EVENT = 4.48
#: seconds of a year, in which it all was
YEAR = 365 * 86_400
_FAST = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY")
_EVENTS = """
INSERT INTO event (seq, id, reference, kind, source, fingerprint, body, progress, occurred_on, told_at, recorded_at,
                   person, match, variant)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :events)
SELECT i, printf('%08x-0000-4000-8000-%012x', i * :apart, i), printf('TUO-%014d', i), 'contact_change',
    'past', printf('%064x', i), zeroblob(420), 'routed', '2025-06-01', :began + i * :pace, :began + i * :pace,
    printf('%08x-0000-4000-a000-%012x', (i * 2654435761) % 4294967296, i % :persons), 'matched', 'matched' FROM n
"""
_DELIVERIES = """
INSERT INTO delivery (event_id, department, revision, id, person, seq, kind, hand_over, standing, outcome, receipt,
                      letter, attempts, first_tried_at, released, opened_at, settled_at, behind, jump)
SELECT e.id, d.name, 1, printf('%08x-0000-4000-9000-%012x', e.seq * :apart, e.seq * 8 + d.n), e.person, e.seq, e.kind,
    d.hand_over, 'settled', 'accepted', 'R-' || e.seq, zeroblob(700), 1, e.recorded_at, true, e.recorded_at,
    e.recorded_at + 400000, 'block', 0
FROM event e CROSS JOIN department_of_the_past d WHERE d.name <> 'leisure' OR e.seq % 25 < 12
"""
_OTHERS = (
    "INSERT INTO attempt (delivery_number, n, started_at, ended_at, heard)"
    " SELECT number, 1, opened_at, settled_at, 'accepted' FROM delivery ORDER BY number",
    "INSERT INTO step (event_seq, at, step, department, said)"
    " SELECT seq, settled_at, 'acknowledge', department, 'Accepted.' FROM delivery",
    "INSERT INTO audit (at, actor, what, about) SELECT settled_at, 'broker', 'delivery.settled', id FROM delivery",
)


def fill(database: Path, deliveries: int) -> int:
    """Lay so many settled deliveries into a ledger that is up to date and empty; how many there are then."""
    events = max(1, round(deliveries / AN_EVENT))
    said = {"events": events, "apart": 2**32 // (events + 1), "persons": max(1, events // 2)}
    said |= {"began": int((time.time() - YEAR) * 1e6), "pace": YEAR * 1_000_000 // (events + 1)}
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in _FAST:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TEMP TABLE department_of_the_past (n INTEGER, name TEXT, hand_over TEXT)")
        connection.executemany("INSERT INTO department_of_the_past VALUES (?, ?, ?)", list(_departments()))
        connection.execute(_EVENTS, said)
        connection.execute(_DELIVERIES, {"apart": said["apart"]})
        for statement in _OTHERS:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode = WAL")
        return int(connection.execute("SELECT count(*) FROM delivery").fetchone()[0])


def _departments() -> Sequence[tuple[int, str, str]]:
    others = {"housing-benefit": "subscribes", "electoral-registration": "collects"}
    return [(n, name, others.get(name, "called")) for n, name in enumerate(sorted(EVERYBODY))]
