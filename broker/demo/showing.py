"""Showing a demonstration: a live table on a terminal, plain lines elsewhere, or one JSON object a line."""

import time
from collections.abc import Sequence
from typing import Protocol

import orjson
import typer

from broker.demo.asking import DepartmentLine, Tracker


class Screen(Protocol):
    """Where a demonstration tells what it does."""

    def say(self, event: str, text: str, **facts: object) -> None:
        """Tell one thing: an event for programs, with its facts, and a text for people."""

    def step(self, event: str, text: str, **facts: object) -> None:
        """Tell that something has come about, and how long after the start."""

    def show(self, trackers: Sequence[Tracker]) -> None:
        """Show where the notifications are; only what has changed is told again."""

    def close(self) -> None:
        """Show nothing more."""


class Changes:
    """Remembers what was shown, and lets only what is new through."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], str] = {}

    def among(self, trackers: Sequence[Tracker]) -> list[tuple[Tracker, DepartmentLine | None]]:
        """What has changed: a tracker's department, or a tracker as a whole that goes no further."""
        lines = [(tracker, line) for tracker in trackers for line in tracker.departments]
        held = [(tracker, None) for tracker in trackers if tracker.held]
        return [(tracker, line) for tracker, line in (*held, *lines) if self._is_new(tracker, line)]

    def _is_new(self, tracker: Tracker, line: DepartmentLine | None) -> bool:
        at, said = (line.department, line.sentence) if line else ("", tracker.held or "")
        was, self._shown[tracker.reference, at] = self._shown.get((tracker.reference, at)), said
        return was != said


class Clock:
    """Seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __str__(self) -> str:
        return f"{self.seconds:5.1f} s"

    @property
    def seconds(self) -> float:
        """So many until now."""
        return round(time.monotonic() - self._began, 2)


class Lines:
    """Plain lines, for logs and pipes."""

    def __init__(self) -> None:
        self._changes = Changes()
        self._clock = Clock()

    def say(self, event: str, text: str, **facts: object) -> None:
        """Print the text."""
        typer.echo(text)

    def step(self, event: str, text: str, **facts: object) -> None:
        """Print the seconds and the text."""
        self.say(event, f"{self._clock}  {text}")

    def show(self, trackers: Sequence[Tracker]) -> None:
        """Print a line for each department that has moved on."""
        for tracker, line in self._changes.among(trackers):
            said = f"{line.title}: {line.sentence}" if line else tracker.held
            typer.echo(f"  {tracker.reference}  {said}")

    def close(self) -> None:
        """Nothing is open."""


class Json:
    """One JSON object a line, with the seconds since the start."""

    def __init__(self) -> None:
        self._changes = Changes()
        self._clock = Clock()

    def say(self, event: str, text: str, **facts: object) -> None:
        """Print the event and its facts."""
        typer.echo(orjson.dumps({"event": event, "seconds": self._clock.seconds, "said": text, **facts}).decode())

    def step(self, event: str, text: str, **facts: object) -> None:
        """The same: everything here has its seconds."""
        self.say(event, text, **facts)

    def show(self, trackers: Sequence[Tracker]) -> None:
        """Print an object for each department that has moved on."""
        for tracker, line in self._changes.among(trackers):
            if line is None:
                self.say("held", tracker.held or "", reference=tracker.reference)
                continue
            facts = {"reference": tracker.reference, "department": line.department, "answered": line.answered}
            self.say("department", line.sentence, **facts)

    def close(self) -> None:
        """Nothing is open."""


def screen_for(*, as_json: bool) -> Screen:
    """The screen that fits where the output goes."""
    from rich.console import Console

    from broker.demo.table import LiveTable

    if as_json:
        return Json()
    console = Console(highlight=False, markup=False, emoji=False)
    return LiveTable(console) if console.is_terminal else Lines()
