"""``tuo dept pause`` and ``resume``: hold what goes to a department, and let it go on."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from broker import department_state, found
from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.saying import say_aside
from broker.commands.stopping import bad, no
from broker.commands.through import actor, writing
from broker.department_state import Pause
from broker.ports import utc_now
from broker.settings import Settings
from schemas.today import LONDON

Department = Annotated[str, typer.Argument(help="The department, as tuo dept list names it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit; no personal data.")]
_SPAN = re.compile(r"(\d{1,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST_REASON = 200


def pause_command(
    department: Department,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option("--until", help="2026-12-01T09:00 in London, or 30m, 4h, 2d. Default: until resumed.")
    ] = None,
) -> None:
    """Hold what goes to a department, until a time or until it is resumed. Only what undoes a death still goes."""
    now = utc_now()
    ends = None if until is None else moment_of(until, now)
    _check(department, reason)
    wanted = Pause(actor=actor(), reason=reason, until=ends)
    body = {"reason": reason, "until": ends.isoformat() if ends else None}
    _do(department, "pause", body, lambda tx: department_state.pause(tx, department, wanted, now))
    said = f"until {ends.astimezone(LONDON):%H:%M on %d %B %Y}" if ends else "until tuo dept resume"
    say_aside(f"Paused, {said}.")


def resume_command(department: Department, reason: Reason) -> None:
    """Let a department be told again: it ends a pause, and the hold after too many refusals."""
    now = utc_now()
    _check(department, reason)
    who = actor()
    _do(department, "resume", {"reason": reason}, lambda tx: department_state.resume(tx, department, who, reason, now))
    say_aside("Resumed: what waited goes on, in order.")


def moment_of(said: str, now: datetime) -> datetime:
    """A moment as an operator writes it; ends the command where it cannot be read or has passed."""
    span = _SPAN.fullmatch(said.strip())
    try:
        if span is not None:
            moment = now + timedelta(**{_UNITS[span[2]]: int(span[1])})
        else:
            moment = datetime.fromisoformat(said.strip())
    except (ValueError, OverflowError):
        bad("--until must be a moment such as 2026-12-01T09:00, or a span such as 30m, 4h or 2d.")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
    if aware <= now:
        bad("--until must be a moment that is still to come.")
    return aware


def _check(department: str, reason: str) -> None:
    known = [adapter.department for adapter in found.adapters()]
    if department not in known:
        no(f"No adapter speaks to this department: choose one of {', '.join(known)}.")
    if not 0 < len(reason) <= LONGEST_REASON or not reason.isprintable():
        bad(f"The reason must be one line of at most {LONGEST_REASON} characters.")


def _do(department: str, word: str, body: object, unit: Any) -> None:  # noqa: ANN401 - a unit of the store
    settings = Settings()
    writing(settings, lambda store: store.write_now(unit), lambda: _ask(settings, department, word, body))


def _ask(settings: Settings, department: str, word: str, body: object) -> Any:  # noqa: ANN401 - any JSON
    with client(server_of(settings), key_of(settings, "operator")) as asked:
        return ask(asked, "POST", f"/api/v1/departments/{department}/{word}", body)
