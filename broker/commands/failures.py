"""``tuo failures``: what waits for an operator, by cause, and what is known of it. Putting it right is beside this file."""

from base64 import b64decode
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from broker.commands.failure_replays import edit_command, plan_command, replay_command
from broker.commands.replaying import (
    OPERATOR,
    As,
    Department,
    FailedWith,
    Kind,
    OfCause,
    OfGroup,
    Reason,
    Since,
    Until,
    asked,
    check_reason,
    wanted_of,
)
from broker.commands.saying import AsJson, say, say_aside, say_json, say_table
from broker.commands.stopping import bad, no
from broker.commands.through import actor, reading, writing
from broker.commands.vouching import answer_command
from broker.failures import dead_letters, keeping_waiting
from broker.failures.dead_letters import Described
from broker.failures.failures import CAUSE_CAPTIONS, Examined, Wanted, dead_letter_number, listing, show
from broker.failures.groups import Group, groups
from broker.failures.notes import note_cause
from broker.notifications import LIFE_EVENTS
from broker.ports import utc_now
from broker.replays.replaying import Skipped, judge
from broker.settings import Settings
from broker.store import Store

HELP = """Failures: what waits for an operator, by cause, and putting it back on its way.

\b
  1. See what fails, by cause:       tuo failures groups
  2. Look at one of a cause:         tuo failures list --group G-1A2B3C4D
                                     tuo failures show ID
  3. Plan; nothing is sent:          tuo failures plan --group G-1A2B3C4D --reason "…"
  4. Replay one, ten, a tenth, all:  tuo failures replay --plan P-7K4M2P9Q
  5. Follow, pause, cancel it:       tuo run watch R-7K4M2P9Q

Many at once need a second person: tuo run approve. After a new adapter, add --now-sent to the plan. Where only the
department knows what became of one, ask it, and write down what it said: tuo failures answer.
"""
failures_app = typer.Typer(no_args_is_help=True, help=HELP)
FailureId = Annotated[str, typer.Argument(metavar="ID", help="As tuo failures list --ids names it.")]
DeadLetter = Annotated[str, typer.Argument(metavar="DEAD-LETTER", help="As in dead-letter-12.")]


@failures_app.command("groups", epilog="Example: tuo failures groups --department council-tax")
def groups_command(
    department: Department = None,
    failed_with: FailedWith = None,
    cause: OfCause = None,
    kind: Kind = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """List what fails by cause: how many, how many people, since when, whether it grows, and whose it is.

    Growing says how many failed in the last hour, and in the hour before. Release is the version of the department's
    adapter when the first of them failed.
    """
    wanted = wanted_of(department, failed_with, cause, kind, since, until)
    with reading(Settings()) as store:
        found = store.read_now(lambda tx: groups(tx, wanted))
    if as_json:
        say_json(found)
        return
    _say_groups(found)


def _say_groups(found: list[Group]) -> None:
    rows = [
        (
            *(of.id, CAUSE_CAPTIONS[of.cause], of.department, of.reason, of.count, of.persons),
            *(of.first, of.last, f"{of.last_hour}, {of.hour_before} before", of.release, of.owner),
        )
        for of in found
    ]
    columns = ["Cause", "What", "Department", "Reason", "Count", "People", "First", "Last", "Growing", "Release"]
    say_table([*columns, "Owner"], rows, empty="Nothing fails.")
    if found:
        say_aside(f"To see what a replay would do: tuo failures plan --group {found[0].id} --reason WHY")


@failures_app.command("list", epilog="Example: tuo failures list --group G-1A2B3C4D")
def list_command(
    department: Department = None,
    failed_with: FailedWith = None,
    cause: OfCause = None,
    kind: Kind = None,
    since: Since = None,
    until: Until = None,
    group: OfGroup = None,
    ids: Annotated[bool, typer.Option("--ids", help="List each failure, not one line for each cause.")] = False,
    as_json: AsJson = False,
) -> None:
    """List failures by cause, as tuo failures groups does; with a filter or --ids each by itself."""
    wanted = wanted_of(department, failed_with, cause, kind, since, until, group)
    one_by_one = ids or wanted != Wanted()
    with reading(Settings()) as store:
        grouped, each = store.read_now(lambda tx: (groups(tx), listing(tx, wanted) if one_by_one else []))
    if as_json:
        say_json(each if one_by_one else grouped)
    elif one_by_one:
        rows = [
            (one.cause, one.department, one.reason, one.failed_at, one.reference, one.group, one.id) for one in each
        ]
        columns = ["What", "Department", "Reason", "Failed", "Reference", "Cause", "Id"]
        say_table(columns, rows, empty="Nothing fails.")
    else:
        _say_groups(grouped)


@failures_app.command("show", epilog="Example: tuo failures show dead-letter-12")
def show_command(
    failure_id: FailureId,
    raw: Annotated[
        Path | None, typer.Option("--raw", help="Write a dead letter's bytes to this file. Personal data: say why.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why the bytes are needed, for the audit. No personal data.")] = "",
    as_name: As = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Show one failure: its attempts, its steps, how many wait behind it, and what a replay would do.

    A dead letter is described without any value of it; --raw writes its bytes, and the audit says who asked and why.
    """
    settings = Settings()
    if raw is not None:
        _write_raw(settings, failure_id, raw, reason, as_name)
        return
    with reading(settings) as store:
        examined = store.read_now(lambda tx: show(tx, failure_id))
        judged = store.read_now(lambda tx: judge(tx, failure_id, force=False, life_events=settings.topic(LIFE_EVENTS)))
        described = _described(store, failure_id)
    if examined is None and described is None:
        no("Nothing fails under this id: see tuo failures list --ids.")
    if as_json:
        say_json({**_document(examined, described), "replay": judged.because if judged else "goes on"})
        return
    if described is not None:
        _say_described(described)
    if examined is not None:
        _say(examined, judged)


def _described(store: Store, failure_id: str) -> Described | None:
    number = dead_letter_number(failure_id)
    return None if number is None else store.read_now(lambda tx: dead_letters.describe(tx, number, utc_now()))


def _document(examined: Examined | None, described: Described | None) -> dict[str, object]:
    said: dict[str, object] = {} if described is None else {"dead_letter": asdict(described)}
    if examined is None:
        return said
    steps = [{"at": at, "step": word, "department": of, "said": told} for at, word, of, told in examined.steps]
    said |= {"failure": examined.failure, "attempts": examined.attempts, "steps": steps, "behind": examined.behind}
    return said


def _say_described(described: Described) -> None:
    for name, value in asdict(described).items():
        if name == "headers":
            value = ", ".join(f"{header} ({length} bytes)" for header, length in value.items())
        said = ", ".join(value) if isinstance(value, tuple) else value
        if said not in (None, ""):
            say(f"{name.replace('_', ' ')}: {said}")
    if described.waiting is not None:
        say_aside(
            f"The person's later events wait. To let them go on: tuo failures release {described.id} --reason WHY"
        )


def _say(examined: Examined, judged: Skipped | None) -> None:
    failure = examined.failure
    say(f"{CAUSE_CAPTIONS[failure.cause]}: {failure.reason}")
    for name in ("id", "group", "department", "reference", "kind"):
        if (value := getattr(failure, name)) is not None:
            say(f"{name}: {value}")
    say(f"waiting behind it: {examined.behind}")
    say(f"a replay: {judged.because if judged else 'puts it back on its way under the same id'}\n")
    tried = [(each.n, each.started_at, each.ended_at, each.heard, each.reason) for each in examined.attempts]
    say_table(["Attempt", "Began", "Ended", "Heard", "Reason"], tried, empty="Never tried.")
    say("")
    say_table(["At", "Step", "Department", "Decided"], examined.steps, empty="No step is written down.")


def _write_raw(settings: Settings, failure_id: str, file: Path, reason: str, name: str) -> None:
    number = dead_letter_number(failure_id)
    if number is None:
        bad("Only a dead letter has bytes to show: as in tuo failures show dead-letter-12 --raw FILE.")
    check_reason(reason)
    path = f"/api/v1/dead-letters/{failure_id}/raw"
    unit = dead_letters.reveal(number, actor=actor(), reason=reason, now=utc_now())
    found: Any = writing(
        settings,
        lambda store: store.write_now(unit),
        lambda: _decoded(asked(settings, name, "POST", path, {"reason": reason})),
    )
    if found is None:
        no("No dead letter has this number: see tuo failures list --cause unreadable.")
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(found.value or b"")
    say(str(file))
    say_aside("These bytes are personal data, and the audit has who took them: delete the file when you are done.")


def _decoded(said: dict[str, Any]) -> dead_letters.Raw:
    headers = {name: None if value is None else b64decode(value) for name, value in said["headers"].items()}
    key, value = (None if said[name] is None else b64decode(said[name]) for name in ("key", "value"))
    return dead_letters.Raw(key=key, value=value, headers=headers)


@failures_app.command("note", epilog='Example: tuo failures note G-1A2B3C4D --owner Jo --note "ticket 4411"')
def note_command(
    group: Annotated[str, typer.Argument(metavar="CAUSE", help="As tuo failures groups names it.")],
    owner: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    note: Annotated[str | None, typer.Option(help="What is known. No personal data.")] = None,
    as_name: As = OPERATOR,
) -> None:
    """Say whose a cause is and what is known of it, in place of what was noted before; nothing at all clears it."""
    settings, name = Settings(), group.upper()
    body = {"owner": owner, "note": note}
    unit = note_cause(name, owner=owner, note=note, actor=actor(), now=utc_now())
    writing(
        settings,
        lambda store: store.write_now(unit),
        lambda: asked(settings, as_name, "PUT", f"/api/v1/failure-groups/{name}", body),
    )
    say_aside("Noted.")


@failures_app.command(
    "release", epilog='Example: tuo failures release dead-letter-12 --reason "the feed sent it again"'
)
def release_command(failure_id: DeadLetter, reason: Reason, as_name: As = OPERATOR) -> None:
    """Let a person's later events go on, though a record about them could not be read."""
    check_reason(reason)
    settings, number = Settings(), dead_letter_number(failure_id)
    unit = keeping_waiting.let_go(number or 0, actor=actor(), reason=reason, now=utc_now())
    path, body = f"/api/v1/dead-letters/{failure_id}/release", {"reason": reason}
    went = writing(
        settings,
        lambda store: store.write_now(unit),
        lambda: int(asked(settings, as_name, "POST", path, body)["released"]),
    )
    if went is None:
        no("Nobody waits behind this: see tuo failures show.")
    say_aside(f"{went} events go on.")


failures_app.command("plan", epilog='Example: tuo failures plan --group G-1A2B3C4D --reason "mapping fixed"')(
    plan_command
)
failures_app.command("replay", epilog="Example: tuo failures replay --plan P-7K4M2P9Q")(replay_command)
failures_app.command(
    "edit", epilog='Example: tuo failures edit ID --from changes.json --reason "tenure code, ticket 4411"'
)(edit_command)
failures_app.command(
    "answer", epilog='Example: tuo failures answer ID --said accepted --reason "Ms Lee of benefits, by telephone"'
)(answer_command)
