"""Telling: events that are offered to the API by a process of their own, and how long each was in being acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.findings import at_percentile
from bench.ground import Ground
from bench.ledger_view import Ledger, last_event

#: seconds after which nobody waits for it any more
LONGEST = 4500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Events that were offered: how long each was in being acknowledged, and which the ledger numbered."""

    count: int
    seconds: float
    took: tuple[float, ...]
    cpu: float
    first: int
    last: int

    @property
    def acknowledged_ms(self) -> float:
        """The 95th percentile."""
        return 1000 * at_percentile(self.took, 95)


class Telling:
    """Events that are being offered. ``how`` are words for ``bench.submitting``."""

    def __init__(
        self, on: Ground, database: Ledger, named: Path, letters: Sequence[bytes], how: Sequence[object]
    ) -> None:
        self._on = on
        self._database = database
        self._count = len(letters)
        self._first = last_event(database)
        self._said = named.with_suffix(".json")
        lines = named.with_suffix(".jsonl")
        lines.write_bytes(b"\n".join(letters))
        self._process = on.start("bench.submitting", *how, "--letters", lines, "--said", self._said)

    def end(self) -> Told:
        """Wait until all is acknowledged. Raises RuntimeError where something was refused."""
        if self._process.wait(LONGEST) != 0:
            raise RuntimeError((self._on.folder / "bench.submitting.log").read_text()[-1000:])
        self._on.children.remove(self._process)
        said = orjson.loads(self._said.read_bytes())
        return Told(
            count=self._count,
            seconds=said["seconds"],
            took=tuple(said["took"]),
            cpu=said["cpu"],
            first=self._first,
            last=last_event(self._database),
        )
