"""``tuo up``: the whole of it on this machine, with an invented town and pretend back offices, to see it work."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from broker.settings import Settings


def up_command(
    once: Annotated[bool, typer.Option("--once", help="Stop when every department has answered; 1 if not.")] = False,
    home: Annotated[
        Path | None, typer.Option("--home", file_okay=False, help="Its data, in place of TUO_HOME.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what happens in JSON, one object a line.")] = False,
    ports_from: Annotated[
        int | None, typer.Option("--ports-from", metavar="N", help="Use ports N to N+4, not the usual ones.")
    ] = None,
) -> None:
    """Start everything on this machine, tell a move and a death, and show what each department answers.

    It keeps to itself: people, homes and numbers are invented, and what it keeps is in TUO_HOME. A second start finds
    what the first one left.
    """
    if home is not None:
        os.environ["TUO_HOME"] = str(home)
    Settings()  # whatever cannot be read in them is said here
    words = [*(["--once"] if once else []), *(["--json"] if as_json else [])]
    words += [] if ports_from is None else ["--ports-from", str(ports_from)]
    # The commands' own memory is given back: this process stays for as long as the demonstration runs.
    os.execv(sys.executable, [sys.executable, "-m", "broker.demo", *words])  # noqa: S606 - no shell is wanted
