"""The five more offices of the soak act once, and never on what was taken back or put right before it came."""

import json
from pathlib import Path

import pytest

from tests.chaos.office import Office
from tests.chaos.verifier import read


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("withdrawal", "withdrawn-before-it-came"), ("contact_change", "corrected-before-it-came")],
)
async def test_what_came_too_late_is_refused_as_often_as_it_comes(tmp_path: Path, kind: str, reason: str) -> None:
    office = Office("libraries", tmp_path)
    overtook = await office.receive("second", kind, {"notification": "R-2", "original": "first"})
    late = [await office.receive("first", "bereavement", {"notification": "R-1"}) for _ in range(2)]
    assert overtook["receipt"] == "libraries-000001"
    assert late == [{"delivery": "first", "reason": reason}] * 2
    assert office.knows("first")
    office.close()
    journal = read(tmp_path / "libraries" / "journal.jsonl")
    assert [(line["effect"], line["refused"]) for line in journal] == [(True, None), (False, reason), (False, reason)]


async def test_what_came_in_time_is_acted_on_once_and_answered_alike_after_it_was_taken_back(tmp_path: Path) -> None:
    office = Office("libraries", tmp_path)
    answers = [
        await office.receive(delivery, kind, told)
        for delivery, kind, told in [
            ("first", "bereavement", {"notification": "R-1"}),
            ("second", "withdrawal", {"notification": "R-2", "original": "first"}),
            ("first", "bereavement", {"notification": "R-1"}),
        ]
    ]
    office.close()
    assert answers[0] == answers[2] == {"delivery": "first", "notification": "R-1", "receipt": "libraries-000001"}
    journal = (tmp_path / "libraries" / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["effect"] for line in journal] == [True, True, False]
