"""``tuo directory merge``, ``unmerge`` and ``apart``: who is taken for whom, said by a person, and always undone alike."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from broker.commands.saying import say
from broker.commands.stopping import no
from broker.directory.life import KeptApart, Saying, keep_apart, merge, unmerge
from broker.directory.tables import resident
from broker.notifications import note_audit
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store

One = Annotated[str, typer.Argument(help="A resident's id in the extract.")]
By = Annotated[str, typer.Option("--by", help="Who says so; it is kept.")]
Because = Annotated[str, typer.Option("--because", help="Why, without personal details; it is kept.")]


def merge_command(keep: One, other: One, by: By, because: Because) -> None:
    """Take two residents for one person. `unmerge` undoes it."""
    done = _said(
        by, because, "merged", lambda tx, saying: merge(tx, _person(tx, keep), _person(tx, other), saying), about=other
    )
    say(f"{other} is taken for {keep}." if done else "They are one person already.")


def unmerge_command(one: One, by: By, because: Because) -> None:
    """Take a resident for a person of their own again; nobody merges the two by mistake a second time."""
    done = _said(by, because, "unmerged", lambda tx, saying: unmerge(tx, _own(tx, one), saying), about=one)
    say(f"{one} is a person of their own again." if done else f"{one} had not been merged.")


def apart_command(one: One, other: One, by: By, because: Because) -> None:
    """Say that two residents are not the same person."""

    def tie(tx: Connection, saying: Saying) -> bool:
        keep_apart(tx, _person(tx, one), _person(tx, other), saying)
        return True

    _said(by, because, "kept-apart", tie, about=one)
    say(f"{one} and {other} are kept apart.")


def _said(by: str, because: str, word: str, unit: Callable[[Connection, Saying], bool], *, about: str) -> bool:
    saying = Saying(by=by, because=because, at=datetime.now(UTC))

    def noted(tx: Connection) -> bool:
        own = _own(tx, about)
        done = unit(tx, saying)
        note_audit(tx, saying.at, by, f"directory.{word}", own, because)
        return done

    with Store(Settings().store_url) as store:
        bring_up_to_date(store)
        try:
            return store.write_now(noted)
        except KeptApart as error:
            no(str(error))


def _own(tx: Connection, source_id: str) -> str:
    return _of(tx, source_id)[0]


def _person(tx: Connection, source_id: str) -> str:
    return _of(tx, source_id)[1]


def _of(tx: Connection, source_id: str) -> tuple[str, str]:
    found = tx.execute(select(resident.c.own, resident.c.person).where(resident.c.source_id == source_id)).one_or_none()
    if found is None:
        no("No resident has this id. Check it against the extract.")
    return found.own, found.person
