"""Saying: how commands speak. Answers go to standard output, everything else to standard error."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Annotated

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
#: wide enough that nothing is cut where the output goes to a file or another program
_WIDE = 400


def say(line: str) -> None:
    """A line of the answer."""
    typer.echo(line)


def say_aside(line: str) -> None:
    """A line beside the answer: progress, or a warning."""
    typer.echo(line, err=True)


def say_json(value: object) -> None:
    """The whole answer as JSON, indented."""
    typer.echo(orjson.dumps(_plain(value), option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())


def say_json_line(value: object) -> None:
    """One of many answers, on a line of its own."""
    typer.echo(orjson.dumps(_plain(value), option=orjson.OPT_UTC_Z).decode())


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Rows under columns, or the sentence for none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[_cell(value) for value in row])
    if not table.rows:
        say(empty)
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    return "" if value is None else str(value)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
