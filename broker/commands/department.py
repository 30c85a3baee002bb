"""``tuo dept``: the departments, and what each may see of what."""

from typing import Annotated

import typer

from broker import found
from broker.adapter import Adapter
from broker.commands.disclosures import Disclosed, as_markdown, disclosed
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import no
from broker.settings import BackOffice, Settings

department_app = typer.Typer(no_args_is_help=True, help="The departments, and what each may see.")


@department_app.command("list", epilog="Example: tuo dept list --json")
def list_command(as_json: AsJson = False) -> None:
    """List the departments that have an adapter, and how each is reached."""
    settings = Settings()
    rows = [_summary(adapter, settings) for adapter in found.adapters()]
    if as_json:
        say_json(rows)
        return
    table = [(row["department"], row["title"], row["hand_over"], row["reached_at"], row["life_events"]) for row in rows]
    say_table(
        ["Department", "Title", "Hand-over", "Reached at", "Life events"],
        table,
        empty="No adapter is installed: a package adds one under the entry point tell_us_once.adapters.",
    )


@department_app.command("show", epilog="Example: tuo dept show council-tax")
def show_command(
    department: Annotated[str, typer.Argument(help="The department, as tuo dept list names it.")],
    as_json: AsJson = False,
) -> None:
    """Show one department: its lawful basis, and every field it sees of every life event."""
    adapter = next((each for each in found.adapters() if each.department == department), None)
    if adapter is None:
        no(f"No adapter speaks to this department: choose one of {', '.join(a.department for a in found.adapters())}.")
    summary, rows = _summary(adapter, Settings()), disclosed([adapter])
    if as_json:
        say_json({**summary, "disclosures": [_row(row) for row in rows]})
        return
    for name, value in summary.items():
        say(f"{name.replace('_', ' ')}: {'' if value is None else value}")
    say("")
    _say_rows(rows, with_department=False)


@department_app.command("disclosures", epilog="Example: tuo dept disclosures --markdown > docs/disclosures.md")
def disclosures_command(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Answer as a page for the documentation.")] = False,
) -> None:
    """List who sees which field of which life event, and why."""
    rows = disclosed(found.adapters())
    if markdown:
        say(as_markdown(found.adapters()))
    elif as_json:
        say_json([_row(row) for row in rows])
    else:
        _say_rows(rows, with_department=True)


def _summary(adapter: Adapter, settings: Settings) -> dict[str, object]:
    return {
        "department": adapter.department,
        "title": adapter.title,
        "hand_over": adapter.hand_over,
        "crash_mode": adapter.crash_mode,
        "lawful_basis": adapter.lawful_basis,
        "standard_days": adapter.standard_days,
        "reached_at": settings.back_offices.get(adapter.department, BackOffice()).base_url,
        "life_events": len(adapter.tellings),
    }


def _row(row: Disclosed) -> dict[str, str]:
    return {
        "department": row.department,
        "life_event": row.life_event,
        "field": row.field,
        "from": row.origin,
        "why": row.why,
    }


def _say_rows(rows: list[Disclosed], *, with_department: bool) -> None:
    columns = ["Life event", "Field", "From", "Why"]
    table = [(row.life_event, row.field, row.origin, row.why) for row in rows]
    if with_department:
        columns = ["Department", *columns]
        table = [(row.department, *cells) for row, cells in zip(rows, table, strict=True)]  # type: ignore[misc]
    say_table(columns, table, empty="Nothing is disclosed.")
