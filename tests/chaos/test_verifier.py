"""The verifier is shown each kind of wrong, and must see it: a referee who never whistles proves nothing."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.verifier import verify

HERE = Path(__file__).parent
PRODUCT = ("broker", "schemas", "adapters")


def _write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def _told(*pairs: tuple[str, int], **more: object) -> list[dict[str, Any]]:
    return [
        {"what": "acknowledged", "key": f"{who}-{n}", "person": who, "n": n, "reference": f"R-{who}-{n}", **more}
        for who, n in pairs
    ]


def _done(*references: str, **more: object) -> list[dict[str, Any]]:
    return [{"notification": reference, "effect": True, **more} for reference in references]


@pytest.mark.parametrize(
    ("done", "wrong"),
    [
        (["R-ada-0"], "lost"),
        (["R-ada-0", "R-ada-1", "R-ada-1"], "doubled"),
        (["R-ada-1", "R-ada-0"], "disordered"),
        (["R-ada-0", "R-ada-1", "R-nobody-7"], "ghosts"),
    ],
)
def test_the_verifier_sees_what_is_wrong(tmp_path: Path, done: list[str], wrong: str) -> None:
    submitted = _write(tmp_path / "submitter.jsonl", _told(("ada", 0), ("ada", 1)))
    verdict = verify(submitted, {"council-tax": _write(tmp_path / "office.jsonl", _done(*done))})
    assert getattr(verdict, wrong)
    assert not verdict.clean


def test_the_verifier_sees_two_references_for_one_key(tmp_path: Path) -> None:
    lines = [*_told(("ada", 0)), {**_told(("ada", 0))[0], "reference": "R-other"}]
    office = _write(tmp_path / "office.jsonl", _done("R-ada-0", "R-other"))
    assert verify(_write(tmp_path / "submitter.jsonl", lines), {"council-tax": office}).two_references == ("ada-0",)


def test_the_verifier_sees_a_number_that_was_altered_on_the_way(tmp_path: Path) -> None:
    submitted = _write(tmp_path / "submitter.jsonl", _told(("ada", 0), phone="01632 960001"))
    for phone, altered in (("+441632960001", ()), ("+441632960002", ("parking R-ada-0",))):
        office = _write(tmp_path / "office.jsonl", _done("R-ada-0", phone=phone))
        assert verify(submitted, {"parking": office}).altered == altered


@pytest.mark.parametrize(
    ("done", "wrong", "stopped", "undone"),
    [
        (["R-ada-0", "R-ada-1"], False, 0, 1),
        ([], False, 1, 0),
        (["R-ada-1"], False, 1, 0),
        (["R-ada-0"], True, 0, 0),
        (["R-ada-1", "R-ada-0"], True, 0, 0),
    ],
    ids=["undone", "stopped in time", "stopped, and told of it", "left standing", "told after it was taken back"],
)
def test_the_verifier_follows_a_death_that_was_taken_back(
    tmp_path: Path, done: list[str], wrong: bool, stopped: int, undone: int
) -> None:
    lines = _told(("ada", 0), kind="bereavement") + _told(("ada", 1), kind="withdrawal", withdraws="R-ada-0")
    office = _write(tmp_path / "office.jsonl", _done(*done))
    verdict = verify(_write(tmp_path / "submitter.jsonl", lines), {"council-tax": office})
    assert (bool(verdict.not_taken_back), verdict.stopped, verdict.undone) == (wrong, stopped, undone)
    assert verdict.clean is not wrong


def test_the_verifier_counts_what_came_after_it_was_taken_back_and_was_refused(tmp_path: Path) -> None:
    lines = _told(("ada", 0), kind="bereavement") + _told(("ada", 1), kind="withdrawal", withdraws="R-ada-0")
    late = {"notification": "R-ada-0", "delivery": "d", "effect": False, "refused": "withdrawn-before-it-came"}
    office = _write(tmp_path / "office.jsonl", [*_done("R-ada-1"), late, late])
    verdict = verify(_write(tmp_path / "submitter.jsonl", lines), {"parking": office})
    assert (verdict.clean, verdict.stopped, verdict.refused) == (True, 1, 1)


def test_the_verifier_lets_a_clean_run_pass(tmp_path: Path) -> None:
    submitted = _write(tmp_path / "submitter.jsonl", _told(("ada", 0), ("ada", 1)))
    repeats = [{"notification": "R-ada-0", "effect": False}]
    office = _write(tmp_path / "office.jsonl", [*_done("R-ada-0"), *repeats, *_done("R-ada-1")])
    verdict = verify(submitted, {"council-tax": office})
    assert verdict.clean
    assert (verdict.effects, verdict.repeats) == (2, 1)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_submitter_back_offices_and_verifier_share_no_code_with_the_product() -> None:
    parties = [HERE / f"{name}.py" for name in ("submitter", "offices", "office", "verifier")]
    parties += sorted((HERE.parent / "back_offices").glob("*.py"))
    ours = {path.name: _imports(path) for path in parties}
    assert len(ours) > 10
    shared = {name: [one for one in names if one.split(".")[0] in PRODUCT] for name, names in ours.items()}
    assert {name: found for name, found in shared.items() if found} == {}
    # Nor by a way round: of the tests they know only each other.
    known = {one for names in ours.values() for one in names if one.startswith("tests")}
    assert {
        one for one in known if not one.startswith(("tests.back_offices", "tests.chaos.office", "tests.chaos.verifier"))
    } == set()
