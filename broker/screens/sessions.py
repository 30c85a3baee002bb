"""Sessions: who is signed in, kept in the database; a browser holds only a random token in a cookie."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from broker.notifications import note_audit
from broker.screens.tables import session
from broker.screens.who_may import May, PersonRole, may

_TOKEN_BYTES: Final = 32
#: whatever happens, nobody stays signed in for longer
LONGEST: Final = timedelta(hours=12)
#: that somebody is there is written down this often, not at each request
_NOTED_EVERY: Final = timedelta(minutes=1)
#: an idle session still tells whose draft a late form belongs to, for so long
KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody, as the sign-in says."""

    actor: str
    name: str
    roles: frozenset[PersonRole]
    council: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in in one browser."""

    token_hash: str
    who: Who | None
    csrf: str
    pending: str | None
    began_at: datetime
    seen_at: datetime
    proved_at: datetime

    def is_over(self, now: datetime, idle: timedelta) -> bool:
        """Whether they must sign in again."""
        return self.who is None or now - self.seen_at > idle or now - self.began_at > LONGEST

    def may(self, what: May, council: str) -> bool:
        """Whether this person may do this here; people of another council may do nothing."""
        return self.who is not None and self.who.council == council and may(self.who.roles, what)


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest(token: str) -> str:
    """What is kept of a token: it is random, so a plain digest cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(token: str, who: Who | None, now: datetime, *, pending: str | None = None) -> Callable[[Connection], None]:
    """Begin a session under a new token; without anybody it only remembers a sign-in that is under way."""

    def unit(tx: Connection) -> None:
        tx.execute(
            insert(session),
            {
                "token_hash": digest(token),
                "actor": who.actor if who else None,
                "name": who.name if who else None,
                "roles": ",".join(sorted(who.roles)) if who else "",
                "council": who.council if who else "",
                "csrf": new_token(),
                "pending": pending,
                "began_at": now,
                "seen_at": now,
                "proved_at": now,
            },
        )
        if who is not None:
            note_audit(tx, now, who.actor, "person.signed_in", who.actor, ", ".join(sorted(who.roles)))

    return unit


def find(token: str) -> Callable[[Connection], Session | None]:
    """The session of a token, however old; None where there is none."""
    wanted = select(session).where(session.c.token_hash == digest(token))

    def query(tx: Connection) -> Session | None:
        row = tx.execute(wanted).one_or_none()
        return None if row is None else _session(row)

    return query


def note_seen(found: Session, now: datetime) -> Callable[[Connection], None] | None:
    """Write down that they are there, where that is not known yet."""
    if now - found.seen_at < _NOTED_EVERY:
        return None

    def unit(tx: Connection) -> None:
        tx.execute(update(session).where(session.c.token_hash == found.token_hash).values(seen_at=now))

    return unit


def end(token_hash: str, now: datetime) -> Callable[[Connection], None]:
    """End a session: its token opens nothing any more."""

    def unit(tx: Connection) -> None:
        actor = tx.execute(select(session.c.actor).where(session.c.token_hash == token_hash)).scalar()
        tx.execute(delete(session).where(session.c.token_hash == token_hash))
        if actor is not None:
            note_audit(tx, now, actor, "person.signed_out", actor)

    return unit


def forget_old(now: datetime) -> Callable[[Connection], None]:
    """Forget sessions that nobody can use any more."""
    old = delete(session).where(session.c.seen_at < now - KEPT)
    return lambda tx: (tx.execute(old), None)[1]


def _session(row: Row[tuple[Any, ...]]) -> Session:
    who = None
    if row.actor is not None:
        roles = frozenset(PersonRole(role) for role in row.roles.split(",") if role)
        who = Who(actor=row.actor, name=row.name or row.actor, roles=roles, council=row.council)
    return Session(
        token_hash=row.token_hash,
        who=who,
        csrf=row.csrf,
        pending=row.pending,
        began_at=row.began_at,
        seen_at=row.seen_at,
        proved_at=row.proved_at,
    )
