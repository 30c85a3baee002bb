"""The verifier is shown each kind of wrong, and must see it: a referee who never whistles proves nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.verifier import verify


def _write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def _told(*pairs: tuple[str, int]) -> list[dict[str, Any]]:
    return [
        {"what": "acknowledged", "key": f"{person}-{n}", "person": person, "n": n, "reference": f"R-{person}-{n}"}
        for person, n in pairs
    ]


def _done(*references: str) -> list[dict[str, Any]]:
    return [{"notification": reference, "effect": True} for reference in references]


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


def test_the_verifier_lets_a_clean_run_pass(tmp_path: Path) -> None:
    submitted = _write(tmp_path / "submitter.jsonl", _told(("ada", 0), ("ada", 1)))
    repeats = [{"notification": "R-ada-0", "effect": False}]
    office = _write(tmp_path / "office.jsonl", [*_done("R-ada-0"), *repeats, *_done("R-ada-1")])
    verdict = verify(submitted, {"council-tax": office})
    assert verdict.clean
    assert (verdict.effects, verdict.repeats) == (2, 1)
