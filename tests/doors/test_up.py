"""`tuo up`: everything on one machine, seen as somebody sees it who has just cloned the repository."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import clients
from broker.demo.asking import DepartmentLine, Tracker
from broker.demo.children import Child
from broker.demo.examples import examples
from broker.demo.home import Home
from broker.demo.key_files import ADVISER
from broker.demo.keys import make_keys
from broker.demo.plan import CannotGoOn, CannotStart, make_plan
from broker.demo.showing import Lines
from broker.schema import bring_up_to_date
from broker.settings import BackOffice, Settings
from broker.store import Store
from schemas.letter import read_letter
from tests.ground.ports import free_ports

TUO = str(Path(sys.executable).with_name("tuo"))
DEPARTMENTS = {"council-tax", "electoral-registration", "housing-benefit"}
Event = Mapping[str, object]


def environment(**told: str) -> dict[str, str]:
    """Ours without any setting of the tests: `tuo up` must make its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUO_")}
    jars = os.environ.get("TUO_KAFKA_JARS")
    return {**kept, **({"TUO_KAFKA_JARS": jars} if jars else {}), **told}


def tuo_up(folder: Path, *words: str, **told: str) -> "subprocess.CompletedProcess[str]":
    command = [TUO, "up", "--home", "home", *words]
    return subprocess.run(
        command, cwd=folder, env=environment(**told), capture_output=True, text=True, timeout=150, check=False
    )


def events(said: str, kind: str) -> list[Event]:
    told: list[Event] = [json.loads(line) for line in said.splitlines()]
    return [each for each in told if each["event"] == kind]


def answered(said: str) -> set[tuple[object, object]]:
    return {(each["reference"], each["department"]) for each in events(said, "department") if each["answered"]}


def effects(home: Path) -> list[str]:
    """Every change that a back office made, by delivery."""
    lines = [line for journal in home.glob("back-offices/*/journal.jsonl") for line in journal.read_text().splitlines()]
    return [each["delivery"] for each in map(json.loads, lines) if each["effect"]]


def left_running(home: Path) -> list[str]:
    """Processes that still work in this home."""
    return [
        each.name() for each in psutil.process_iter(["cmdline"]) if str(home) in " ".join(each.info["cmdline"] or [])
    ]


def test_a_first_start_is_answered_by_every_department_and_a_second_finds_it_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    home, port = tmp_path / "home", free_ports(5)
    first = tuo_up(tmp_path, "--once", "--json", "--ports-from", str(port))
    assert (first.returncode, first.stderr) == (0, "")
    (told,) = events(first.stdout, "told")
    references = told["references"]
    assert isinstance(references, list)
    assert len(references) == 2
    assert answered(first.stdout) == {(one, of) for one in references for of in DEPARTMENTS}
    assert {file.stat().st_mode & 0o777 for file in (home / "keys").iterdir()} == {0o600}
    assert left_running(home) == []

    second = stay_and_interrupt(tmp_path, port)
    (found,) = events(second, "found")
    assert found["references"] == references
    assert answered(second) == answered(first.stdout)
    assert sorted(effects(home)) == sorted(set(effects(home)))
    assert len(effects(home)) == 6
    assert left_running(home) == []


def stay_and_interrupt(folder: Path, port: int) -> str:
    """What a start says that stays up until Ctrl-C, and then ends well within ten seconds."""
    said: list[str] = []
    command = [TUO, "up", "--home", "home", "--json", "--ports-from", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        for line in up.stdout:
            said.append(line)
            if json.loads(line)["event"] == "staying":
                up.send_signal(signal.SIGINT)
                began = time.monotonic()
    assert up.returncode == 0
    assert time.monotonic() - began < 10
    return "".join(said)


def test_a_port_in_use_is_named_in_one_line_with_the_setting_that_changes_it(tmp_path: Path) -> None:
    port = free_ports(5)
    with closing(socket.create_server(("127.0.0.1", port))):
        done = tuo_up(tmp_path, "--once", TUO_WEB_PORT=str(port))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    for word in (f"Port {port}", "the broker", "TUO_WEB_PORT", "--ports-from"):
        assert word in done.stderr


def test_a_folder_of_jars_that_holds_no_kafka_is_named_and_nothing_is_fetched_into_it(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    done = tuo_up(tmp_path, "--once", "--ports-from", str(free_ports(5)), TUO_KAFKA_JARS=str(nothing))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"TUO_KAFKA_JARS names {nothing}" in done.stderr
    assert not nothing.exists()


def test_invented_people_are_kept_out_of_a_councils_own_database(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "tuo.db").write_bytes(b"")
    done = tuo_up(tmp_path, "--once", "--ports-from", str(free_ports(5)))
    assert done.returncode == 2
    assert "did not make" in done.stderr
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["tuo.db"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(database_url="postgresql+psycopg://db.example.org/tuo"), "TUO_DATABASE_URL"),
        (Settings(kafka="kafka.example.org:9092"), "TUO_KAFKA"),
        (Settings(back_offices={"parking": BackOffice(base_url="https://parking.example.org")}), "TUO_BACK_OFFICES"),
    ],
)
def test_a_demonstration_never_speaks_with_a_councils_own_systems(settings: Settings, named: str) -> None:
    with pytest.raises(CannotStart) as refused:
        make_plan(settings, None)
    assert named in refused.value.reason


@given(first=st.dates(date(2026, 1, 10), date(2099, 1, 1)), later=st.integers(0, 4000))
def test_examples_are_recent_at_the_first_start_and_the_same_ever_after(
    tmp_path_factory: pytest.TempPathFactory, first: date, later: int
) -> None:
    kept_in = tmp_path_factory.mktemp("demo")
    told = examples(kept_in, first)
    days_ago = [first - date.fromisoformat(str(read_letter(one.letter, today=first).event.happened)) for one in told]
    assert all(timedelta(0) < each < timedelta(days=14) for each in days_ago)
    assert examples(kept_in, first + timedelta(days=later)) == told


def test_a_key_whose_file_is_lost_is_made_again_and_the_lost_one_opens_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    with Store(f"sqlite:///{home.database}") as store:
        bring_up_to_date(store)
        make_keys(store, home)
        lost, kept = home.key(ADVISER).read_text().strip(), home.key("operator").read_text()
        home.key(ADVISER).unlink()
        make_keys(store, home)
        now = home.key(ADVISER).read_text().strip()
        holder = store.read_now(clients.who(clients.digest(now)))
        assert holder is not None
        assert holder.role is clients.Role.ADVISER
        assert store.read_now(clients.who(clients.digest(lost))) is None
    assert home.key("operator").read_text() == kept


def child_that(does: str, folder: Path) -> Child:
    return Child(name="The broker", command=lambda: [sys.executable, "-c", does], log=folder / "broker.log")


def until_ended(child: Child) -> None:
    deadline = time.monotonic() + 20
    while child.status is None and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_process_that_ends_by_itself_is_named_with_the_last_line_of_its_log(tmp_path: Path) -> None:
    child = child_that("import sys; print('reading'); sys.exit('the disk is full')", tmp_path)
    child.start()
    until_ended(child)
    with pytest.raises(CannotGoOn) as ended:
        child.must_live()
    assert ended.value.reason.startswith("The broker stopped by itself (status 1).")
    assert ended.value.reason.endswith("broker.log: the disk is full")


def test_the_log_of_the_start_before_is_kept(tmp_path: Path) -> None:
    for said in ("before", "now"):
        child = child_that(f"print({said!r})", tmp_path)
        child.start()
        until_ended(child)
    assert (tmp_path / "broker.log.1").read_text() == "before\n"
    assert (tmp_path / "broker.log").read_text() == "now\n"


def test_a_process_that_does_not_stop_when_asked_is_killed_in_time(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = child_that(deaf, tmp_path)
    child.start()
    deadline = time.monotonic() + 20
    while "deaf" not in child.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert child.stop(time.monotonic() + 0.3) is False
    assert child.process_id is None


def test_plain_lines_tell_each_department_once_until_it_moves_on(capsys: pytest.CaptureFixture[str]) -> None:
    def tracker(sentence: str) -> Tracker:
        line = DepartmentLine(department="council-tax", title="Council Tax", answered=False, sentence=sentence)
        return Tracker(reference="TUO-1", caption="", progress="", held=None, departments=(line,))

    screen = Lines()
    for sentence in ("We are telling them.", "We are telling them.", "They have made the change."):
        screen.show([tracker(sentence)])
    told = capsys.readouterr().out.splitlines()
    assert [line.rpartition(": ")[2] for line in told] == ["We are telling them.", "They have made the change."]
