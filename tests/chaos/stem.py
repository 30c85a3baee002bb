"""A stem: reads the product once, and becomes a broker as often as it is asked, each a process of its own.

    python -m tests.chaos.stem

Starting Python and reading the product takes seconds, and crash points begin a broker hundreds of times. On each line of
its input, ``{"words": [...], "environment": {...}, "log": "..."}``, it forks; it answers with the number of the new
process, and with its status once it has ended. It has no threads, no loop and nothing open that a broker would share.
"""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from broker import cli, crash_points
from tests.chaos import skewed
from tests.council import ROOT


class Stem:
    """The stem, as seen from outside."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.stem"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
            )

    def begin(self, words: list[str], environment: dict[str, str], log: Path) -> "Begun":
        """A broker; the one before must have ended."""
        assert self._process.stdin is not None
        said = {"words": words, "environment": environment, "log": str(log)}
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
        self._process.stdin.flush()
        return Begun(int(self.line()), self)

    def line(self) -> bytes:
        """What it says next. Raises RuntimeError when it has ended."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError("the stem has ended: its log says why")
        return said

    def has_a_line(self) -> bool:
        """Whether it has said something."""
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def end(self) -> None:
        """No more."""
        self._process.kill()
        self._process.communicate()


class Begun:
    """One broker, as ``subprocess`` would show it."""

    def __init__(self, pid: int, stem: Stem) -> None:
        self.pid = pid
        self._stem = stem
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its status, negative for a signal; None while it runs."""
        if self._status is None and self._stem.has_a_line():
            self._status = int(self._stem.line())
        return self._status

    def wait(self) -> int:
        """Its status, when it has ended."""
        if self._status is None:
            self._status = int(self._stem.line())
        return self._status

    def send_signal(self, number: int) -> None:
        """A signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _become(words: list[str], environment: dict[str, str], log: str) -> NoReturn:
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    importlib.reload(crash_points)  # it reads its environment once
    skewed.wear()
    sys.argv[1:] = words
    try:
        os._exit(cli.run())
    finally:
        os._exit(70)


def main() -> None:
    """Fork on each line."""
    while line := sys.stdin.buffer.readline():
        said = json.loads(line)
        if (pid := os.fork()) == 0:
            _become(said["words"], said["environment"], said["log"])
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
