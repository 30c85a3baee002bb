"""What a demonstration tells when everything runs: where it is, and what to try next."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from broker.demo.examples import THIRD
from broker.demo.plan import CALLED, Plan
from broker.demo.showing import Screen
from broker.settings import Settings


def tell_where_it_is(plan: Plan, screen: Screen) -> None:
    """The addresses of what runs, and where keys and logs are."""
    screen.say("running", "", home=str(plan.home))
    for name, where in (
        ("The screens", plan.screens),
        ("The broker's API", f"{plan.api}/api/v1"),
        ("The back offices", f"{plan.control}/state"),
        ("Kafka", plan.kafka),
        ("Keys", _short(plan.home.keys)),
        ("Logs", _short(plan.home.logs)),
    ):
        screen.say("at", f"{name:<16}  {where}", name=name, address=where)


def tell_what_to_try(plan: Plan, references: Sequence[str], screen: Screen) -> None:
    """Commands that work as they stand, in another terminal."""
    tuo, third = _tuo(), shlex.quote(_short(plan.home.demo / THIRD))
    timeline = f"{tuo} event timeline {references[0]}"
    _try(screen, "To try in another terminal:", *_exports(plan), timeline, f"{tuo} books")
    failing = "Council tax fails while a third event is told; only its own delivery waits, and then goes on by itself:"
    _try(screen, failing, _switch(plan, "error"), f"{tuo} event submit {third}", _switch(plan, "ok"))


def _try(screen: Screen, why: str, *commands: str) -> None:
    screen.say("try", f"\n{why}", commands=commands)
    for command in commands:
        screen.say("command", f"  {command}", command=command)


def _switch(plan: Plan, mode: str) -> str:
    told = orjson.dumps({"department": CALLED, "mode": mode}).decode()
    return f"curl {plan.control}/mode -d {shlex.quote(told)}"


def _exports(plan: Plan) -> list[str]:
    """What the other commands must be told to find this demonstration, where it is not where they look."""
    usual = {name: field.default for name, field in Settings.model_fields.items()}
    wanted = {
        "TUO_HOME": str(plan.home.folder) if plan.home.folder != usual["home"].absolute() else None,
        "TUO_WEB_PORT": str(plan.ports.web) if plan.ports.web != usual["web_port"] else None,
        "TUO_KAFKA": plan.kafka if plan.kafka != usual["kafka"] else None,
    }
    told = [f"{name}={shlex.quote(value)}" for name, value in wanted.items() if value is not None]
    return [f"export {' '.join(told)}"] if told else []


def _tuo() -> str:
    beside = Path(sys.executable).with_name("tuo")
    return "tuo" if shutil.which("tuo") or not beside.exists() else _short(beside)


def _short(path: Path) -> str:
    near = os.path.relpath(path)
    return near if len(near) < len(str(path)) else str(path)
