"""A sieve for a file's lines: good ones go through, bad ones end the file or are set aside."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic

from rich.console import Console

from broker.json_lines import Bad, Filed, Good, JsonLines

MOST_SHOWN: Final = 20


@dataclass(slots=True, kw_only=True)
class Sieve(Generic[Filed]):
    """The good lines of a file. Each bad one is named on the console, by line and field, and never by its value."""

    lines: JsonLines[Filed]
    console: Console
    #: where bad lines are set aside; without it the first one ends the file
    rejects: Path | None
    rejected: int = 0
    stopped: bool = False

    def __iter__(self) -> Iterator[Filed]:
        for line in self.lines:
            match line:
                case Good(said=said):
                    yield said
                case Bad():
                    self._refuse(line)
            if self.stopped:
                return

    def _refuse(self, bad: Bad) -> None:
        self.rejected += 1
        if self.rejected <= MOST_SHOWN:
            self.console.print(str(bad), markup=False)
        elif self.rejected == MOST_SHOWN + 1:
            self.console.print("More bad lines follow. They are in the file of rejects.")
        if self.rejects is None:
            self.stopped = True
        else:
            self._set_aside(bad, self.rejects)

    def _set_aside(self, bad: Bad, rejects: Path) -> None:
        # For the owner's eyes alone: the lines hold people.
        mode = os.O_TRUNC if self.rejected == 1 else os.O_APPEND
        with os.fdopen(os.open(rejects, os.O_WRONLY | os.O_CREAT | mode, 0o600), "wb") as file:
            file.write(bad.raw + b"\n")
