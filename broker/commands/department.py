"""``tuo dept``: the departments, and what each may see of what."""

from typing import Annotated

import typer

from broker import found
from broker.adapter import GROUND_CAPTIONS, Adapter
from broker.commands.disclosures import Disclosed, as_markdown, disclosed
from broker.commands.holding import pause_command, resume_command
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import no
from broker.commands.through import database_file, reading
from broker.glance import Glance, departments_at_a_glance
from broker.ports import utc_now
from broker.settings import BackOffice, Settings

_DOING = tuple(
    "condition caption since until reason paused_by breaker next_probe_at backlog oldest parked for_a_person "
    "last_success_at".split()
)
department_app = typer.Typer(no_args_is_help=True, help="The departments: how each does, and what each may see.")
department_app.command("pause", epilog='Example: tuo dept pause council-tax --until 4h --reason "planned work"')(
    pause_command
)
department_app.command("resume", epilog='Example: tuo dept resume council-tax --reason "the release is mended"')(
    resume_command
)


@department_app.command("list", epilog="Example: tuo dept list --json")
def list_command(as_json: AsJson = False) -> None:
    """List the departments that have an adapter, how each is reached, how each does and what waits for it."""
    settings = Settings()
    glances = _glances(settings)
    rows = [_summary(adapter, settings) | _doing(glances.get(adapter.department)) for adapter in found.adapters()]
    if as_json:
        say_json(rows)
        return
    names = ("department", "title", "hand_over", "reached_at", "life_events", "condition", "backlog", "oldest")
    say_table(
        ["Department", "Title", "Hand-over", "Reached at", "Life events", "Condition", "Backlog", "Oldest"],
        [[row.get(name) for name in names] for row in rows],
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
    settings = Settings()
    summary, rows = _summary(adapter, settings) | _doing(_glances(settings).get(department)), disclosed([adapter])
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
        "ground": GROUND_CAPTIONS[adapter.ground],
        "standard_days": adapter.standard_days,
        "reached_at": settings.back_offices.get(adapter.department, BackOffice()).base_url,
        "life_events": len(adapter.tellings),
    }


def _glances(settings: Settings) -> dict[str, Glance]:
    """How each department does, by name; nothing is known before there is a database."""
    file = database_file(settings)
    if file is not None and not file.is_file():
        return {}
    with reading(settings) as store:
        glances = store.read_now(lambda tx: departments_at_a_glance(tx, utc_now(), found.adapters()))
    return {glance.department: glance for glance in glances}


def _doing(glance: Glance | None) -> dict[str, object]:
    if glance is None:
        return {}
    return {name: getattr(glance, name) for name in _DOING}


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
