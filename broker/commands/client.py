"""``tuo client``: which programs may speak to the broker, each with a key of its own."""

import os
from pathlib import Path
from typing import Annotated

import typer

from broker import clients
from broker.clients import Client, ClientUnsuitable, Role
from broker.commands.asking import ask, client, key_file, key_of, server_of
from broker.commands.saying import AsJson, say, say_aside, say_json, say_table
from broker.commands.stopping import bad, no
from broker.commands.through import actor, reading, writing
from broker.ports import utc_now
from broker.settings import Settings

client_app = typer.Typer(no_args_is_help=True, help="The programs that may speak to the broker, and their keys.")
CLIENTS = "/api/v1/clients"
Name = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and hyphens, as in contact-centre.")]


@client_app.command("add", epilog="Example: tuo client add contact-centre --role adviser --save")
def add_command(
    name: Name,
    role: Annotated[Role, typer.Option(help="What it may do.")],
    department: Annotated[str | None, typer.Option(help="For a back office: whose deliveries it collects.")] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Write the key to TUO_HOME/keys/NAME, for the owner alone; do not show it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a client. Its key is shown this once and kept nowhere.

    While a broker runs on SQLite it is asked to, with the key in TUO_HOME/keys/administrator.
    """
    settings = Settings()
    file = key_file(settings, name)
    if save and file.exists():
        no(f"There is a key in {file} already: move it away, or choose another name.")
    try:
        unit = clients.add(name, role, department, utc_now(), actor=actor())
        body = {"name": name, "role": role, "department": department}
        key = writing(settings, lambda store: store.write_now(unit), lambda: _ask(settings, "POST", "", body)["key"])
    except ClientUnsuitable as error:
        bad(str(error))
    if save:
        _save(key, file)
    said = {"name": name, "role": role, "department": department} | ({"file": str(file)} if save else {"key": key})
    if as_json:
        say_json(said)
    else:
        say(str(file) if save else key)
        say_aside("The key is in this file." if save else "Keep this key: it is not shown again.")


@client_app.command("list", epilog="Example: tuo client list --json")
def list_command(as_json: AsJson = False) -> None:
    """List every client, the revoked too; never their keys."""
    with reading(Settings()) as store:
        found = store.read_now(clients.listing())
    if as_json:
        say_json(found)
        return
    say_table(
        ["Name", "Role", "Department", "Added", "Revoked"], [_row(each) for each in found], empty="No client yet."
    )


@client_app.command("revoke", epilog="Example: tuo client revoke contact-centre")
def revoke_command(name: Name) -> None:
    """Take a client's key away; it stops working within a second."""
    settings = Settings()
    unit = clients.revoke(name, utc_now(), actor=actor())
    if not writing(settings, lambda store: store.write_now(unit), lambda: _asked_to_revoke(settings, name)):
        no("There is no such client, or it was revoked before: see tuo client list.")
    say_aside("Revoked.")


def _asked_to_revoke(settings: Settings, name: str) -> bool:
    _ask(settings, "DELETE", f"/{name}", None)
    return True


def _ask(settings: Settings, method: str, below: str, body: object) -> dict[str, str]:
    with client(server_of(settings), key_of(settings, "administrator")) as asked:
        answer: dict[str, str] = ask(asked, method, CLIENTS + below, body)
        return answer


def _row(each: Client) -> tuple[object, ...]:
    return each.name, each.role, each.department, each.made_at, each.revoked_at


def _save(key: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"{key}\n")
