import json
from pathlib import Path

import orjson
import pytest

from broker.cli import run
from broker.identity.estimating import Counted, Evidence, count, estimate
from broker.identity.evaluating import Tried, calibration, shares, with_threshold
from broker.identity.model import SHIPPED, ModelRefused, read_model, save_model, shipped_model
from broker.identity.splink_model import LEVEL_SQL, settings_of
from broker.identity.traits import Traits, traits_of_person
from tests.people import (
    ADA,
    BEN,
    EVERYBODY,
    GEORGE_THE_ELDER,
    GEORGE_THE_YOUNGER,
    LILY,
    ROSE,
    resident_line,
    write_lines,
)


@pytest.fixture
def town(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory of nine, and a file of events about them with the truth."""
    monkeypatch.setenv("TUO_DATABASE_URL", sqlite_url)
    residents = [resident_line(f"SMP-{person.id[-4:]}", person) for person in EVERYBODY]
    assert run(["directory", "load", str(write_lines(tmp_path / "residents.jsonl", residents))]) == 0
    fields = ("forenames", "surname", "dob", "uprn", "postcode", "line1")
    events = [
        {"id": f"e{n}", "type": "bereavement", "person": each["id"], "origin": "town" if n % 2 else "country"}
        | {field: each.get(field) for field in fields}
        for n, each in enumerate(residents)
        if not each["restricted"]
    ]
    nobody = {"id": "n", "type": "move", "forenames": "Zebedee", "surname": "Quill", "dob": "1950-05-05"}
    return write_lines(tmp_path / "events.jsonl", [*events, nobody])


def test_the_shipped_model_is_the_one_that_was_estimated(tmp_path: Path) -> None:
    model = shipped_model()
    path = tmp_path / "model.json"
    digest = save_model(model, path)
    assert path.read_bytes() == SHIPPED.read_bytes()
    assert digest in SHIPPED.with_name("model.json.sha256").read_text()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"resident": 0}, "resident"),
        ({"surprise": 1}, "surprise"),
        ({"comparisons": {"name": {"full": {"m": 0.1, "u": 0.2, "by_frequency": True}}}}, "comparisons.name.full"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused_by_its_field(change: dict[str, object], field: str) -> None:
    raw = {**orjson.loads(SHIPPED.read_bytes()), **change}
    with pytest.raises(ModelRefused, match=field):
        read_model(orjson.dumps(raw))


def test_every_weaker_level_of_the_shipped_model_says_less() -> None:
    levels = shipped_model().comparisons
    for name, order in (
        ("name", ("full", "variant", "forename_only", "surname_only", "differs")),
        ("birth", ("exact", "swapped", "one_slip", "differs")),
        ("home", ("door", "slip", "postcode", "outcode", "differs")),
        ("nino", ("agrees", "near", "differs")),
    ):
        bits = [levels[name][level].bits for level in order]
        assert bits == sorted(bits, reverse=True), name


def counted(*pairs: tuple[Traits, Traits]) -> Counted:
    return count(pairs, shipped_model())


def test_a_model_is_estimated_from_pairs_and_keeps_what_they_do_not_show() -> None:
    ada, ben, rose, lily = (traits_of_person(person) for person in (ADA, BEN, ROSE, LILY))
    elder, younger = traits_of_person(GEORGE_THE_ELDER), traits_of_person(GEORGE_THE_YOUNGER)
    evidence = Evidence(
        by_number=counted(*[(ada, ada)] * 900, *[(ben, ada)] * 100),
        by_email=counted(*[(ada, ada)] * 1000),
        strangers=counted(*[(ada, ben)] * 10_000),
        relatives=counted(*[(rose, lily)] * 100, *[(elder, younger)] * 100),
        housemates=1.25,
        population=50_000,
    )
    made = estimate(evidence, shipped_model(), "made")
    assert made.version == "made"
    assert made.level("name", "full").m == pytest.approx(0.9, abs=0.01)
    assert made.level("name", "differs").u == pytest.approx(1, abs=0.01)
    assert made.level("email", "agrees") == shipped_model().level("email", "agrees")
    assert made.relatives.housemates == 1.25
    twins = made.relatives.name_and_birth["surname_only"]["exact"]
    assert twins == pytest.approx(0.5, abs=0.01)
    assert twins > 100 * made.relatives.name_and_birth["swapped"]["exact"]


def test_splink_is_given_every_level_of_every_comparison() -> None:
    settings = settings_of(shipped_model(), 100_000)
    given = {
        comparison["output_column_name"].removeprefix("c_"): {
            level["label_for_charts"] for level in comparison["comparison_levels"]
        }
        for comparison in settings["comparisons"]
    }
    assert given == {name: {"missing", *levels} for name, levels in shipped_model().comparisons.items()}
    assert set(LEVEL_SQL) == set(given)
    assert all("{" not in sql for sql in LEVEL_SQL.values())


def test_what_was_claimed_is_set_beside_what_was_seen() -> None:
    right = Tried(bits=13, right=True, free=True, automatic=True, held=True)
    wrong = Tried(bits=10.5, right=False, free=True, automatic=True, held=False)
    guarded = Tried(bits=20, right=True, free=False, automatic=False, held=True)
    tried = [right, wrong, guarded]
    by_bits = {each.above: each for each in calibration(tried)}
    assert (by_bits[9.0].count, by_bits[9.0].seen) == (1, 1.0)
    assert (by_bits[12.0].count, by_bits[12.0].seen) == (1, 0.0)
    assert (shares(tried).precision, shares(tried).recall) == (0.5, 0.5)
    assert (with_threshold(tried, 12).precision, with_threshold(tried, 12).recall) == (1.0, 0.5)
    assert with_threshold(tried, 25).precision == 1.0


def test_a_model_is_evaluated_before_anybody_changes_a_threshold(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["directory", "evaluate", str(town), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["by_origin"][""] == {"precision": 1.0, "recall": 1.0, "automatic": 8, "wrong": 0, "held": 8}
    assert set(said["by_origin"]) == {"", "town", "country"}
    assert said["thresholds"]["10"]["automatic"] == 8
    assert run(["directory", "evaluate", str(town)]) == 0
    assert "threshold" in capsys.readouterr().out
    assert run(["directory", "evaluate", str(town), "--profile", "grave"]) == 2


def test_too_few_events_train_no_model(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = [{key: value for key, value in json.loads(line).items() if key not in ("person", "origin")}
             for line in town.read_text().splitlines()]  # fmt: skip
    events, made = write_lines(tmp_path / "plain.jsonl", plain), tmp_path / "own.json"
    assert run(["directory", "train", str(events), "-o", str(made)]) == 1
    assert "At least 200 events" in capsys.readouterr().err
    assert not made.exists()


def test_another_model_can_be_tried_on_a_file(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    harder = shipped_model().bands["irreversible"].model_copy(update={"bits": 60.0})
    bands = {**shipped_model().bands, "irreversible": harder}
    path = tmp_path / "harder.json"
    save_model(shipped_model().model_copy(update={"bands": bands}), path)
    capsys.readouterr()
    assert run(["directory", "evaluate", str(town), "--json", "--model", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["by_origin"][""]["automatic"] == 0
    path.write_text("{}")
    assert run(["directory", "evaluate", str(town), "--model", str(path)]) == 2


def test_a_wrong_link_is_undone_by_one_command(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = ["--by", "reviewer-1", "--because", "Two records of one claim."]
    assert run(["directory", "merge", "SMP-0001", "SMP-0002", *why]) == 0
    assert run(["directory", "unmerge", "SMP-0002", *why]) == 0
    assert "a person of their own again" in capsys.readouterr().out
    assert run(["directory", "merge", "SMP-0001", "SMP-0002", *why]) == 1
    assert run(["directory", "apart", "SMP-0003", "SMP-0004", *why]) == 0
    assert run(["directory", "merge", "SMP-0003", "SMP-0004", *why]) == 1
    assert run(["directory", "merge", "SMP-0001", "NOBODY", *why]) == 1
    assert "Check it against the extract." in capsys.readouterr().err
