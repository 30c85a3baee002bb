"""Ways to break the engine, each as a patch: shows that a test catches every one.

    python -m tests.mutants [NAME …]

Each patch is put on a copy of the tree, and the tests that its first lines name are run there: they must fail, and
without the patch they must pass. Exits with 1 when a mutant survives, or a patch no longer applies.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ROOMS = ("broker", "schemas", "adapters", "tests", "pyproject.toml", "docs", "bench")
_SAYS = re.compile(r"^Breaks: (?P<breaks>[^\n]+)\nCaught by: (?P<tests>[^\n]+)$", re.MULTILINE)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One way to break it."""

    path: Path
    breaks: str
    tests: tuple[str, ...]


def mutants(names: list[str]) -> list[Mutant]:
    """Those that are named, or all. Raises ValueError for one that does not say what catches it."""
    chosen = [path for path in sorted(HERE.glob("*.patch")) if not names or path.stem in names]
    return [_read(path) for path in chosen]


def _read(path: Path) -> Mutant:
    said = _SAYS.search(path.read_text())
    if said is None:
        raise ValueError(f"{path.name} does not say what it breaks and what catches it")
    return Mutant(path=path, breaks=said["breaks"], tests=tuple(said["tests"].split()))


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """A copy to break."""
    with tempfile.TemporaryDirectory(prefix="tuo-mutant-") as folder:
        for room in ROOMS:
            source, target = ROOT / room, Path(folder) / room
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
            else:
                shutil.copy(source, target)
        (Path(folder) / ".cache").symlink_to(ROOT / ".cache")
        yield Path(folder)


def run_tests(folder: Path, tests: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    """The tests, in the copy and against the copy."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=120", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def broken(folder: Path, mutant: Mutant) -> bool:
    """Put the patch on; False where it no longer applies."""
    command = ["patch", "--batch", "--silent", "-p1", "-i", str(mutant.path)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def judge(mutant: Mutant) -> tuple[bool, str]:
    """Whether it was caught, and by which test."""
    with copy_of_the_tree() as folder:
        if not broken(folder, mutant):
            return False, "the patch no longer applies"
        done = run_tests(folder, mutant.tests)
    failed = _FAILED.findall(done.stdout)
    if done.returncode == 1 and failed:
        return True, failed[0].removeprefix("tests/")
    return False, "SURVIVED" if done.returncode == 0 else f"the tests could not be run: {done.stdout[-300:]}"


def main() -> int:
    """Each in turn, a line each."""
    chosen = mutants(sys.argv[1:])
    with copy_of_the_tree() as folder:
        sound = run_tests(folder, tuple(sorted({test for one in chosen for test in one.tests})))
    if sound.returncode != 0:
        which = " ".join(_FAILED.findall(sound.stdout))
        print(
            f"without any mutant the tests must pass: {which}\n{(sound.stdout + sound.stderr)[-2000:]}", file=sys.stderr
        )
        return 1
    survived = 0
    for mutant in chosen:
        began = time.monotonic()
        caught, how = judge(mutant)
        survived += not caught
        print(
            f"{mutant.path.stem:<28} {time.monotonic() - began:5.0f} s  {'caught by ' if caught else ''}{how}",
            flush=True,
        )
    print(f"{len(chosen) - survived} of {len(chosen)} caught")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
