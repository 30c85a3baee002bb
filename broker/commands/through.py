"""Through: reading the store beside a running broker, and writing it, or asking the running broker to."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url

from broker.commands.stopping import unreachable
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import AlreadyRunning, Store

T = TypeVar("T")


@contextmanager
def reading(settings: Settings) -> Iterator[Store]:
    """The store, never opened for writing: it may be read beside a running broker, with Kafka and the web down."""
    file = database_file(settings)
    if file is not None and not file.is_file():
        unreachable(f"There is no database at {file} yet: start the broker with tuo up, or set TUO_HOME.")
    store = Store(settings.store_url)
    try:
        yield store
    finally:
        store.close()


def writing(settings: Settings, here: Callable[[Store], T], there: Callable[[], T]) -> T:
    """Open the store and do it ``here``, or, where a running broker holds the store, ask it: ``there``."""
    store = Store(settings.store_url)
    try:
        try:
            store.open()
        except AlreadyRunning:
            return there()
        bring_up_to_date(store)
        return here(store)
    finally:
        store.close()


def database_file(settings: Settings) -> Path | None:
    """The SQLite file in use; None for PostgreSQL."""
    url = make_url(settings.store_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def actor() -> str:
    """Who is written in the audit: whoever is signed in to this machine."""
    try:
        return f"command:{getpass.getuser()}"[:64]
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "command"
