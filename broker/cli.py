"""The command line: every command of ``tuo``, and every way it can end in one line."""

import importlib
import re
import sys
import tomllib
from collections.abc import Sequence
from typing import Any, Final

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import ArgumentError

from broker.commands.explained import what_is_wrong
from broker.commands.stopping import Code, Stop
from broker.parts import CannotListen
from broker.store import AlreadyRunning, StoreUnavailable

EPILOG = "Exit codes: 0 done, 1 no, 2 not used as it must be, 3 something does not answer. Example: tuo doctor"
#: each word of ``tuo``, in the order of its help: where it is, and for a single command its example
WORDS: Final = {
    "up": ("up", "up_command", "Example: tuo up --once"),
    "run": ("run", "run_app", None),
    "event": ("event", "event_app", None),
    "dept": ("department", "department_app", None),
    "failures": ("failures", "failures_app", None),
    "calendar": ("calendar", "calendar_command", "Example: tuo calendar --to 2026-12-31"),
    "books": ("books", "books_command", "Example: tuo books --json"),
    "gap": ("gap", "gap_command", "Example: tuo gap --take-in"),
    "report": ("report", "report_command", "Example: tuo report 2026-10 --csv -o october.csv"),
    "directory": ("directory", "app", None),
    "review": ("review", "review_app", None),
    "protected": ("protected", "protected_app", None),
    "client": ("client", "client_app", None),
    "config": ("config", "config_app", None),
    "doctor": ("doctor", "doctor_command", "Example: tuo doctor --json"),
}


def commands(only: str | None = None) -> typer.Typer:
    """Every command, or the one that is wanted: reading the others would take it a second or two."""
    app = typer.Typer(
        name="tuo",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=EPILOG,
    )
    app.callback()(tell_us_once)
    for word in [only] if only in WORDS else WORDS:
        module, name, example = WORDS[word]
        found = getattr(importlib.import_module(f"broker.commands.{module}"), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=word)
        else:
            app.command(word, epilog=example)(found)
    return app


def tell_us_once() -> None:
    """Tell Us Once: a life event is told once, and every department that needs to know hears of it."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Whatever goes wrong is one line on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(commands(next(iter(given), None)))
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
    stop = "" if said.endswith("?") else "."
    return f"{said}{stop} See {context.command_path if context else 'tuo'} --help."


def main() -> None:
    """The command."""
    sys.exit(run())
