"""A submitter beside a whole council, and how much of what it told has taken effect."""

import subprocess
import sys
from pathlib import Path

from tests.chaos.verifier import read
from tests.council import ROOT, TOWN, Council


def start_submitter(council: Council, folder: Path, *, persons: int, each: int) -> "subprocess.Popen[bytes]":
    """Start it; its journal is ``submitter.jsonl`` in the folder."""
    key = folder / "adviser.key"
    key.write_text(council.keys["adviser"])
    command = [sys.executable, "-m", "tests.chaos.submitter", "--api", council.address, "--key-file", str(key)]
    command += ["--residents", str(TOWN), "--journal", str(folder / "submitter.jsonl")]
    command += ["--persons", str(persons), "--each", str(each), "--pause", "2.5"]
    return subprocess.Popen(command, cwd=ROOT)


def effects(offices: dict[str, Path]) -> int:
    """How often an office has acted, by their own journals."""
    return sum(line["effect"] for path in offices.values() if path.exists() for line in read(path))
