"""Preparing a demonstration: the database, the invented town in it, the keys, and Kafka's topics.

A process of its own, `python -m broker.demo.preparing`, so that the memory it takes is given back when it ends.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Connection, select

from broker import found, kafka
from broker.demo import TOWN
from broker.demo.home import Home
from broker.demo.keys import make_keys
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.directory.tables import resident
from broker.json_lines import Good, JsonLines
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import AlreadyRunning, Store, StoreUnavailable

_LOOK_EVERY: Final = 0.1


def main() -> int:
    """Prepare what the environment names, and wait for Kafka; 1 and one line on standard error when that fails."""
    settings = Settings()
    home = Home(settings.home.absolute())
    try:
        with Store(settings.store_url) as store:
            bring_up_to_date(store)
            make_keys(store, home)
            if not home.residents.exists() or not store.read_now(_people):
                _load_town(store, home)
    except (AlreadyRunning, StoreUnavailable, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's answer
        return 1
    departments = [adapter.department for adapter in found.adapters()]
    asyncio.run(kafka.until_reached(settings, departments, seconds=_LOOK_EVERY))
    return 0


def _load_town(store: Store, home: Home) -> None:
    residents = (line.said for line in JsonLines(TOWN, Resident) if isinstance(line, Good))
    load(store, residents)
    _write_town(home.residents, store.read_now(_people))


def _people(connection: Connection) -> dict[str, str]:
    asked = select(resident.c.source_id, resident.c.person)
    return {source_id: person for source_id, person in connection.execute(asked)}


def _write_town(path: Path, people: dict[str, str]) -> None:
    """The town as the pretend back offices know it: with the ids that the broker calls its people by."""
    told = [orjson.loads(line) for line in TOWN.read_bytes().splitlines()]
    part = path.with_suffix(".part")
    part.write_bytes(b"".join(orjson.dumps({**one, "person": people[one["id"]]}) + b"\n" for one in told))
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
