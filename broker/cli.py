"""The command line: every command of ``tuo``, and every way it can end in one line."""

import importlib
import importlib.util
import re
import sys
import tomllib
from collections.abc import Sequence
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import ArgumentError

from broker.commands.books import books_command
from broker.commands.calendar import calendar_command
from broker.commands.client import client_app
from broker.commands.config import config_app
from broker.commands.department import department_app
from broker.commands.directory import app as directory_app
from broker.commands.doctor import doctor_command
from broker.commands.event import event_app
from broker.commands.explained import what_is_wrong
from broker.commands.failures import failures_app
from broker.commands.gap import gap_command
from broker.commands.protected import protected_app
from broker.commands.report import report_command
from broker.commands.review import review_app
from broker.commands.run import run_app
from broker.commands.stopping import Code, Stop
from broker.parts import CannotListen
from broker.store import AlreadyRunning, StoreUnavailable

app = typer.Typer(
    name="tuo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Tell Us Once: a life event is told once, and every department that needs to know hears of it.",
    epilog="Exit codes: 0 done, 1 no, 2 not used as it must be, 3 something does not answer. Example: tuo doctor",
)
_UP = "broker.commands.up"
if importlib.util.find_spec(_UP) is not None:
    app.command("up", epilog="Example: tuo up --once")(importlib.import_module(_UP).up_command)
app.add_typer(run_app, name="run")
app.add_typer(event_app, name="event")
app.add_typer(department_app, name="dept")
app.add_typer(failures_app, name="failures")
app.command("calendar", epilog="Example: tuo calendar --to 2026-12-31")(calendar_command)
app.command("books", epilog="Example: tuo books --json")(books_command)
app.command("gap", epilog="Example: tuo gap --take-in")(gap_command)
app.command("report", epilog="Example: tuo report 2026-10 --csv -o october.csv")(report_command)
app.add_typer(directory_app, name="directory")
app.add_typer(review_app, name="review")
app.add_typer(protected_app, name="protected")
app.add_typer(client_app, name="client")
app.add_typer(config_app, name="config")
app.command("doctor", epilog="Example: tuo doctor --json")(doctor_command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Whatever goes wrong is one line on standard error."""
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = command.main(args=given, prog_name="tuo", standalone_mode=False)
    except Exception as error:
        code, line = _ended(error)
        typer.echo(line, err=True)
        return code
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else Code.OK


def _ended(error: Exception) -> tuple[Code, str]:
    match error:
        case Stop():
            return error.code, error.line
        case AlreadyRunning():
            return Code.UNREACHABLE, f"{_sentence(error)}."
        case CannotListen():
            return Code.BAD, _sentence(error)
        case StoreUnavailable():
            return Code.UNREACHABLE, f"{_sentence(error)}: run tuo doctor to see what to do."
        case ArgumentError():
            return Code.BAD, "The address of the database cannot be read: see TUO_DATABASE_URL in tuo config explain."
        case OSError():
            return Code.UNREACHABLE, f"{error.filename or 'Something'} cannot be used: {error.strerror}."
        case ValidationError(title="Settings") | SettingsError() | tomllib.TOMLDecodeError():
            return Code.BAD, f"The settings cannot be used: {what_is_wrong(error)}. See tuo config explain."
        case typer.BadParameter() | typer.TyperException():
            return Code.BAD, _usage(error)
        case _:
            # Its text could hold anything, also a person.
            return Code.NO, f"A fault of ours ({type(error).__name__}): please report it with the command you gave."


def _sentence(error: Exception) -> str:
    said = str(error)
    return said[:1].upper() + said[1:]


def _usage(error: Any) -> str:  # noqa: ANN401 - typer's own errors
    """What is wrong with the command, without what was given: in the wrong place it could be a name."""
    said = str(error.format_message())
    if said.startswith("Usage:"):
        return said
    said = re.sub(r" \(.*\)$", "", said).rstrip(".")
    said = re.sub(r": .* is not one of ", ": choose one of ", said)
    context = getattr(error, "ctx", None)
    return f"{said}. See {context.command_path if context else 'tuo'} --help."


def main() -> None:
    """The command."""
    sys.exit(run())
