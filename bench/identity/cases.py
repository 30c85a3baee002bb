"""Cases with a known answer, on top of a loaded directory: which pass, and which would do harm."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.directory.directory import Directory
from broker.directory.file import FiledEvent, Resident
from broker.directory.file_decision import FileDecision, file_decision
from broker.directory.loading import load
from broker.directory.residents import subject_of
from broker.reviews.protection import decide_as_seen
from broker.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case, and what came of it."""

    id: str
    said: FileDecision
    acceptable: bool
    harmful: bool


def judge(path: Path, store: Store) -> Iterator[Judged]:
    """Load every case's people, then decide every case's event."""
    cases = json.loads(path.read_text())["cases"]
    load(
        store,
        (Resident.model_validate({**each, "id": case["id"] + each["id"]}) for case in cases for each in case["index"]),
    )
    directory = Directory(store)
    for case in cases:
        yield _judged(case, _decide(case, directory))


def _decide(case: dict[str, Any], directory: Directory) -> FileDecision:
    event = FiledEvent.model_validate({"id": case["id"], **case["event"]})
    subject, source = subject_of(event), event.source_subject
    (found,) = directory.candidates_now([subject], [source])
    match = decide_as_seen(
        subject, found, case["profile"], reviewer=False, death=event.type == "bereavement", source_subject=source
    )
    return file_decision(event, match, directory.source_ids_now(found))


def _judged(case: dict[str, Any], said: FileDecision) -> Judged:
    expect = case["expect"]
    wanted = case["id"] + expect["match_id"] if expect["match_id"] else None
    forbidden = {said.decision.value, f"match:{(said.person or '').removeprefix(case['id'])}"}
    wrong = said.decision == "AUTO" and said.person != wanted
    listed = said.decision != "REVIEW" or wanted is None or wanted in said.candidates
    return Judged(
        id=case["id"],
        said=said,
        acceptable=said.decision in expect["acceptable"] and listed,
        harmful=wrong or bool(forbidden & set(expect["must_not"])),
    )
