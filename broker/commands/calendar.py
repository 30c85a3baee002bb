"""``tuo calendar``: what goes to which department, and when."""

from datetime import datetime, time, timedelta
from typing import Annotated

import typer

from broker.calendar import Wanted, calendar
from broker.commands.saying import AsJson, say_json, say_table
from broker.commands.stopping import bad
from broker.commands.through import reading
from broker.ports import utc_now
from broker.settings import Settings
from schemas.today import LONDON


def calendar_command(
    begins: Annotated[str | None, typer.Option("--from", help="From this day, YYYY-MM-DD. Default: now.")] = None,
    ends: Annotated[str | None, typer.Option("--to", help="To the end of this day, YYYY-MM-DD.")] = None,
    department: Annotated[str | None, typer.Option(help="Only of this department.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits for its hour or its day, and when closed or paused departments are told again."""
    now = utc_now()
    wanted = Wanted(
        begins=_day(begins) if begins else now,
        ends=_day(ends) + timedelta(days=1) if ends else None,
        department=department,
    )
    with reading(Settings()) as store:
        entries = store.read_now(calendar(wanted, now))
    if as_json:
        say_json(entries)
        return
    rows = [
        (f"{each.at.astimezone(LONDON):%Y-%m-%d %H:%M}", each.department, each.what, each.deliveries, each.reference)
        for each in entries
    ]
    say_table(["At (London)", "Department", "What", "Deliveries", "Reference"], rows, empty="Nothing waits for a time.")


def _day(said: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(said).date(), time(), tzinfo=LONDON)
    except ValueError:
        bad("A day must be written YYYY-MM-DD, such as 2026-12-01.")
