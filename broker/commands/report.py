"""``tuo report``: what a month's telling came to, for a manager."""

from pathlib import Path
from typing import Annotated

import typer

from broker import found
from broker.commands.saying import AsJson, say, say_aside, say_json, say_table
from broker.commands.stopping import bad
from broker.commands.through import reading
from broker.ports import utc_now
from broker.report.month import Month
from broker.report.sheet import as_csv, lines
from broker.report.wards import Wards, WardsUnreadable
from broker.report.whole import Report, draw_up
from broker.settings import Settings


def report_command(
    month: Annotated[
        str | None, typer.Argument(metavar="[YYYY-MM]", help="The month; the one before this, if none is given.")
    ] = None,
    as_comma_separated: Annotated[bool, typer.Option("--csv", help="Answer in CSV, a figure a line.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the CSV to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw up a month: what was told, how departments answered, who is late, and what was spared.

    Counts under five are hidden. The estimate rests on terms that a council sets: see TUO_REPORT__… in tuo config explain.
    """
    drawn = _drawn(Settings(), month)
    if as_json:
        say_json({"month": str(drawn.month), "drawn_at": drawn.drawn_at, "figures": list(lines(drawn))})
    elif output is not None:
        output.write_text(as_csv(drawn), encoding="utf-8", newline="")
        say_aside(f"The report of {drawn.month} is in {output}.")
    elif as_comma_separated:
        typer.echo(as_csv(drawn), nl=False)
    else:
        say(f"Report of {drawn.month}, drawn up {drawn.drawn_at:%Y-%m-%d %H:%M}Z")
        say_table(
            ["Part", "What", "Figure", "Unit"], [(x.part, x.what, x.figure, x.unit) for x in lines(drawn)], empty=""
        )


def _drawn(settings: Settings, said: str | None) -> Report:
    now = utc_now()
    try:
        month = Month.read(said) if said else Month.of(now).before()
        wards = Wards.read(settings.wards_file)
    except WardsUnreadable as error:
        bad(f"TUO_WARDS_FILE cannot be used: {error}.")
    except ValueError as error:
        bad(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    with reading(settings) as store:
        return store.read_now(lambda tx: draw_up(tx, month, found.adapters(), now, wards=wards, terms=settings.report))
