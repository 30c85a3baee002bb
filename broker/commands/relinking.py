"""``tuo event relink`` and ``why``: undo a wrong link, and read why a link was made."""

from typing import Annotated, Any

import typer
from sqlalchemy import select

from broker import main
from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import no
from broker.commands.through import actor, reading, writing
from broker.directory.tables import resident
from broker.reviews.relinking import RelinkRefused, WrongLink, relink
from broker.settings import Settings
from broker.store import Store
from broker.why import why

Reference = Annotated[str, typer.Argument(metavar="REF", help="The notification's reference.")]


def relink_command(
    reference: Reference,
    reason: Annotated[str, typer.Option(help="Why, for the audit; no personal data.")],
    not_this: Annotated[
        str | None,
        typer.Option("--not", metavar="PERSON", help="Whom it is not about; by default, whom it is linked to."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Undo a wrong link: withdraw all that was told because of it, and judge the event again without that person."""
    settings = Settings()
    body = {"person": not_this, "reason": reason}
    try:
        done = writing(
            settings,
            lambda store: _relink(settings, store, reference.upper(), not_this, reason),
            lambda: _ask(settings, f"/{reference.upper()}/relink", body),
        )
    except RelinkRefused as error:
        no(str(error))
    if as_json:
        say_json(done)
        return
    told = f"Everything told is withdrawn by {done['withdrawal']}. " if done["withdrawal"] else "Nobody had been told. "
    say(f"{told}It is judged again without that person, as {done['again']}.")


def why_command(reference: Reference, as_json: AsJson = False) -> None:
    """Say why a life event was taken to be about whom: what agreed, how it was weighed, who decided; and who is told."""
    with reading(Settings()) as store:
        found = store.read_now(why(reference.upper()))
    if found is None:
        no("Nothing is here under this reference.")
    if as_json:
        say_json(found)
        return
    for line in (found.found, found.compared, *found.weighing, *found.against, found.by, *found.departments):
        if line:
            say(line)
    rows = [(one.at, one.who, one.did, one.reason) for one in found.colleagues]
    say_table(["At", "Who", "Did", "Why"], rows, empty="No colleague has decided anything.")


def _relink(settings: Settings, store: Store, reference: str, not_this: str | None, reason: str) -> dict[str, Any]:
    wrong = WrongLink(reference=reference, person=_person(store, not_this), actor=actor(), reason=reason)
    done = store.write_now(relink(wrong, main.build(settings, store)))
    return {"withdrawal": done.withdrawal, "again": done.again}


def _person(store: Store, said: str | None) -> str | None:
    """The person of an extract's id; whatever is none is taken for the broker's own."""
    asked = select(resident.c.person).where(resident.c.source_id == said)
    return said and (store.read_now(lambda tx: tx.execute(asked).scalar()) or said)


def _ask(settings: Settings, path: str, body: dict[str, Any]) -> dict[str, Any]:
    with client(server_of(settings), key_of(settings, "reviewer")) as http:
        answer: dict[str, Any] = ask(http, "POST", f"/api/v1/life-events{path}", body)
    return answer
