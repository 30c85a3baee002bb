import json
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from broker.commands.directory import app
from broker.directory.file import FiledEvent, Resident
from broker.directory.residents import person_of, record_of, subject_of
from broker.directory.tables import resident
from broker.json_lines import Bad, Good, JsonLines
from broker.store import Store
from schemas.reading import LARGEST_BODY
from tests.people import ADA, BEN, EVERYBODY, ROSALIND, ROSE, resident_line, write_lines

HONEST = {"id": "r1", "forenames": "Ada", "surname": "Thornbury"}


@pytest.fixture
def tuo(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.setenv("TUO_DATABASE_URL", database_url)
    monkeypatch.setenv("TUO_HOME", str(tmp_path / "home"))
    return CliRunner()


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "residents.jsonl", [line_of(person) for person in EVERYBODY])


def line_of(person: object, **changes: object) -> dict[str, Any]:
    return resident_line(f"SMP-{person.id[-4:]}", person, **changes)  # type: ignore[attr-defined, arg-type]


def event_about(person: object, key: str, kind: str = "move", **changes: object) -> dict[str, Any]:
    known = line_of(person)
    fields = ("forenames", "surname", "dob", "nino", "uprn", "postcode", "line1")
    return {"id": key, "type": kind, **{field: known[field] for field in fields}, **changes}


def residents_in(path: Path) -> list[Good[Resident] | Bad]:
    return list(JsonLines(path, Resident))


def problem_of(path: Path) -> tuple[int, str, str]:
    """Line, field and code of the one bad line of a file."""
    (bad,) = [line for line in residents_in(path) if isinstance(line, Bad)]
    (problem,) = bad.problems
    return bad.number, problem.field, problem.code


def how_many(url: str) -> int:
    store = Store(url)
    try:
        return store.read_now(lambda tx: tx.execute(select(func.count()).select_from(resident)).scalar_one())
    finally:
        store.close()


def decisions(path: Path) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in map(json.loads, path.read_text().splitlines())}


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"dob": "14/03/1991"}, "dob", "bad_date"),
        ({"dob": "1991-03"}, "dob", "bad_date"),
        ({"dob": "2999-01-01"}, "dob", "date_in_future"),
        ({"deceased": "2999-01-01"}, "deceased", "date_in_future"),
        ({"sex": "F "}, "sex", "unknown_value"),
        ({"nino": "QQ12"}, "nino", "nino_format"),
        ({"nino": "TN123456A"}, "nino", "nino_prefix"),
        ({"uprn": "12A"}, "uprn", "uprn_format"),
        ({"uprn": True}, "uprn", "wrong_type"),
        ({"postcode": "nowhere at all"}, "postcode", "postcode_format"),
        ({"phone": "none"}, "phone", "phone_format"),
        ({"email": "none"}, "email", "email_format"),
        ({"restricted": "yes"}, "restricted", "wrong_type"),
        ({"previous": [{"uprn": "0"}]}, "previous.0.uprn", "uprn_format"),
        (
            {"references": [{"department": "Council Tax", "reference": "1"}]},
            "references.0.department",
            "department_format",
        ),
        ({"id": " "}, "id", "missing"),
        ({"forenames": None, "surname": ""}, "surname", "missing"),
        ({"postcod": "AA1 1AA"}, "postcod", "unknown_field"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_field(
    tmp_path: Path, wrong: dict[str, object], field: str, code: str
) -> None:
    path = write_lines(tmp_path / "extract.jsonl", [{**HONEST, "id": "r0"}, b"", {**HONEST, **wrong}])
    assert problem_of(path) == (3, field, code)


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'{"id": "a", "id": "b"}', b'{"id": "\xff"}', b"[" * 5000, b"x" * (3 * LARGEST_BODY)]
)
def test_what_is_not_one_readable_object_is_one_bad_line(tmp_path: Path, raw: bytes) -> None:
    lines = residents_in(write_lines(tmp_path / "extract.jsonl", [raw, HONEST]))
    assert [type(line) for line in lines] == [Bad, Good]
    assert [line.number for line in lines] == [1, 2]


def test_an_id_that_stood_before_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "extract.jsonl", [HONEST, {**HONEST, "surname": "Other"}])
    assert problem_of(path) == (2, "id", "repeated")


def test_documentation_numbers_are_refused_without_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path / "extract.jsonl", [{**HONEST, "nino": "QQ 12 00 01 B"}])
    assert isinstance(residents_in(path)[0], Good)
    monkeypatch.delenv("TUO_TEST_IDENTIFIERS")
    assert problem_of(path) == (1, "nino", "nino_prefix")


def test_blanks_nulls_and_a_windows_beginning_are_borne_with(tmp_path: Path) -> None:
    said = {**HONEST, "dob": "", "uprn": 199356, "postcode": "zz1 1aa", "sex": None, "previous": None, "line1": " "}
    path = tmp_path / "extract.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(said).encode() + b"\r\n\r\n")
    (line,) = residents_in(path)
    assert isinstance(line, Good)
    assert (line.said.uprn, line.said.postcode, line.said.dob, line.said.line1) == ("199356", "ZZ1 1AA", None, None)


def test_a_single_name_is_read_from_either_field() -> None:
    for said in ({"surname": "Suharjo"}, {"forenames": "Suharjo", "surname": None}):
        person = person_of("p", record_of(Resident.model_validate({"id": "r", **said})))
        assert [(name.forenames, name.surname) for name in person.names] == [(None, "Suharjo")]


def test_another_forename_goes_with_the_present_surname() -> None:
    said = Resident.model_validate(
        {**HONEST, "known_as": [{"forenames": "Addie"}], "previous_names": [{"surname": "Pym"}]}
    )
    assert [str(name) for name in person_of("p", record_of(said)).names] == ["Ada Thornbury", "Addie Thornbury", "Pym"]


def test_an_event_tells_of_its_subject_before_the_move() -> None:
    event = FiledEvent.model_validate(
        {
            "id": "e1",
            "type": "move",
            "forenames": "Ada",
            "middle": ["Mary", "Rose"],
            "surname": "Pym",
            "previous_surname": "Thornbury",
            "dob": "1938-11",
            "postcode": "AA1 1AA",
            "new_postcode": "AA9 9ZZ",
        }
    )
    subject = subject_of(event)
    assert str(subject.name) == "Ada Mary Rose Pym"
    assert [str(name) for name in subject.previous_names] == ["Ada Mary Rose Thornbury"]
    assert subject.address is not None
    assert (subject.address.postcode, str(subject.date_of_birth)) == ("AA1 1AA", "1938-11")


def test_loading_twice_says_that_nothing_changed(tuo: CliRunner, extract: Path, database_url: str) -> None:
    first = tuo.invoke(app, ["load", str(extract), "--json"])
    assert first.exit_code == 0, first.output
    again = tuo.invoke(app, ["load", str(extract)])
    counts = json.loads(first.stdout)
    assert {word: counts[word] for word in ("loaded", "updated", "unchanged", "rejected")} == {
        "loaded": len(EVERYBODY),
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
    }
    assert again.stdout.startswith(f"0 loaded, 0 updated, {len(EVERYBODY)} unchanged, 0 rejected in ")
    assert how_many(database_url) == len(EVERYBODY)


def test_loading_stops_at_a_bad_line_and_says_which(tuo: CliRunner, tmp_path: Path, database_url: str) -> None:
    path = write_lines(tmp_path / "extract.jsonl", [line_of(ADA), line_of(BEN, dob="19/04/1986"), line_of(ROSE)])
    stopped = tuo.invoke(app, ["load", str(path)])
    assert stopped.exit_code == 2
    assert "line 2: dob: " in stopped.stderr
    assert "1986" not in stopped.output
    assert how_many(database_url) == 1


def test_keeping_going_sets_the_bad_lines_aside(tuo: CliRunner, tmp_path: Path, database_url: str) -> None:
    bad = [line_of(BEN, dob="19/04/1986"), b"not an object"]
    path = write_lines(tmp_path / "extract.jsonl", [line_of(ADA), *bad, line_of(ROSE)])
    rejects = tmp_path / "extract.jsonl.rejects"
    rejects.write_text("from an earlier run\n")
    for _ in range(2):
        went_on = tuo.invoke(app, ["load", str(path), "--keep-going"])
        assert went_on.exit_code == 0, went_on.output
        assert "2 rejected" in went_on.stdout
        assert rejects.read_bytes() == write_lines(tmp_path / "expected", bad).read_bytes()
    assert how_many(database_url) == 2
    elsewhere = tmp_path / "elsewhere"
    tuo.invoke(app, ["load", str(path), "--keep-going", "--rejects", str(elsewhere)])
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600


def test_a_dry_run_checks_every_line_and_writes_nothing(tuo: CliRunner, extract: Path, tmp_path: Path) -> None:
    checked = tuo.invoke(app, ["load", str(extract), "--dry-run"])
    assert checked.exit_code == 0
    assert checked.stdout.startswith(f"{len(EVERYBODY)} checked, 0 rejected")
    bad = write_lines(tmp_path / "bad.jsonl", [{"id": "r1"}])
    assert tuo.invoke(app, ["load", str(bad), "--dry-run"]).exit_code == 2


def test_loading_beside_a_running_broker_says_what_to_do(
    sqlite_url: str, extract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUO_DATABASE_URL", sqlite_url)
    with Store(sqlite_url):
        refused = CliRunner().invoke(app, ["load", str(extract)])
    assert refused.exit_code == 3
    assert refused.stderr.strip() == "A broker is running on this database. Stop it first, or load before starting it."


def test_matching_needs_a_directory_and_leaves_no_half_a_file(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUO_DATABASE_URL", sqlite_url)
    events = write_lines(tmp_path / "events.jsonl", [event_about(ADA, "e1")])
    out = tmp_path / "decisions.jsonl"
    refused = CliRunner().invoke(app, ["match", str(events), "--profile", "standard", "-o", str(out)])
    assert refused.exit_code == 3
    assert "tuo directory load" in refused.stderr
    assert [path.name for path in tmp_path.iterdir() if "decisions" in path.name] == []


def test_a_file_of_events_is_decided_line_by_line(tuo: CliRunner, extract: Path, tmp_path: Path) -> None:
    tuo.invoke(app, ["load", str(extract)])
    stranger = {"forenames": "Karen", "surname": "Loxley"}
    events = write_lines(
        tmp_path / "events.jsonl",
        [
            event_about(ADA, "sure", "bereavement"),
            event_about(BEN, "partial", dob=None, nino=None),
            event_about(ROSE, "twins", nino=None, forenames="R"),
            event_about(ADA, "nobody", nino=None, dob="1955-05-05", **stranger),
            event_about(ADA, "lighter", **stranger),
            event_about(ADA, "graver", profile="irreversible", **stranger),
        ],
    )
    out = tmp_path / "decisions.jsonl"
    done = tuo.invoke(app, ["match", str(events), "--profile", "standard", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("1 AUTO, 4 REVIEW, 0 AMBIGUOUS, 1 NO_MATCH, 0 rejected in ")
    said = decisions(out)
    assert list(said) == ["sure", "partial", "twins", "nobody", "lighter", "graver"]
    sure = said["sure"]
    assert sure.pop("bits") > 10
    assert sure.pop("gap") > 10
    assert sure == {
        "id": "sure",
        "decision": "AUTO",
        "person": "SMP-0001",
        "candidates": ["SMP-0001"],
        "guards": [],
        "explanation": (
            "National Insurance number, surname, first forename, middle name, date of birth and address agree."
        ),
    }
    assert (said["partial"]["decision"], said["partial"]["person"]) == ("REVIEW", None)
    assert said["partial"]["candidates"] == ["SMP-0002"]
    assert said["twins"]["decision"] == "REVIEW"
    assert said["twins"]["guards"] == ["weak_forename"]
    assert said["twins"]["candidates"][0] == f"SMP-{ROSE.id[-4:]}"
    assert (said["nobody"]["decision"], said["nobody"]["candidates"]) == ("NO_MATCH", [])
    assert (said["lighter"]["decision"], said["graver"]["decision"]) == ("REVIEW", "REVIEW")


def test_a_restricted_resident_is_named_to_a_reviewer_and_to_nobody_else(
    tuo: CliRunner, extract: Path, tmp_path: Path
) -> None:
    tuo.invoke(app, ["load", str(extract)])
    unknown = event_about(ROSALIND, "same", nino=None, forenames="Nobody", surname="Known", dob="1955-05-05")
    out = tmp_path / "decisions.jsonl"

    def told(event: dict[str, Any], *options: str) -> bytes:
        events = write_lines(tmp_path / "events.jsonl", [event])
        done = tuo.invoke(app, ["match", str(events), "--profile", "standard", "-o", str(out), *options])
        assert done.exit_code == 0, done.output
        return out.read_bytes()

    assert told(event_about(ROSALIND, "same")) == told(unknown)
    assert told(event_about(ROSALIND, "same", dob=None, nino=None)) == told(unknown)
    seen = json.loads(told(event_about(ROSALIND, "same"), "--as", "reviewer"))
    assert (seen["decision"], seen["person"], seen["guards"]) == ("AUTO", "SMP-0009", ["restricted"])


def test_somebody_recorded_as_dead_is_flagged(tuo: CliRunner, tmp_path: Path) -> None:
    extract = write_lines(tmp_path / "residents.jsonl", [line_of(ADA, deceased="2026-01-15")])
    assert tuo.invoke(app, ["load", str(extract)]).exit_code == 0
    events = write_lines(
        tmp_path / "events.jsonl", [event_about(ADA, "e1", "bereavement"), event_about(ADA, "e2", nino="QQ999999A")]
    )
    out = tmp_path / "decisions.jsonl"
    tuo.invoke(app, ["match", str(events), "--profile", "irreversible", "-o", str(out)])
    said = decisions(out)
    assert said["e1"]["guards"] == ["already_deceased", "no_reroute"]
    assert said["e2"]["guards"] == ["identifier_conflict", "deceased_conflict", "already_deceased"]


def test_a_bad_event_stops_the_matching_or_is_set_aside(tuo: CliRunner, extract: Path, tmp_path: Path) -> None:
    tuo.invoke(app, ["load", str(extract)])
    events = write_lines(tmp_path / "events.jsonl", [event_about(ADA, "e1"), event_about(ADA, "e2", "wedding")])
    out = tmp_path / "decisions.jsonl"
    asked = ["match", str(events), "--profile", "light", "-o", str(out)]
    stopped = tuo.invoke(app, asked)
    assert (stopped.exit_code, out.exists()) == (2, False)
    assert "line 2: type: Choose one of" in stopped.stderr
    went_on = tuo.invoke(app, [*asked, "--keep-going"])
    assert went_on.exit_code == 0
    assert list(decisions(out)) == ["e1"]
