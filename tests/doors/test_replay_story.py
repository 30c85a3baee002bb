"""An operator who has never seen it finds a cause among a thousand failures and replays it, led by the help alone."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from broker import clients
from broker.adapter import Adapter
from broker.clients import Role
from broker.failures import burying
from broker.failures.groups import groups
from broker.outcome import Refused
from broker.ports import Broker, utc_now
from broker.record import Record
from broker.replays.driving import Driver
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store
from broker.tables import audit, delivery
from broker.web.app import make_app
from tests.broker.departments import ScriptedCarrier
from tests.broker.replays import fail_many, offered, serve, somebody
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import make_broker, move, rows, tell
from tests.doors.office import served
from tests.doors.test_cli import Said, Tuo, tuo

__all__ = ["tuo"]
FAILURES, HEALTHY = 1000, 150


@dataclass(frozen=True, kw_only=True)
class Council:
    """A broker that is running, with a back office that answers again, and two operators with a key each."""

    broker: Broker
    carrier: ScriptedCarrier
    url: str
    keys: dict[str, str]

    def client(self, name: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.keys[name]}"}, timeout=20)


@contextmanager
def council(home: Path, adapters: list[Adapter] | None = None) -> Iterator[Council]:
    carrier = ScriptedCarrier()
    with Store(f"sqlite:///{home / 'tuo.db'}") as store:
        bring_up_to_date(store)
        broker = make_broker(store, clock=utc_now, adapters=adapters, carriers={"libraries": carrier})  # type: ignore[arg-type]
        keys = {name: _key(store, home, name) for name in ("operator", "priya", "sam")}
        with served(make_app(broker, Settings())) as port:
            yield Council(broker=broker, carrier=carrier, url=f"http://127.0.0.1:{port}", keys=keys)


def _key(store: Store, home: Path, name: str) -> str:
    key = store.write_now(clients.add(name, Role.OPERATOR, None, datetime.now(UTC), actor="test"))
    (home / "keys").mkdir(exist_ok=True)
    (home / "keys" / name).write_text(key)
    return key


@contextmanager
def at_work(here: Council) -> Iterator[None]:
    """The parts of the broker that drive runs and hand over, while the block lasts."""
    over = threading.Event()

    async def work() -> None:
        driver = Driver(here.broker)
        while not over.is_set():
            await driver.look()
            await serve(here.broker, here.carrier, offered(here.broker))
            await asyncio.sleep(0.005)

    thread = threading.Thread(target=lambda: asyncio.run(work()), name="work")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def named(pattern: str, said: Said) -> str:
    found = re.search(pattern, said.out + said.err)
    assert found is not None, f"{said.out}\n{said.err}"
    return found.group(0)


def test_the_help_alone_leads_from_a_thousand_failures_to_none(
    tuo: Tuo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with council(tmp_path) as here:
        monkeypatch.setenv("TUO_WEB_PORT", here.url.rpartition(":")[2])
        failed = asyncio.run(fail_many(here.broker, here.carrier, FAILURES))
        healthy = [a_delivery(5000 + n, of=somebody(5000 + n)) for n in range(HEALTHY)]
        open_all(here.broker, *healthy)
        asyncio.run(serve(here.broker, here.carrier, [one.id for one in healthy]))
        odd = a_delivery(9000, of=somebody(9000))
        open_all(here.broker, odd)
        asyncio.run(serve(here.broker, here.carrier, [odd.id], Refused(reason="no-such-card")))
        untouched = [rows(here.broker.store, delivery, delivery.c.id == one.id) for one in (*healthy, odd)]
        asked_before = len(here.carrier.keys)

        helped = tuo("failures", "--help").out
        steps = re.findall(r"tuo (?:failures|run) [a-z][^\n]+", helped)
        assert [step.split()[2] for step in steps[:6]] == ["groups", "list", "show", "plan", "replay", "watch"]

        found = tuo(*steps[0].split()[1:])
        group = next(line.split()[0] for line in found.out.splitlines() if "tenure-code-unknown" in line)
        assert re.search(rf"{group} .* libraries .* {FAILURES} +{FAILURES} ", found.out), found.out
        listed = tuo("failures", "list", "--group", group, "--json").json
        assert tuo("failures", "show", listed[0]["id"]).code == 0

        planned = tuo("failures", "plan", "--group", group, "--reason", "the mapping is mended")
        assert f"{FAILURES} of {FAILURES} failures would be sent again" in planned.out
        assert "needs a second person" in planned.out
        assert len(here.carrier.keys) == asked_before, "a plan sends nothing"

        begun = tuo(*named(r"tuo failures replay --plan P-\w+", planned).split()[1:])
        run = named(r"R-\w{8}", begun)
        with at_work(here):
            asked = named(rf"tuo run approve {run} --as", begun).split()[1:]
            assert tuo(*asked, "operator", "--digest", digest_in(tuo(*asked, "operator"))).code == 1
            looked = tuo(*asked, "priya")
            assert (looked.code, f"{FAILURES} of {FAILURES}" in looked.out) == (1, True)
            agreed = tuo(*named(r"tuo run approve .*", looked).split()[1:])
            assert (agreed.code, "running" in agreed.out) == (0, True), agreed.err
            watched = tuo("run", "watch", run)
        assert (watched.code, watched.out.splitlines()[-1]) == (
            0,
            f"done, stage 4 of 4: {FAILURES} delivered, 0 failed, 0 away, 0 to go, 0 left",
        )
        assert sorted(here.carrier.keys[asked_before:]) == sorted(failed), "each once, under its own id, and no other"
        assert untouched == [rows(here.broker.store, delivery, delivery.c.id == one.id) for one in (*healthy, odd)]
        (left,) = here.broker.store.read_now(groups)
        assert (left.count, left.reason) == (1, "no-such-card")
        said = {(row.what, row.actor) for row in rows(here.broker.store, audit) if row.what.startswith("replay.")}
        assert said == {("replay.planned", "operator"), ("replay.begun", "operator"), ("replay.approved", "priya")}


def digest_in(said: Said) -> str:
    return named(r"(?<=digest )[0-9a-f]{64}", said)[:12]


def test_a_run_is_steered_from_the_command_line(tuo: Tuo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with council(tmp_path) as here:
        monkeypatch.setenv("TUO_WEB_PORT", here.url.rpartition(":")[2])
        failed = asyncio.run(fail_many(here.broker, here.carrier, 12))
        assert tuo("run", "list").out.startswith("No replay has run yet")
        dry = tuo("failures", "replay", "--group", group_of(tuo), "--reason", "mended", "--dry-run", "--json").json
        assert (dry["id"], dry["goes_on"]) == (None, 12)
        run = tuo("failures", "replay", "--group", group_of(tuo), "--reason", "mended", "--json").json["id"]
        for word, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
            said = tuo("run", word, run, "--reason", "trying it")
            assert (said.code, said.out.startswith(state)) == (0, True), said.err
        assert "0 had been sent" in said.err
        again = tuo("run", "resume", run, "--reason", "trying it")
        assert (again.code, "cancelled" in again.err) == (1, True)
        shown = tuo("run", "show", run, "--json").json
        assert (len(shown["items"]), shown["run"]["skipped"]) == (12, 12)
        assert tuo("run", "watch", "R-00000000").code == 1
        changes = tmp_path / "changes.json"
        changes.write_text('{"postcode": "AA9 9ZZ"}')
        edited = tuo("failures", "edit", failed[0], "--from", str(changes), "--reason", "the postcode")
        assert (edited.code, "second person" in edited.err, "AA9" in edited.out) == (0, True, False), edited.err
        changes.write_text('{"nino": "QQ123456C"}')
        refused = tuo("failures", "edit", failed[1], "--from", str(changes), "--reason", "the postcode")
        assert (refused.code, "QQ123456C" in refused.err, "postcode" in refused.err) == (1, False, True), refused.err


def test_a_dead_letter_is_looked_at_taken_out_and_let_go(
    tuo: Tuo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with council(tmp_path) as here:
        monkeypatch.setenv("TUO_WEB_PORT", here.url.rpartition(":")[2])
        told = asyncio.run(tell(here.broker, move()))
        record = Record(topic="life-events", partition=0, position=3, key=told.id.encode(), value=b'{"Okafor": 1}')
        asyncio.run(burying.bury(record, "invalid", here.broker))
        shown = tuo("failures", "show", "dead-letter-1")
        assert (shown.code, "names a person of ours" in shown.out, "Okafor" in shown.out) == (0, True, False)
        raw = tmp_path / "raw"
        assert tuo("failures", "show", "dead-letter-1", "--raw", str(raw)).code == 2, "the audit wants a reason"
        taken = tuo("failures", "show", "dead-letter-1", "--raw", str(raw), "--reason", "to mend the feed")
        assert (taken.code, raw.read_bytes(), raw.stat().st_mode & 0o77) == (0, b'{"Okafor": 1}', 0), taken.err
        asyncio.run(tell(here.broker, move(), "later"))
        assert "waiting: 1" in tuo("failures", "show", "dead-letter-1").out
        released = tuo("failures", "release", "dead-letter-1", "--reason", "sent again")
        assert (released.code, "1 events go on" in released.err) == (0, True), released.err
        assert tuo("failures", "release", "dead-letter-1", "--reason", "sent again").code == 1
        noted = {(row.what, row.actor) for row in rows(here.broker.store, audit)}
        assert {("letter.revealed", "operator"), ("person.released", "operator")} <= noted
        assert tuo("failures", "note", group_of(tuo), "--owner", "Jo").code == 0
        assert tuo("failures", "groups", "--json").json[0]["owner"] == "Jo"


def group_of(run: Callable[..., Said]) -> str:
    return str(run("failures", "groups", "--json").json[0]["id"])
