"""The verifier: reads the submitter's journal and the back offices' journals, and nothing of the product.

It says what was lost, doubled, out of order, altered, or told without anybody having submitted it; and whether a death
that was taken back was put right, in order, at each department that had heard of it.

Everybody is told of everything: of each change of telephone number and each death all departments, of a withdrawal
exactly those that had the death.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Line = dict[str, Any]
WITHDRAWAL = "withdrawal"
#: what an office writes when it saw a letter or a question and did nothing about it
NO_REPEAT = ("untouched", "look_up")


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
    #: what a department was told differs from what was submitted
    altered: tuple[str, ...] = ()
    #: a withdrawn death that is not put right where it was told, or that was told after it was taken back
    not_taken_back: tuple[str, ...] = ()
    #: deaths taken back: departments at which the death was stopped in time, and at which it was undone
    stopped: int = 0
    undone: int = 0
    #: letters that came after they had been taken back, and were refused
    refused: int = 0

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        wrong = (self.lost, self.doubled, self.disordered, self.ghosts, self.two_references, self.altered)
        return not any((*wrong, self.not_taken_back))


def read(path: Path) -> list[Line]:
    """A journal's lines; one that a crash cut short is left out."""
    lines = []
    for raw in path.read_bytes().splitlines():
        try:
            lines.append(json.loads(raw))
        except ValueError:
            continue
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the submitter knows of one reference."""

    person: str
    n: int
    kind: str
    phone: str | None
    withdraws: str | None


def verify(submitted: Path, offices: dict[str, Path]) -> Verdict:
    """Compare what was acknowledged with what took effect at each department."""
    acknowledged = [line for line in read(submitted) if line["what"] == "acknowledged"]
    references = defaultdict(set)
    for line in acknowledged:
        references[line["key"]].add(line["reference"])
    told = {line["reference"]: _told(line) for line in acknowledged}
    each = [_at(department, read(path), told) for department, path in offices.items()]
    return Verdict(
        acknowledged=len(references),
        effects=sum(one.effects for one in each),
        repeats=sum(one.repeats for one in each),
        lost=_all(one.lost for one in each),
        doubled=_all(one.doubled for one in each),
        disordered=_all(one.disordered for one in each),
        ghosts=_all(one.ghosts for one in each),
        two_references=tuple(key for key, found in references.items() if len(found) > 1),
        altered=_all(one.altered for one in each),
        not_taken_back=_all(one.not_taken_back for one in each),
        stopped=sum(one.stopped for one in each),
        undone=sum(one.undone for one in each),
        refused=sum(one.refused for one in each),
    )


def _told(line: Line) -> _Told:
    return _Told(
        person=line["person"],
        n=line["n"],
        kind=line.get("kind", "contact_change"),
        phone=line.get("phone"),
        withdraws=line.get("withdraws"),
    )


def _at(department: str, journal: list[Line], told: dict[str, _Told]) -> Verdict:
    """The verdict on one department."""
    done = [line for line in journal if line["effect"]]
    counts = Counter(line["notification"] for line in done)
    first = {line["notification"]: place for place, line in reversed(list(enumerate(done)))}
    taken_back = {one.withdraws: reference for reference, one in told.items() if one.withdraws}
    wrong, stopped, undone = _taken_back(department, taken_back, first)
    owed = {
        reference
        for reference, one in told.items()
        if reference not in taken_back and (one.withdraws is None or one.withdraws in first)
    }
    known = [line["notification"] for line in done if line["notification"] in told]
    return Verdict(
        acknowledged=0,
        effects=len(done),
        repeats=_repeats(journal),
        lost=tuple(f"{department} {reference}" for reference in owed if not counts[reference]),
        doubled=tuple(f"{department} {reference}" for reference, times in counts.items() if times > 1),
        ghosts=tuple(f"{department} {reference}" for reference in counts if reference not in told),
        disordered=tuple(_disorder(department, [(told[one].person, told[one].n) for one in known])),
        two_references=(),
        altered=tuple(_altered(department, done, told)),
        not_taken_back=wrong,
        stopped=stopped,
        undone=undone,
        refused=len({line["delivery"] for line in journal if _came_too_late(line)}),
    )


def _came_too_late(line: Line) -> bool:
    """Whether an office refused it because it had been told before that it does not hold."""
    return "before-it-came" in str(line.get("refused") or line.get("reason"))


def _taken_back(department: str, taken_back: dict[str, str], first: dict[str, int]) -> tuple[tuple[str, ...], int, int]:
    """Where a death was told its withdrawal must follow; where it was not, it must never be told any more."""
    wrong, stopped, undone = [], 0, 0
    for death, withdrawal in taken_back.items():
        if death not in first:
            stopped += 1
        elif withdrawal not in first or first[withdrawal] < first[death]:
            wrong.append(f"{department} {death} by {withdrawal}")
        else:
            undone += 1
    return tuple(wrong), stopped, undone


def _repeats(journal: list[Line]) -> int:
    """Letters that came again after their effect, each of which could have been a double."""
    seen: set[str] = set()
    again = 0
    for line in journal:
        name = str(line.get("delivery") or line["notification"])
        if line["effect"]:
            seen.add(name)
        elif name in seen and line.get("kind") not in NO_REPEAT:
            again += 1
    return again


def _altered(department: str, done: list[Line], told: dict[str, _Told]) -> list[str]:
    found = []
    for line in done:
        one = told.get(line["notification"])
        if one is None or one.phone is None or line.get("phone") is None:
            continue
        if _digits(line["phone"]) != _digits(one.phone):
            found.append(f"{department} {line['notification']}")
    return found


def _digits(phone: str) -> str:
    """The national number, however it is written."""
    return "".join(letter for letter in phone if letter.isdigit())[-10:]


def _disorder(department: str, done: list[tuple[str, int]]) -> list[str]:
    """A person's n-th event was sent after the one before had been acknowledged, so it must take effect after it."""
    last: dict[str, int] = {}
    found = []
    for person, n in done:
        if n < last.get(person, -1):
            found.append(f"{department} {person} {n} after {last[person]}")
        last[person] = max(n, last.get(person, -1))
    return found


def _all(parts: Any) -> tuple[str, ...]:  # noqa: ANN401 - tuples of findings, one for each department
    return tuple(found for part in parts for found in part)
