"""Two pages of the documentation, made from the commands and the settings themselves.

As a command: ``python -m broker.commands.pages`` writes docs/commands.md and docs/settings.md anew.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer
import typer.core
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from broker.cli import commands
from broker.commands.explained import OTHER_VARIABLES, default_of, variable_of
from broker.settings import BackOffice, Settings

DOCS = Path(__file__).parents[2] / "docs"
_COMMANDS = """# The commands

Every command says its options with `--help`. Answers go to standard output, everything else to standard error.

| Exit code | Says |
|---|---|
| 0 | done |
| 1 | understood, and the answer is no |
| 2 | not used as it must be, or what was given cannot be read |
| 3 | something that is needed does not answer |
| 130 | stopped with Ctrl-C |
"""
_SETTINGS = """# The settings

Each setting has one name: in the environment with `TUO_` before it, in `tuo.toml` (in the folder the broker is started
in) without. The environment wins. Lists and tables in the environment are written as JSON. `tuo config explain` shows
the values in use and where each comes from; `tuo config check` finds what is misspelt.
"""


def commands_page() -> str:
    """Every command with its arguments, options and example."""
    group: Any = typer.main.get_command(commands())
    return "\n".join([_COMMANDS, *_of_group(group, "tuo")]).rstrip() + "\n"


def _of_group(group: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - typer's own classes are not public
    for name, command in group.commands.items():
        full = f"{path} {name}"
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield from _of_command(command, full)
            yield from _of_group(command, full)
        else:
            yield from _of_command(command, full)


def _of_command(command: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    yield f"## {path}\n"
    yield f"{_unwrapped(command.help)}\n"
    rows = [_row(param) for param in command.params if param.name != "help"]
    if rows:
        yield "| Argument or option | |\n|---|---|"
        yield "\n".join(rows) + "\n"
    if command.epilog:
        yield f"    {command.epilog.removeprefix('Example: ')}\n"


def _row(param: Any) -> str:  # noqa: ANN401
    if isinstance(param, typer.core.TyperArgument):
        name = param.metavar or param.name.upper()
        return f"| `{name}` | {_said(param)} |"
    names = ", ".join(f"`{each}`" for each in [*param.opts, *param.secondary_opts])
    required = "Needed. " if param.required else ""
    return f"| {names} | {required}{_said(param)} |"


def _said(param: Any) -> str:  # noqa: ANN401
    choices = getattr(param.type_descriptor.annotation, "__members__", {})
    listed = f" One of {', '.join(each.value for each in choices.values())}." if choices else ""
    return f"{(param.help or '').replace('|', chr(92) + '|')}{listed}"


def _unwrapped(text: str | None) -> str:
    paragraphs = (text or "").replace("\b", "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def settings_page() -> str:
    """Every setting with its default and what it is for."""
    lines = [_SETTINGS, "| Variable | In tuo.toml | Default | |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{variable_of(name)}` | `{name}` | {_default(field)} | {field.description}{_choices(field)} |")
    lines += ["", "## A back office", "", "In `tuo.toml` under `[back_offices.<department>]`:", ""]
    lines += ["| Name | Default | |", "|---|---|---|"]
    for name, field in BackOffice.model_fields.items():
        lines.append(f"| `{name}` | {_default(field)} | {field.description} |")
    lines += ["", "## Other variables", "", "| Variable | |", "|---|---|"]
    lines += [f"| `{name}` | {said} |" for name, said in OTHER_VARIABLES.items()]
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    default = default_of(field)
    return "" if default is None or default == "" else f"`{json.dumps(default, default=_plain)}`"


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _choices(field: FieldInfo) -> str:
    inner = next((each for each in get_args(field.annotation) if hasattr(each, "__members__")), None)
    return f": {', '.join(inner)}" if inner is not None else ""


def main() -> None:
    """Write both pages."""
    (DOCS / "commands.md").write_text(commands_page())
    (DOCS / "settings.md").write_text(settings_page())


if __name__ == "__main__":
    main()
