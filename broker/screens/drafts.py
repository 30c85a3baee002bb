"""Drafts: what an adviser has typed so far, kept on the server for the length of a call, and no longer than a day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from broker.form_use import FormStep, count_form
from broker.screens.tables import draft

KEPT: Final = timedelta(hours=24)
#: what is listed under recent changes; a submitted draft holds nothing but its reference
_LISTED: Final = 20
_KEPT_REFERENCE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What has been typed."""

    #: into the search for the person
    search: str = ""
    #: the directory's id of the person who was chosen; none where they were described instead
    person: str | None = None
    #: whether that question is answered: it may be answered with nobody
    is_chosen: bool = False
    #: self, or another
    caller: str = ""
    #: what the caller was asked to show who they are
    checked: tuple[str, ...] = ()
    #: references of what was told of this person before, which the adviser has looked at
    looked_at: tuple[str, ...] = ()
    #: into the form, by field
    typed: dict[str, list[str]] = field(default_factory=dict)
    #: the notification that this one puts right
    corrects: str | None = None
    #: what that one said, where this form does not ask for it
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One life event that is being told."""

    id: str
    actor: str
    key: str
    kind: str
    said: Said
    made_at: datetime
    changed_at: datetime
    reference: str | None = None


def start(actor: str, kind: str, said: Said, now: datetime) -> Callable[[Connection], str]:
    """Begin a draft; its idempotency key is minted with it. Returns its id."""

    def unit(tx: Connection) -> str:
        made = str(uuid4())
        row = {"id": made, "actor": actor, "key": str(uuid4()), "kind": kind, "said": _bytes(said)}
        tx.execute(insert(draft), row | {"made_at": now, "changed_at": now, "reference": None})
        count_form(tx, kind, FormStep.BEGUN, now)
        return made

    return unit


def find(draft_id: str, actor: str) -> Callable[[Connection], Draft | None]:
    """A draft of this person's own; None where it is not here any more, or somebody else's."""
    wanted = select(draft).where(draft.c.id == draft_id, draft.c.actor == actor)

    def query(tx: Connection) -> Draft | None:
        row = tx.execute(wanted).one_or_none()
        return None if row is None else _draft(row)

    return query


def keep(draft_id: str, said: Said, now: datetime) -> Callable[[Connection], None]:
    """Keep what was typed; once it is submitted nothing is kept any more."""
    open_ = update(draft).where(draft.c.id == draft_id, draft.c.reference.is_(None))
    return lambda tx: (tx.execute(open_.values(said=_bytes(said), changed_at=now)), None)[1]


def submitted(draft_id: str, reference: str, now: datetime) -> Callable[[Connection], None]:
    """Note the reference, and forget what was typed: the notification holds it now."""
    done = update(draft).where(draft.c.id == draft_id)
    return lambda tx: (tx.execute(done.values(said=_bytes(Said()), reference=reference, changed_at=now)), None)[1]


def recent(actor: str) -> Callable[[Connection], list[Draft]]:
    """This person's drafts and what they submitted lately, the latest first."""
    wanted = select(draft).where(draft.c.actor == actor).order_by(draft.c.changed_at.desc()).limit(_LISTED)
    return lambda tx: [_draft(row) for row in tx.execute(wanted)]


def forget_old(now: datetime) -> Callable[[Connection], None]:
    """Forget drafts of more than a day."""

    def unit(tx: Connection) -> None:
        tx.execute(delete(draft).where(draft.c.changed_at < now - KEPT, draft.c.reference.is_(None)))
        tx.execute(delete(draft).where(draft.c.changed_at < now - _KEPT_REFERENCE))

    return unit


def _bytes(said: Said) -> bytes:
    return orjson.dumps(said)


def _draft(row: Row[tuple[Any, ...]]) -> Draft:
    kept = orjson.loads(row.said)
    said = Said(**{**kept, "checked": tuple(kept["checked"]), "looked_at": tuple(kept.get("looked_at", ()))})
    return Draft(
        id=row.id,
        actor=row.actor,
        key=row.key,
        kind=row.kind,
        said=said,
        made_at=row.made_at,
        changed_at=row.changed_at,
        reference=row.reference,
    )
