"""``tuo`` with a clock that can be set wrong while it runs: everything else is the product as it is.

    TUO_SOAK_CLOCK=FILE python -m tests.chaos.skewed run --roles …

The file holds the seconds by which the clock is ahead. It is the broker's own clock, by which leases, waits and days are
counted; libraries keep the machine's. (Debian's faketime makes ``time.sleep`` fail in Python 3.11, so it is not used.)
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import broker.main
from broker import cli
from broker.ports import Broker
from broker.settings import Settings
from broker.store import Store


class SkewedClock:
    """This machine's clock, ahead by what the file says."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = 0.0
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        changed = self._file.stat().st_mtime
        if changed != self._seen:
            self._seen, self._ahead = changed, timedelta(seconds=float(self._file.read_text() or 0))
        return datetime.now(UTC) + self._ahead


_build = broker.main.build


def _skewed(settings: Settings, store: Store) -> Broker:
    return replace(_build(settings, store), now=SkewedClock(Path(os.environ["TUO_SOAK_CLOCK"])))


def wear() -> None:
    """Give this process the clock that can be set wrong."""
    broker.main.build = _skewed


if __name__ == "__main__":
    wear()
    cli.main()
