"""A replay whose process is killed half-way goes on where it was: each item once, and the totals add up."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from broker.failures.groups import groups
from broker.ports import utc_now
from broker.replays.runs import RunState
from broker.schema import bring_up_to_date
from broker.store import Store
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.replays import approve, begin, fail_many, plan_all, run_of
from tests.broker.worlds import make_broker

MANY, KILLS = 200, 4
#: what a replay may have on its way to one department at once
AT_ONCE = 12


def test_a_run_survives_kills_and_sends_each_failure_once(tmp_path: Path) -> None:
    database, journal = f"sqlite:///{tmp_path / 'tuo.db'}", tmp_path / "journal"
    journal.touch()
    with Store(database) as store:
        bring_up_to_date(store)
        carrier = ScriptedCarrier()
        broker = make_broker(store, clock=utc_now, carriers={LIBRARIES: carrier})  # type: ignore[arg-type]
        failed = asyncio.run(fail_many(broker, carrier, MANY))
        going = approve(broker, begin(broker, asyncio.run(plan_all(broker))))
    for n in range(KILLS):
        run_until(database, journal, seen=(n + 1) * MANY // (KILLS + 1))
    run_until(database, journal, seen=MANY, then_wait=True)
    with Store(database) as store:
        done = run_of(make_broker(store), going)
        assert (done.state, done.delivered, done.failed, done.skipped) == (RunState.DONE, MANY, 0, 0)
        assert store.read_now(groups) == []
    seen = Counter(journal.read_text().split())
    assert set(seen) == set(failed)
    twice = [key for key, times in seen.items() if times > 1]
    assert len(twice) <= KILLS * AT_ONCE, "only what was in flight at a kill is sent again, under its own id"
    assert max(seen.values()) <= 1 + KILLS


def run_until(database: str, journal: Path, seen: int, *, then_wait: bool = False) -> None:
    """Let a process work until the back office has seen so many letters; then kill it."""
    command = [sys.executable, "-m", "tests.broker.replaying_child", database, str(journal)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    deadline = time.monotonic() + 60
    try:
        while len(set(journal.read_text().split())) < seen or (then_wait and not is_done(database)):
            assert child.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it did not get so far in time"
            time.sleep(0.005)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def is_done(database: str) -> bool:
    store = Store(database)
    try:
        return store.read_now(lambda tx: tx.exec_driver_sql("SELECT state FROM replay_run").scalar()) == RunState.DONE
    finally:
        store.close()
