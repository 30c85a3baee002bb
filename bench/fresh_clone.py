"""From a fresh clone to the first department told: the first command of the README, timed.

    python -m bench.fresh_clone

What is not committed yet is copied over the clone, and that is said.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench.findings import Finding, Section, show
from bench.ground import ROOT
from bench.ledger_view import first_told_at
from tests.ground.ports import free_ports

TARGET_S = 60.0


def fresh_clone() -> Section:
    """Clone, run ``make up ONCE=1``, and look up when the first department had answered. Raises RuntimeError."""
    with TemporaryDirectory(prefix="tuo-clone-") as folder:
        clone = Path(folder) / "clone"
        began = time.time()
        _git("clone", "--quiet", str(ROOT), str(clone))
        copied = _copy_what_is_not_committed(clone)
        ports = {"TUO_WEB_PORT": str(free_ports(1)), "TUO_KAFKA": f"127.0.0.1:{free_ports(2)}"}
        clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        made = subprocess.run(
            ["make", "up", "ONCE=1"], cwd=clone, env={**clean, **ports}, capture_output=True, text=True, check=False
        )
        ended = time.time()
        told = first_told_at(clone / ".tuo" / "tuo.db") if made.returncode == 0 else None
    if told is None:
        raise RuntimeError(
            f"make up ONCE=1 ended with {made.returncode}:\n{made.stdout[-1500:]}\n{made.stderr[-1500:]}"
        )
    note = (
        f"{copied} files that are not committed were copied over the clone." if copied else "Everything was committed."
    )
    return Section(
        title="From a fresh clone to the first department told, package caches warm",
        circumstances=f"load {os.getloadavg()[0]:.1f}",
        findings=[
            Finding(
                what="first department told", figure=told - began, unit="s", beside="target, at most", other=TARGET_S
            ),
            Finding(what="every department told and all stopped", figure=ended - began, unit="s"),
        ],
        notes=[note, *_steps(made.stdout)],
    )


def _steps(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.rstrip().endswith(" s") and len(line) < 60]


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def _copy_what_is_not_committed(clone: Path) -> int:
    names = _git("ls-files", "-z", "--modified", "--others", "--exclude-standard").decode().split("\0")
    there = [name for name in names if name and (ROOT / name).is_file()]
    for name in there:
        to = clone / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes((ROOT / name).read_bytes())
        to.chmod((ROOT / name).stat().st_mode)
    return len(there)


if __name__ == "__main__":
    try:
        show(fresh_clone(), Console())
    except RuntimeError as failed:
        sys.exit(str(failed))
