"""The live table: where each notification is, filling in while one looks."""

from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from broker.demo.asking import DepartmentLine, Tracker
from broker.demo.showing import Clock


class LiveTable:
    """A table that changes in place on a terminal, with what is said printed above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = Clock()
        self._live: Live | None = None

    def say(self, event: str, text: str, **facts: object) -> None:
        """Print the text."""
        self._console.print(text, soft_wrap=True)

    def step(self, event: str, text: str, **facts: object) -> None:
        """Print the seconds and the text."""
        self.say(event, f"{self._clock}  {text}")

    def show(self, trackers: Sequence[Tracker]) -> None:
        """Draw the table; it is drawn again when something has changed."""
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        self._live.update(Group(*(_table(tracker) for tracker in trackers)), refresh=True)

    def close(self) -> None:
        """Leave the table as it stands."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _table(tracker: Tracker) -> Table:
    title = f"{tracker.caption}: {tracker.reference}"
    table = Table(title=title, title_justify="left", expand=True, header_style="bold", title_style="bold")
    table.add_column("Department", ratio=1)
    table.add_column("What the adviser can read out", ratio=3)
    for line in tracker.departments:
        table.add_row(_mark(line), line.sentence)
    if not tracker.departments:
        table.add_row("", tracker.held or tracker.progress)
    return table


def _mark(line: DepartmentLine) -> Text:
    # A sign as well as a colour: not everybody sees colours.
    return Text(f"✓ {line.title}", style="green") if line.answered else Text(f"… {line.title}", style="dim")
