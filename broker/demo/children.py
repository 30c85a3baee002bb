"""The processes of a demonstration: each a child of this one, with a log, and none outlives it."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from broker.bound_child import start_bound
from broker.demo.plan import CannotGoOn

LONGEST_WORDS: Final = 300
_TAIL: Final = 8192


@dataclass(slots=True, kw_only=True)
class Child:
    """One process. Its log starts anew at each start; the one before is kept beside it."""

    name: str
    #: worked out when it starts
    command: Callable[[], Sequence[str]]
    log: Path
    #: where the program writes by itself, once it has begun to
    own_log: Path | None = None
    #: the longest it is given to end by itself
    seconds_to_stop: float = 5.0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> "Child":
        """Start it with this process's environment. Raises CannotGoOn when it cannot be started at all."""
        if self.log.exists():
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        try:
            with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as log:
                self._process = start_bound(self.command(), log)
        except OSError as error:
            raise CannotGoOn(f"{self.name} cannot be started: {error.strerror}") from None
        return self

    @property
    def process_id(self) -> int | None:
        """Its number, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def must_live(self) -> None:
        """Raises CannotGoOn when it has ended."""
        if self.status is not None:
            raise CannotGoOn(f"{self.name} stopped by itself ({_ended(self.status)}). {self._last_words()}")

    def has_ended_well(self) -> bool:
        """Whether it has ended, and well. Raises CannotGoOn when it ended otherwise."""
        if self.status not in (None, 0):
            self.must_live()
        return self.status == 0

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def stop(self, until: float) -> bool:
        """End it: SIGTERM, and SIGKILL at its own time or `until` (monotonic seconds). False when it was killed."""
        if self._process is None:
            return True
        self.ask_to_stop()
        patience = max(0.1, min(self.seconds_to_stop, until - time.monotonic()))
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True

    def _last_words(self) -> str:
        for log in (self.log, self.own_log):
            words = last_line(log) if log is not None else None
            if words is not None:
                return f"The last line of {log}: {words}"
        return f"Its log is empty: {self.log}"


def last_line(log: Path) -> str | None:
    """The last line of a log that is not blank; None when there is none."""
    try:
        with log.open("rb") as lines:
            size = lines.seek(0, os.SEEK_END)
            lines.seek(max(0, size - _TAIL))
            tail = lines.read().decode(errors="replace")
    except OSError:
        return None
    said = [line.strip() for line in tail.splitlines() if line.strip()]
    return "".join(letter for letter in said[-1] if letter.isprintable())[:LONGEST_WORDS] if said else None


def _ended(status: int) -> str:
    return f"status {status}" if status >= 0 else f"signal {-status}"
