"""``tuo protected``: notifications about people who are known to a named team alone, for that team."""

import asyncio
from typing import Annotated, Any

import typer

from broker import main
from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.review import show_case
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import no
from broker.commands.through import actor, reading, writing
from broker.ports import utc_now
from broker.reviews import protected
from broker.settings import Settings
from broker.store import Store

protected_app = typer.Typer(no_args_is_help=True, help="For the protection team: what concerns the people it knows.")
Reference = Annotated[str, typer.Argument(metavar="REF", help="The notification's reference.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit; no personal data.")]
_PATH = "/api/v1/protected"
_NOTHING = "Nothing of that reference waits for the team."


@protected_app.command("list", epilog="Example: tuo protected list")
def list_command(as_json: AsJson = False) -> None:
    """List what nobody of the team has taken yet, the longest first. No personal data is shown."""
    settings = Settings()
    with reading(settings) as store:
        waiting = store.read_now(protected.listed())
    if as_json:
        say_json({"team": settings.protection_team, "items": [_line(one) for one in waiting]})
        return
    rows = [(one.reference, one.kind, one.sure, str(one.opened_at)[:16]) for one in waiting]
    say_table(["Reference", "Kind", "Sure", "Since"], rows, empty=f"Nothing waits for {settings.protection_team}.")


@protected_app.command("look", epilog='Example: tuo protected look TUO-4856-J2KZ-7XAG --reason "daily list"')
def look_command(reference: Reference, reason: Reason, as_json: AsJson = False) -> None:
    """Show one notification beside its records. This is personal data: the audit says who looked, and why."""
    settings = Settings()
    path, body = f"/{reference.upper()}/look", {"reason": reason}
    found = writing(
        settings, lambda store: _look(settings, store, reference, reason), lambda: _ask(settings, path, body)
    )
    if found is None:
        no(_NOTHING)
    if as_json:
        say_json(found)
    else:
        show_case(found)


@protected_app.command("take", epilog='Example: tuo protected take TUO-4856-J2KZ-7XAG --reason "I ring the refuge"')
def take_command(reference: Reference, reason: Reason) -> None:
    """Take care of one notification: it leaves the list, and what is to be done is done by hand."""
    settings = Settings()
    path, body = f"/{reference.upper()}/take", {"reason": reason}
    taken = writing(
        settings,
        lambda store: store.write_now(protected.take(reference.upper(), actor(), reason, utc_now())),
        lambda: bool(_ask(settings, path, body)["taken"]),
    )
    if not taken:
        no(f"{_NOTHING} Or a colleague has taken it.")
    say("It is yours.")


def _line(one: protected.ForTheTeam) -> dict[str, object]:
    return {"reference": one.reference, "kind": one.kind, "sure": one.sure, "opened_at": one.opened_at}


def _look(settings: Settings, store: Store, reference: str, reason: str) -> dict[str, Any] | None:
    case = asyncio.run(protected.look(reference.upper(), actor(), reason, main.build(settings, store)))
    return case.model_dump(mode="json") if case else None


def _ask(settings: Settings, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - a JSON document
    with client(server_of(settings), key_of(settings, "protection")) as http:
        return ask(http, "POST", f"{_PATH}{path}", body)
