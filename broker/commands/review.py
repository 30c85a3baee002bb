"""``tuo review``: notifications whose person is not sure enough, for a reviewer to decide."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from broker import main
from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.saying import AsJson, say, say_aside, say_json, say_table
from broker.commands.stopping import no
from broker.commands.through import actor, reading, writing
from broker.ports import utc_now
from broker.reviews import reviewing, reviews, second_looks
from broker.reviews.reviews import Answer, Reading, ReviewRefused
from broker.settings import Settings
from broker.store import Store

review_app = typer.Typer(no_args_is_help=True, help="Uncertain matches: see what waits, look at it, decide it.")
REVIEWS = "/api/v1/reviews"
Reference = Annotated[str, typer.Argument(metavar="REF", help="The notification's reference.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit; no personal data.")]


@review_app.command("queue", epilog="Example: tuo review queue --json")
def queue_command(as_json: AsJson = False) -> None:
    """List what waits for a reviewer, the longest first. No personal data is shown."""
    with reading(Settings()) as store:
        waiting = store.read_now(reviews.queue())
    if as_json:
        say_json(waiting)
        return
    rows = [
        [one.reference, one.kind, one.acts, str(one.opened_at)[:16], str(len(one.candidates)), one.first_by or ""]
        for one in waiting
    ]
    say_table(["Reference", "Kind", "Acts", "Since", "Records", "First reader"], rows, empty="Nothing waits.")


@review_app.command("look", epilog='Example: tuo review look TUO-4856-J2KZ-7XAG --reason "morning queue"')
def look_command(reference: Reference, reason: Reason, as_json: AsJson = False) -> None:
    """Show one case beside its records. This is personal data: the audit says who looked, and why."""
    settings = Settings()
    path, body = f"/{reference.upper()}/look", {"reason": reason}
    found = writing(
        settings, lambda store: _look(settings, store, reference, reason), lambda: _ask(settings, path, body)
    )
    if found is None:
        no("This notification does not wait for a reviewer.")
    if as_json:
        say_json(found)
    else:
        show_case(found)


@review_app.command("next", epilog='Example: tuo review next --reason "morning queue"')
def next_command(reason: Reason, as_json: AsJson = False) -> None:
    """Take the case that waits longest, and show it: for a while nobody else is given it."""
    settings = Settings()
    found = writing(
        settings,
        lambda store: _next(settings, store, reason),
        lambda: _ask(settings, "/next", {"reason": reason})["case"],
    )
    if found is None:
        no("Nothing waits that is not a colleague's just now.")
    if as_json:
        say_json(found)
    else:
        show_case(found)


@review_app.command("fairness", epilog="Example: tuo review fairness --json")
def fairness_command(as_json: AsJson = False) -> None:
    """Say how often a blind second look agreed with links made without a reviewer, by where names seem to come from."""
    with reading(Settings()) as store:
        found = store.read_now(second_looks.fairness())
    if as_json:
        say_json([asdict(each) | {"origin": name, "agreement": each.agreement} for name, each in found.items()])
        return
    rows = [
        (name, each.chosen, each.read, _share(each.agreement), each.reversed, " ".join(each.references))
        for name, each in found.items()
    ]
    columns = ["Origin of the name", "Chosen", "Read", "Agreed", "Reversed", "To undo with tuo event relink"]
    say_table(columns, rows, empty="No link has been chosen for a second look yet.")


def show_case(found: dict[str, Any]) -> None:
    """Print one case beside its records."""
    say(f"{found['reference']}  {found['kind']}  {found['because']}")
    for record in found["records"]:
        say_aside(f"Record {record['person']}: {record['because']}")
        say_table(["Field", "Told", "Held", ""], [_row(row) for row in record["rows"]], empty="")


def _share(agreement: float | None) -> str:
    return "" if agreement is None else f"{agreement:.1%}"


@review_app.command("decide", epilog='Example: tuo review decide TUO-4856-J2KZ-7XAG different --reason "spoke to her"')
def decide_command(
    reference: Reference,
    answer: Annotated[Answer, typer.Argument(help="same, different or cannot_tell.")],
    reason: Reason,
    person: Annotated[str | None, typer.Option(help="With same: which record.")] = None,
    ask_for: Annotated[str | None, typer.Option("--ask", help="With cannot_tell: the field to ask for.")] = None,
) -> None:
    """Decide one case. An irreversible event needs a second reader who agrees."""
    settings = Settings()
    read = Reading(reference=reference.upper(), answer=answer, person=person, ask=ask_for, actor=actor(), reason=reason)
    body = {"answer": answer, "person": person, "ask": ask_for, "reason": reason}
    try:
        settled = writing(
            settings,
            lambda store: store.write_now(reviews.decide(read, utc_now())),
            lambda: bool(_ask(settings, f"/{read.reference}/decision", body)["settled"]),
        )
    except ReviewRefused as error:
        no(str(error))
    say("Decided; it goes on at once." if settled else "Decided; a second reader must agree.")


def _look(settings: Settings, store: Store, reference: str, reason: str) -> dict[str, Any] | None:
    case = asyncio.run(reviewing.look(reference.upper(), actor(), reason, main.build(settings, store)))
    return case.model_dump(mode="json") if case else None


def _next(settings: Settings, store: Store, reason: str) -> dict[str, Any] | None:
    case = asyncio.run(reviewing.look_at_next(actor(), reason, main.build(settings, store)))
    return case.model_dump(mode="json") if case else None


def _row(row: dict[str, Any]) -> list[str]:
    return [row["field"], row["told"] or "", row["held"] or "", row["agreement"]]


def _ask(settings: Settings, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - a JSON document
    with client(server_of(settings), key_of(settings, "reviewer")) as http:
        return ask(http, "POST", f"{REVIEWS}{path}", body)
