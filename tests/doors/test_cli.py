"""The command line: every command on a real database, and every way it ends in one line that names what to do."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.core
from sqlalchemy import update

from broker import cli, journey
from broker.ports import Broker
from broker.recording import Door
from broker.schema import bring_up_to_date
from broker.standing import Standing
from broker.store import Store
from broker.stream import route_waiting
from broker.tables import audit, delivery, event
from schemas.bereavement import Bereavement
from schemas.move import Move
from tests.broker.worlds import rows
from tests.council import ROOT
from tests.doors.office import Office, broker_over, open_office, told, wait_until
from tests.ground.ports import free_ports

ADVISER = Door(source="client:adviser", actor="adviser")


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.out)


Tuo = Callable[..., Said]


@pytest.fixture
def tuo(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tuo:
    """A command, run in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TUO_") and name != "TUO_TEST_IDENTIFIERS"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TUO_HOME", str(tmp_path))

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = cli.run(arguments)
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def world(database_url: str, tuo: Tuo, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A move that has been routed; the store is closed again, as no broker runs."""
    monkeypatch.setenv("TUO_DATABASE_URL", database_url)
    with Store(database_url) as store:
        bring_up_to_date(store)
        broker = broker_over(store)
        asyncio.run(_tell(broker))
    return broker


async def _tell(broker: Broker) -> None:
    await journey.intake(json.dumps(told(Move)).encode(), ADVISER, broker)
    await route_waiting(broker)


def change(url: str, **values: object) -> str:
    """Change the deliveries by hand; the first one's id."""
    with Store(url) as store:
        store.write_now(lambda tx: tx.execute(update(delivery).values(**values)).rowcount)
        return str(rows(store, delivery)[0].id)


def reference_of(world: Broker) -> str:
    with Store(world.store.url) as store:
        return str(rows(store, event)[0].reference)


def every_command() -> list[tuple[str, ...]]:
    def below(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - not public in typer
        for name, command in group.commands.items():
            if isinstance(command, typer.core.TyperGroup):
                yield from below(command, (*path, name))
            else:
                yield (*path, name)

    return list(below(typer.main.get_command(cli.commands()), ()))


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_itself(path: tuple[str, ...], tuo: Tuo) -> None:
    said = tuo(*path, "--help")
    assert said.code == 0
    assert f"Example: tuo {' '.join(path)}" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["failures", "replay"], 2, "--reason"),
        (["failures", "replay", "--reason", "x"], 2, "--all"),
        (["event", "show", "one", "Testwell"], 2, "tuo event show --help"),
        (["client", "add", "desk", "--role", "Testwell"], 2, "operator"),
        (["event", "schema", "Testwell"], 2, "bereavement"),
        (["event", "show", "Testwell"], 3, "tuo up"),
        (["books"], 3, "tuo up"),
        (["event", "submit", "/no/such/file"], 2, "standard input"),
        (["run", "--roles", "Testwell"], 2, "delivery"),
        (["dept", "show", "Testwell"], 1, "council-tax"),
    ],
)
def test_what_cannot_be_done_is_one_line_that_names_what_to_do_and_not_what_was_given(
    arguments: Sequence[str], code: int, named: str, tuo: Tuo
) -> None:
    said = tuo(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (code, "", 1)
    assert named in said.err
    assert "Testwell" not in said.err


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("TUO_WEB_PORT", "Testwell", "TUO_WEB_PORT"),
        ("TUO_ROLES", "web", '["web"]'),
        ("TUO_DATABASE_URL", "Testwell", "TUO_DATABASE_URL"),
        ("TUO_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/tuo", "tuo doctor"),
        ("TUO_HOME", "/dev/null/tuo", "/dev/null"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(
    variable: str, value: str, named: str, tuo: Tuo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    said = tuo("client", "add", "desk", "--role", "adviser")
    assert (said.code in (2, 3), said.out, said.err.count("\n")) == (True, "", 1)
    assert named in said.err
    assert "Testwell" not in said.err


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(tuo: Tuo) -> None:
    said = tuo("boks")
    assert (said.code, said.err) == (2, "No such command 'boks'. Did you mean 'books'? See tuo --help.\n")


def test_one_command_does_not_wait_until_every_other_is_read() -> None:
    """Kafka's client and the web's framework take a second or two to read; the settings need neither."""
    asked = "import sys; from broker.cli import run; run(['config', 'explain']);"
    asked += " print({'faust', 'fastapi'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_settings_are_explained_with_their_source_and_secrets_masked(tuo: Tuo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUO_KAFKA_PASSWORD", "open-sesame")
    Path("tuo.toml").write_text(
        'council = "Anytown"\n[back_offices.council-tax]\nbase_url = "http://127.0.0.1:1"\ntoken = "open-sesame"\n'
    )
    said = tuo("config", "explain", "--json")
    by_name = {row["name"]: row for row in said.json}
    assert (by_name["council"]["value"], by_name["council"]["source"]) == ("Anytown", "tuo.toml")
    assert by_name["home"]["source"] == "environment"
    assert by_name["kafka"]["source"] == "default"
    assert by_name["back_offices"]["value"]["council-tax"]["base_url"] == "http://127.0.0.1:1"
    assert "open-sesame" not in said.out + tuo("config", "explain").out


def test_a_misspelt_setting_is_found_wherever_it_is(tuo: Tuo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tuo("config", "check").code == 0
    monkeypatch.setenv("TUO_KAFKKA", "127.0.0.1:1")
    said = tuo("config", "check")
    assert (said.code, "TUO_KAFKKA" in said.err) == (2, True)
    monkeypatch.delenv("TUO_KAFKKA")
    Path("tuo.toml").write_text("kafkka = 1\n")
    said = tuo("config", "check")
    assert (said.code, "kafkka" in said.err) == (2, True)


def test_a_life_event_is_shown_from_the_database_alone(tuo: Tuo, world: Broker) -> None:
    reference = reference_of(world)
    said = tuo("event", "show", reference.replace("-", " ").lower(), "--json")
    assert (said.code, said.json["reference"], said.json["complete"]) == (0, reference, False)
    first = said.json["departments"][0]
    assert tuo("event", "show", first["delivery"], "--json").json["reference"] == reference
    assert first["title"] in tuo("event", "show", reference).out
    steps = tuo("event", "timeline", reference, "--json").json
    assert [steps[0]["step"], steps[-1]["step"]] == ["intake", "route"]
    assert "Written down." in tuo("event", "timeline", reference).out
    unknown = tuo("event", "show", "TUO-0000-0000-0000")
    assert (unknown.code, unknown.out) == (1, "")


def test_following_an_event_ends_when_nothing_more_will_change(tuo: Tuo, world: Broker) -> None:
    reference = reference_of(world)
    change(world.store.url, standing=Standing.SETTLED, outcome="accepted")
    said = tuo("event", "show", reference, "--follow", "--json")
    assert (said.code, said.json["complete"]) == (0, True)


def test_failures_are_listed_shown_and_replayed_without_a_broker(tuo: Tuo, world: Broker) -> None:
    assert "Nothing fails." in tuo("failures", "list").out
    failed = change(world.store.url, standing=Standing.DEAD, reason="closed", due_at=None)
    groups = tuo("failures", "list", "--json").json
    assert {(group["cause"], group["reason"]) for group in groups} == {("dead", "closed")}
    assert failed in tuo("failures", "list", "--ids").out
    shown = tuo("failures", "show", failed, "--json").json
    assert (shown["failure"]["id"], shown["replay"]) == (failed, "goes on")
    assert failed in tuo("failures", "show", failed).out

    everything = ["failures", "replay", "--all", "--failed-with", "closed", "--reason", "they are back"]
    dry = tuo(*everything, "--dry-run", "--json")
    assert (dry.code, failed in dry.json["replayed"]) == (0, True)
    assert tuo("failures", "show", failed).code == 0, "a dry run changes nothing"
    done = tuo(*everything, "--json")
    assert (done.code, set(done.json["replayed"])) == (0, set(dry.json["replayed"]))
    assert tuo("failures", "list", "--json").json == []
    with Store(world.store.url) as store:
        noted = rows(store, audit, audit.c.what == "delivery.replayed")
    assert {row.said for row in noted} == {"they are back"}
    assert all(row.actor.startswith("command") for row in noted)
    again = tuo("failures", "replay", failed, "--reason", "once more")
    assert (again.code, again.out, failed in again.err) == (1, "", True)


def test_what_a_department_said_by_telephone_is_written_down_without_a_broker(tuo: Tuo, world: Broker) -> None:
    failed = change(world.store.url, standing=Standing.UNKNOWN, reason="timed-out", due_at=None)
    saying = ["failures", "answer", failed, "--said", "accepted", "--reason", "Ms Lee, by telephone"]
    said = tuo(*saying, "--json")
    assert (said.code, said.json) == (0, {"id": failed, "standing": "settled"})
    assert failed not in tuo("failures", "list", "--ids").out
    again = tuo(*saying)
    assert (again.code, again.out) == (1, "")
    assert "Answered" in again.err
    assert tuo("failures", "answer", "none", "--said", "refused", "--reason", "x").code == 1


def test_books_that_do_not_balance_end_with_1_and_name_the_row(tuo: Tuo, world: Broker) -> None:
    damaged = change(world.store.url, standing=Standing.SETTLED, outcome=None)
    said = tuo("books", "--json")
    assert (said.code, said.json["balanced"]) == (1, False)
    assert damaged in {finding["id"] for finding in said.json["findings"]}
    assert damaged in tuo("books").out
    change(world.store.url, standing=Standing.SETTLED, outcome="accepted")
    assert damaged not in tuo("books").out


def test_a_client_s_key_is_shown_once_or_saved_for_the_owner_alone(tuo: Tuo, world: Broker, tmp_path: Path) -> None:
    said = tuo("client", "add", "desk", "--role", "adviser")
    assert (said.code, said.out.startswith("tuo_")) == (0, True)
    saved = tuo("client", "add", "operator", "--role", "operator", "--save")
    file = tmp_path / "keys" / "operator"
    assert (saved.code, saved.out.strip(), stat.S_IMODE(file.stat().st_mode)) == (0, str(file), 0o600)
    assert file.read_text().startswith("tuo_")
    listed = tuo("client", "list", "--json")
    assert [(each["name"], each["revoked_at"]) for each in listed.json] == [("desk", None), ("operator", None)]
    assert said.out.strip() not in listed.out
    assert [tuo("client", "revoke", "desk").code, tuo("client", "revoke", "desk").code] == [0, 1]
    assert tuo("client", "add", "operator", "--role", "operator", "--save").code == 1


def test_the_disclosure_register_names_every_field_of_every_department(tuo: Tuo) -> None:
    listed = tuo("dept", "disclosures", "--json").json
    page = tuo("dept", "disclosures", "--markdown").out
    assert listed
    assert all(f"`{row['field']}`" in page and row["why"].replace("|", "\\|") in page for row in listed)
    departments = {row["department"] for row in tuo("dept", "list", "--json").json}
    assert {row["department"] for row in listed} == departments
    name = sorted(departments)[0]
    shown = tuo("dept", "show", name, "--json").json
    assert shown["disclosures"] == [row for row in listed if row["department"] == name]


def test_contracts_are_printed_for_every_kind(tuo: Tuo) -> None:
    kinds = [row["kind"] for row in tuo("event", "kinds", "--json").json]
    assert "move" in kinds
    for kind in kinds:
        schema = tuo("event", "schema", kind, "unknown").json
        assert schema["$id"] == f"urn:tell-us-once:life-event:{kind}:unknown:1.0"


def test_letters_are_only_checked_in_a_dry_run(tuo: Tuo, tmp_path: Path) -> None:
    letters = tmp_path / "letters.jsonl"
    bad = {**told(Move), "occurred_on": "Testwell"}
    letters.write_text("\n".join(json.dumps(each) for each in (told(Move), bad, told(Bereavement))))
    said = tuo("event", "submit", str(letters), "--dry-run")
    assert (said.code, said.out) == (2, "")
    assert f"{letters}:2: occurred_on" in said.err
    assert "2 good" in said.err
    assert "Testwell" not in said.err


def test_the_doctor_says_of_each_thing_what_to_do(tuo: Tuo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUO_KAFKA", f"127.0.0.1:{free_ports()}")
    ill = tuo("doctor", "--json")
    by_name = {check["name"]: check for check in ill.json}
    assert ill.code == 1
    assert [by_name[name]["well"] for name in ("python", "sqlite", "disk", "database", "kafka")] == [
        *(True, True, True),
        *(False, False),
    ]
    assert "tuo up" in by_name["database"]["said"]
    assert "TUO_KAFKA" in by_name["kafka"]["said"]
    assert "base_url" in by_name["back office council-tax"]["said"]


def test_the_doctor_finds_the_database_up_to_date_and_who_writes_to_it(tuo: Tuo, tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'tuo.db'}") as store:
        bring_up_to_date(store)
        by_name = {check["name"]: check for check in tuo("doctor", "--json").json}
        assert by_name["database"]["well"]
        assert f"process {os.getpid()}" in by_name["sqlite"]["said"]


@pytest.fixture
def beside(tuo: Tuo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A broker that runs on SQLite, with the keys of its clients in the folder where commands look for them."""
    with open_office(f"sqlite:///{tmp_path / 'tuo.db'}") as office:
        monkeypatch.setenv("TUO_WEB_PORT", str(office.port))
        (tmp_path / "keys").mkdir()
        for name, key in office.keys.items():
            (tmp_path / "keys" / name).write_text(f"{key}\n")
        yield office


def test_the_same_file_submitted_twice_is_told_once(tuo: Tuo, beside: Office, tmp_path: Path) -> None:
    letters = tmp_path / "letters.jsonl"
    letters.write_text("\n".join(json.dumps(each) for each in (told(Move), told(Bereavement))))
    first = tuo("event", "submit", str(letters))
    assert (first.code, first.out.count("TUO-")) == (0, 2)
    second = tuo("event", "submit", str(letters), "--json")
    answers = [json.loads(line) for line in second.out.splitlines()]
    assert [answer["repeat"] for answer in answers] == [True, True]
    assert [answer["reference"] for answer in answers] == first.out.split()
    third = tuo("event", "submit", str(letters), "--key-prefix", "today-")
    assert not set(third.out.split()) & set(first.out.split())


def test_a_letter_that_is_refused_is_named_and_the_others_are_told(tuo: Tuo, beside: Office, tmp_path: Path) -> None:
    letters = tmp_path / "letters.json"
    letters.write_text(json.dumps([told(Move), {**told(Move), "channel": "Testwell"}, told(Bereavement)]))
    said = tuo("event", "submit", str(letters))
    assert (said.code, said.out.count("TUO-")) == (2, 2)
    assert f"{letters}:2: channel" in said.err
    assert "Testwell" not in said.err


def test_a_wrong_key_is_said_and_a_broker_that_is_away_too(
    tuo: Tuo, beside: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = tmp_path / "letter.json"
    letter.write_text(json.dumps(told(Move)))
    assert tuo("event", "submit", str(letter), "--key", "tuo_wrong").code == 2
    assert tuo("event", "submit", str(letter), "--key", beside.keys["operator"]).code == 1
    monkeypatch.setattr("broker.commands.submission.WAITS", (0.0,))
    away = tuo("event", "submit", str(letter), "--server", f"http://127.0.0.1:{free_ports()}")
    assert (away.code, "tuo up" in away.err) == (3, True)


def test_a_command_that_writes_asks_the_broker_that_holds_the_database(tuo: Tuo, beside: Office) -> None:
    beside.tell(told(Move))
    beside.route()
    beside.broker.store.write_now(
        lambda tx: tx.execute(update(delivery).values(standing=Standing.DEAD, reason="closed")).rowcount
    )
    failed = [row.id for row in rows(beside.broker.store, delivery)]
    said = tuo("failures", "replay", "--all", "--reason", "they are back", "--json")
    assert (said.code, sorted(said.json["replayed"])) == (0, sorted(failed))
    noted = rows(beside.broker.store, audit, audit.c.what == "delivery.replayed")
    assert {(row.actor, row.said) for row in noted} == {("operator", "they are back")}
    added = tuo("client", "add", "desk", "--role", "adviser")
    assert (added.code, added.out.startswith("tuo_")) == (0, True)
    assert tuo("client", "revoke", "desk").code == 0
    assert "desk" in [each["name"] for each in tuo("client", "list", "--json").json if each["revoked_at"]]


def test_without_a_key_a_command_says_how_to_make_one(tuo: Tuo, beside: Office, tmp_path: Path) -> None:
    (tmp_path / "keys" / "operator").unlink()
    said = tuo("failures", "replay", "some-id", "--reason", "x")
    assert (said.code, "tuo client add operator --role operator --save" in said.err) == (2, True)


def test_a_running_broker_takes_letters_without_kafka_and_a_second_one_is_refused(
    tuo: Tuo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUO_WEB_PORT", str(free_ports()))
    monkeypatch.setenv("TUO_KAFKA", f"127.0.0.1:{free_ports()}")
    assert tuo("client", "add", "adviser", "--role", "adviser", "--save").code == 0
    letter = tmp_path / "letter.json"
    letter.write_text(json.dumps(told(Move)))
    command = [str(Path(sys.executable).with_name("tuo")), "run"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as running:
        try:
            wait_until(lambda: "broker.started" in (tmp_path / "log").read_text(), within=60)
            wait_until(lambda: tuo("event", "submit", str(letter)).out.startswith("TUO-"), within=60)
            second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        finally:
            running.terminate()
        assert running.wait(60) == 0
    last = second.stderr.splitlines()[-1]
    assert (second.returncode, last.startswith("Another tuo process")) == (3, True)
    assert "Traceback" not in second.stderr + (tmp_path / "log").read_text()


def test_a_port_that_is_taken_ends_the_broker_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = {**os.environ, "TUO_HOME": str(tmp_path), "TUO_WEB_PORT": port}
        command = [str(Path(sys.executable).with_name("tuo")), "run"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr
    assert "TUO_WEB_PORT" in ended.stderr
