"""The clients of a demonstration, and their keys: made once."""

from collections.abc import Iterator
from itertools import count
from typing import Final

from broker import clients
from broker.clients import Role
from broker.demo.home import Home
from broker.demo.key_files import ADVISER, COLLECTS, OPERATOR, SOURCE, keep_key, read_key
from broker.ports import utc_now
from broker.store import Store

ACTOR: Final = "tuo up"
_CLIENTS: Final[tuple[tuple[str, Role, str | None], ...]] = (
    (ADVISER, Role.ADVISER, None),
    (OPERATOR, Role.OPERATOR, None),
    (SOURCE, Role.SOURCE, None),
    (COLLECTS, Role.BACK_OFFICE, COLLECTS),
)


def make_keys(store: Store, home: Home) -> None:
    """Make each key that is missing, or that the database does not know."""
    for name, role, department in _CLIENTS:
        key = read_key(home.key(name))
        if key is None or store.read_now(clients.who(clients.digest(key))) is None:
            keep_key(home.key(name), _add(store, name, role, department))


def _add(store: Store, name: str, role: Role, department: str | None) -> str:
    """Add a client under the first free name; those before it, whose keys were lost, are revoked."""
    taken = {client.name for client in store.read_now(clients.listing())}
    for each in _names(name):
        if each not in taken:
            return store.write_now(clients.add(each, role, department, utc_now(), actor=ACTOR))
        store.write_now(clients.revoke(each, utc_now(), actor=ACTOR))
    raise AssertionError("the names never end")


def _names(name: str) -> Iterator[str]:
    yield f"demo-{name}"
    for number in count(2):
        yield f"demo-{name}-{number}"
