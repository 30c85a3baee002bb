"""``tuo config``: the settings in use, and whether they can be used."""

import typer

from broker.commands.explained import explained, misspelt
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import bad
from broker.settings import Settings

config_app = typer.Typer(no_args_is_help=True, help="The settings in use: environment (TUO_...), and tuo.toml.")


@config_app.command("check", epilog="Example: tuo config check")
def check_command(as_json: AsJson = False) -> None:
    """Check every setting, and look for misspelt ones. Exits with 2 where one cannot be used."""
    Settings()
    unknown = misspelt()
    if as_json:
        say_json({"good": not unknown, "not_a_setting": unknown})
    if unknown:
        bad(f"Nothing reads {', '.join(unknown)}: check the spelling (tuo config explain lists every setting).")
    if not as_json:
        say("Every setting can be used.")


@config_app.command("explain", epilog="Example: tuo config explain --json")
def explain_command(as_json: AsJson = False) -> None:
    """List every setting: its value with secrets masked, where it comes from, and what it is for."""
    rows = explained(Settings())
    if as_json:
        say_json(rows)
        return
    table = [(row.variable, _short(row.value), row.source, row.description) for row in rows]
    say_table(["Setting", "Value", "From", "What it is for"], table, empty="")


def _short(value: object) -> str:
    return "" if value is None else str(value)
