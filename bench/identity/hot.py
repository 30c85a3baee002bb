"""One process that looks up and nothing else: `python -m bench.identity.hot EVENTS SQLITE-FILE` prints its memory."""

import json
import os
import sys
from pathlib import Path

import psutil

from broker.directory.directory import Directory
from broker.directory.file import FiledEvent
from broker.directory.residents import subject_of
from broker.matching import decide
from broker.store import Store

MEGABYTE = 1_000_000


def main(events: Path, database: Path) -> None:
    """Decide every event of the file twice, so that all it needs is hot; megabytes resident on standard output."""
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    store = Store(f"sqlite:///{database}")
    directory = Directory(store)
    for _ in range(2):
        with events.open() as lines:
            for line in lines:
                subject = subject_of(FiledEvent.model_validate(json.loads(line)))
                (found,) = directory.candidates_now([subject])
                decide(subject, found, "irreversible", death=True)
    print(round(psutil.Process().memory_info().rss / MEGABYTE))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
