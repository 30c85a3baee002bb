"""Clients: the programs that may speak to the broker, each with a key and a role. What no role declares is refused."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from broker.notifications import note_audit
from broker.store import Store
from broker.tables import client as clients
from schemas.nino import looks_like_nino

KEY_PREFIX: Final = "tuo_"
KEY_BYTES: Final = 32
#: seconds that a key is believed without asking the database again: how late a revocation can work
BELIEVED: Final = 1.0
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class Role(StrEnum):
    """What a client is."""

    #: an adviser's form: tells and tracks
    ADVISER = "adviser"
    #: a feed, such as a registrar's: tells, and sees nothing
    SOURCE = "source"
    #: one department's back office: collects its own deliveries
    BACK_OFFICE = "back_office"
    #: whoever looks after the broker day by day
    OPERATOR = "operator"
    #: whoever decides uncertain matches
    REVIEWER = "reviewer"
    #: the named team that protected people are known to
    PROTECTION = "protection"
    #: whoever gives and takes keys
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """Something a client may do."""

    SUBMIT = "submit"
    TRACK = "track"
    COLLECT = "collect"
    FAILURES = "failures"
    #: say what a replay would do; a back office for its own deliveries
    PLAN = "plan"
    #: replay: begin a run, pause, resume and cancel it
    REPLAY = "replay"
    #: agree to a run as the second person
    APPROVE = "approve"
    #: plan to send a letter that is not what was sent
    EDIT = "edit"
    #: see the bytes of a record that could not be read
    REVEAL = "reveal"
    #: see how departments do, and what goes out when
    DEPARTMENTS = "departments"
    #: hold what goes to a department, and let it go on
    PAUSE = "pause"
    #: stop a notification that nobody has been told of yet
    STOP = "stop"
    BOOKS = "books"
    REVIEW = "review"
    #: look for residents by name, postcode and year of birth
    SEARCH = "search"
    #: see who is protected
    PROTECTED = "protected"
    METRICS = "metrics"
    CLIENTS = "clients"
    #: schemas, departments and the description of the API
    CONTRACTS = "contracts"


#: the whole of the access policy
MAY: Final[dict[Role, frozenset[Permission]]] = {
    Role.ADVISER: frozenset(
        {Permission.SUBMIT, Permission.TRACK, Permission.STOP, Permission.SEARCH, Permission.CONTRACTS}
    ),
    Role.SOURCE: frozenset({Permission.SUBMIT, Permission.CONTRACTS}),
    Role.BACK_OFFICE: frozenset({Permission.COLLECT, Permission.PLAN, Permission.CONTRACTS}),
    Role.OPERATOR: frozenset(
        {
            Permission.TRACK,
            Permission.FAILURES,
            Permission.PLAN,
            Permission.REPLAY,
            Permission.APPROVE,
            Permission.EDIT,
            Permission.REVEAL,
            Permission.DEPARTMENTS,
            Permission.PAUSE,
            Permission.STOP,
            Permission.BOOKS,
            Permission.METRICS,
            Permission.CONTRACTS,
        }
    ),
    Role.REVIEWER: frozenset({Permission.REVIEW, Permission.SEARCH, Permission.TRACK, Permission.CONTRACTS}),
    Role.PROTECTION: frozenset({Permission.PROTECTED, Permission.SEARCH, Permission.TRACK, Permission.CONTRACTS}),
    Role.ADMINISTRATOR: frozenset({Permission.CLIENTS, Permission.CONTRACTS}),
}


class ClientUnsuitable(Exception):
    """A client cannot be added so; the text says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One program that may speak to the broker."""

    name: str
    role: Role
    #: for a back office: whose deliveries it may collect
    department: str | None
    made_at: datetime
    revoked_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether its role declares this."""
        return permission in MAY[self.role]


def add(name: str, role: Role, department: str | None, now: datetime, *, actor: str) -> Callable[[Connection], str]:
    """Add a client; the unit returns its key, which is shown this once and kept nowhere.

    Raises ClientUnsuitable at once for a name or department that does not fit, and in the unit for a name that is
    taken. A revoked name stays taken: it stands in the audit, and the keys of its submissions are unique within it.
    """
    _check(name, role, department)

    def unit(tx: Connection) -> str:
        if tx.execute(select(clients.c.name).where(clients.c.name == name)).first() is not None:
            raise ClientUnsuitable("A client of this name is here, or was. Choose another name.")
        key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
        row = {"name": name, "role": role, "department": department, "key_hash": digest(key), "made_at": now}
        tx.execute(insert(clients), row)
        note_audit(tx, now, actor, "client.added", name, role if department is None else f"{role} of {department}")
        return key

    return unit


def _check(name: str, role: Role, department: str | None) -> None:
    if not _NAME.fullmatch(name) or looks_like_nino(name):
        raise ClientUnsuitable("Name a client with at most 40 small letters, digits and hyphens, as in contact-centre.")
    if (role is Role.BACK_OFFICE) != (department is not None):
        raise ClientUnsuitable("A back office, and no other client, belongs to a department.")
    if department is not None and not _NAME.fullmatch(department):
        raise ClientUnsuitable("Name the department as in council-tax.")


def is_name(text: str) -> bool:
    """Whether a client could have this name."""
    return _NAME.fullmatch(text) is not None


def revoke(name: str, now: datetime, *, actor: str) -> Callable[[Connection], bool]:
    """Take a client's key away; False where there is no such client, or it was revoked before."""

    def unit(tx: Connection) -> bool:
        standing = update(clients).where(clients.c.name == name, clients.c.revoked_at.is_(None))
        if tx.execute(standing.values(revoked_at=now)).rowcount == 0:
            return False
        note_audit(tx, now, actor, "client.revoked", name)
        return True

    return unit


def listing() -> Callable[[Connection], tuple[Client, ...]]:
    """Every client by name, the revoked too."""
    return lambda tx: tuple(_client(row) for row in tx.execute(select(clients).order_by(clients.c.name)))


def who(key_hash: str) -> Callable[[Connection], Client | None]:
    """Whose key has this digest; None where nobody's, or it was revoked."""
    wanted = select(clients).where(clients.c.key_hash == key_hash, clients.c.revoked_at.is_(None))

    def query(tx: Connection) -> Client | None:
        row = tx.execute(wanted).one_or_none()
        return None if row is None else _client(row)

    return query


def digest(key: str) -> str:
    """What is kept of a key. It has 256 random bits, so a plain digest cannot be guessed back as a password's could."""
    return hashlib.sha256(key.encode()).hexdigest()


class KeyRing:
    """Looks keys up, and believes what it found for a second."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._found: dict[str, tuple[Client, float]] = {}

    async def holder(self, key: str) -> Client | None:
        """Whose key this is; None where nobody's. Raises StoreUnavailable."""
        key_hash, now = digest(key), self._clock()
        known = self._found.get(key_hash)
        if known is not None and now < known[1]:
            return known[0]
        self._found.pop(key_hash, None)
        found = await self._store.read(who(key_hash))
        if found is not None:  # unknown keys are not kept, so nobody can fill the memory with them
            self._found[key_hash] = (found, now + BELIEVED)
        return found


def _client(row: Row[tuple[Any, ...]]) -> Client:
    return Client(
        name=row.name,
        role=Role(row.role),
        department=row.department,
        made_at=row.made_at,
        revoked_at=row.revoked_at,
    )
