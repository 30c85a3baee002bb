"""The verifier: reads the submitter's journal and the back offices' journals, and nothing of the product.

It says what was lost, doubled, out of order, or told without anybody having submitted it.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Line = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the journals prove."""

    acknowledged: int
    effects: int
    repeats: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    disordered: tuple[str, ...]
    ghosts: tuple[str, ...]
    two_references: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not (self.lost or self.doubled or self.disordered or self.ghosts or self.two_references)


def read(path: Path) -> list[Line]:
    """A journal's lines; one that a crash cut short is left out."""
    lines = []
    for raw in path.read_bytes().splitlines():
        try:
            lines.append(json.loads(raw))
        except ValueError:
            continue
    return lines


def verify(submitted: Path, offices: dict[str, Path]) -> Verdict:
    """Compare what was acknowledged with what took effect at each department. Every event goes to every department."""
    told = read(submitted)
    acknowledged = [line for line in told if line["what"] == "acknowledged"]
    references = defaultdict(set)
    for line in acknowledged:
        references[line["key"]].add(line["reference"])
    person_of = {line["reference"]: (line["person"], line["n"]) for line in acknowledged}
    lost, doubled, disordered, ghosts = [], [], [], []
    effects = repeats = 0
    for department, path in offices.items():
        journal = read(path)
        done = [line for line in journal if line["effect"]]
        effects += len(done)
        repeats += len(journal) - len(done)
        counts = Counter(line["notification"] for line in done)
        lost += [f"{department} {reference}" for reference in person_of if not counts[reference]]
        doubled += [f"{department} {reference}" for reference, times in counts.items() if times > 1]
        ghosts += [f"{department} {reference}" for reference in counts if reference not in person_of]
        disordered += _disorder(
            department, [person_of[one["notification"]] for one in done if one["notification"] in person_of]
        )
    return Verdict(
        acknowledged=len(references),
        effects=effects,
        repeats=repeats,
        lost=tuple(lost),
        doubled=tuple(doubled),
        disordered=tuple(disordered),
        ghosts=tuple(ghosts),
        two_references=tuple(key for key, found in references.items() if len(found) > 1),
    )


def _disorder(department: str, done: list[tuple[str, int]]) -> list[str]:
    """A person's n-th event was sent after the one before had been acknowledged, so it must take effect after it."""
    last: dict[str, int] = {}
    found = []
    for person, n in done:
        if n < last.get(person, -1):
            found.append(f"{department} {person} {n} after {last[person]}")
        last[person] = max(n, last.get(person, -1))
    return found
