"""``tuo run``: this process becomes a broker; its commands follow and steer the runs of replays."""

import time
from typing import Annotated

import typer

from broker.commands.replaying import (
    LONGEST_REASON,
    OPERATOR,
    RUNS,
    As,
    Reason,
    asked,
    check_reason,
    run_of,
    say_plan,
    say_runs,
)
from broker.commands.running import run_command
from broker.commands.saying import AsJson, say, say_aside, say_json, say_json_line, say_table
from broker.commands.stopping import bad, no
from broker.commands.through import actor, reading, writing
from broker.ports import utc_now
from broker.replays.kept import find_plan
from broker.replays.orders import Door, RefusedOrder, cancel, pause, resume
from broker.replays.plan import Plan
from broker.replays.runs import ITEM_CAPTIONS, RUN_CAPTIONS, ItemState, Run, RunState, items, run, runs
from broker.settings import Settings

HELP = """Run the broker, or follow and steer the runs of replays.

Without a command this process becomes a broker until it is told to stop (SIGTERM or Ctrl-C). Kafka need not be there
yet: what is told is written down, and moves on when Kafka answers.
"""
run_app = typer.Typer(invoke_without_command=True, help=HELP, epilog="Example: tuo run --roles router,delivery")
#: seconds between looks when watching
LOOK_AGAIN = 0.5
RunId = Annotated[str, typer.Argument(metavar="RUN", help="As tuo run list names it; its plan's name does too.")]
ORDERS = {"pause": pause, "resume": resume, "cancel": cancel}


@run_app.callback()
def become_command(
    context: typer.Context,
    roles: Annotated[str | None, typer.Option(help="What it does: web, router, delivery, comma separated.")] = None,
) -> None:
    """Become a broker, where no command is named."""
    if context.invoked_subcommand is None:
        run_command(roles)


@run_app.command("list", epilog="Example: tuo run list --json")
def list_command(as_json: AsJson = False) -> None:
    """List the runs of replays: those that wait for a word, then the newest first."""
    with reading(Settings()) as store:
        found = store.read_now(runs)
    if as_json:
        say_json(found)
    else:
        say_runs(found)


@run_app.command("show", epilog="Example: tuo run show R-7K4M2P9Q --state failed")
def show_command(
    run_id: RunId,
    state: Annotated[ItemState | None, typer.Option(help="Only items that are there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one run: its plan, how far it is, and what became of each item."""
    with reading(Settings()) as store:
        found = store.read_now(lambda tx: run(tx, run_id))
        each = store.read_now(lambda tx: items(tx, run_id, state=state, most=10_000))
        plan = store.read_now(lambda tx: find_plan(tx, found.plan)) if found else None
    if found is None:
        no("No run has this name: see tuo run list.")
    if as_json:
        say_json({"run": found, "plan": plan, "items": each})
        return
    _say_run(found, plan)
    rows = [(one.failure, one.department, ITEM_CAPTIONS[one.state], one.because, one.revision) for one in each]
    say_table(["Failure", "Department", "What became of it", "", "New id"], rows, empty="No item is there.")


def _say_run(found: Run, plan: Plan | None) -> None:
    say(f"{found.id}: {RUN_CAPTIONS[found.state]}. {found.because or ''}".rstrip())
    by = f"planned by {found.planned_by}, begun by {found.started_by}, agreed by {found.approved_by or 'nobody'}"
    say(f"{found.reason}; {by}")
    say(_progress(found))
    if plan is not None:
        for skipped in plan.skipped:
            say(f"left when it was planned: {skipped.count}, because {skipped.because}")
    say("")


def _progress(found: Run) -> str:
    return (
        f"{found.state}, stage {found.stage} of {found.stages}: {found.delivered} delivered, {found.failed} failed, "
        f"{found.away} away, {found.planned} to go, {found.skipped} left"
    )


@run_app.command("watch", epilog="Example: tuo run watch R-7K4M2P9Q")
def watch_command(run_id: RunId, as_json: AsJson = False) -> None:
    """Follow a run until it is over, stops, is paused, or waits for a second person."""
    with reading(Settings()) as store:
        shown: Run | None = None
        while True:
            found = store.read_now(lambda tx: run(tx, run_id))
            if found is None:
                no("No run has this name: see tuo run list.")
            if found != shown:
                say_json_line(found) if as_json else say(_progress(found))
            if found.state is not RunState.RUNNING:
                if found.because:
                    say_aside(found.because)
                raise typer.Exit(0 if found.state is RunState.DONE and not found.failed else 1)
            shown = found
            time.sleep(LOOK_AGAIN)


@run_app.command("pause", epilog='Example: tuo run pause R-7K4M2P9Q --reason "they asked us to wait"')
def pause_command(run_id: RunId, reason: Reason, as_name: As = OPERATOR) -> None:
    """Send nothing more for now; what is away comes to its end."""
    _order("pause", run_id, reason, as_name)


@run_app.command("resume", epilog='Example: tuo run resume R-7K4M2P9Q --reason "the one letter was odd"')
def resume_command(run_id: RunId, reason: Reason, as_name: As = OPERATOR) -> None:
    """Let a run go on that was paused, or that stopped by itself: its failures so far are then known."""
    _order("resume", run_id, reason, as_name)


@run_app.command("cancel", epilog='Example: tuo run cancel R-7K4M2P9Q --reason "the mapping is still wrong"')
def cancel_command(run_id: RunId, reason: Reason, as_name: As = OPERATOR) -> None:
    """End a run for good: what went stays sent, and it says how many; what did not is left where it was."""
    _order("cancel", run_id, reason, as_name)


def _order(word: str, run_id: str, reason: str, name: str) -> None:
    check_reason(reason)
    settings = Settings()
    unit = ORDERS[word](run_id, Door(actor=actor(), reason=reason), utc_now())
    path = f"{RUNS}/{run_id.upper()}/{word}"
    try:
        found = writing(
            settings,
            lambda store: store.write_now(unit),
            lambda: run_of(asked(settings, name, "POST", path, {"reason": reason})),
        )
    except RefusedOrder as error:
        no(error.because)
    say(_progress(found))
    if found.because:
        say_aside(found.because)


@run_app.command("approve", epilog="Example: tuo run approve R-7K4M2P9Q --as priya --digest 4f1c2a9be07d")
def approve_command(
    run_id: RunId,
    digest: Annotated[
        str | None, typer.Option(help="The first twelve signs or more of the digest that you looked at.")
    ] = None,
    reason: Annotated[str, typer.Option(help="For the audit. No personal data.")] = "",
    as_name: As = OPERATOR,
) -> None:
    """Agree to a run as the second person: somebody else than who planned and began it, with a key of their own.

    Without --digest it shows what would be agreed to. The word is good once, for that selection. It always goes
    through a running broker, which knows whose key it is.
    """
    if len(reason) > LONGEST_REASON:
        bad(f"Say why in at most {LONGEST_REASON} characters.")
    settings = Settings()
    with reading(settings) as store:
        found = store.read_now(lambda tx: run(tx, run_id))
        plan = store.read_now(lambda tx: find_plan(tx, found.plan)) if found else None
    if found is None or plan is None:
        no("No run has this name: see tuo run list.")
    if digest is None:
        say_plan(plan)
        say_aside(f"To agree to this: tuo run approve {found.id} --as {as_name} --digest {plan.digest[:12]}")
        raise typer.Exit(1)
    if len(digest) < 12 or not plan.digest.startswith(digest.lower()):
        bad("This is not the digest of that run: look at it without --digest.")
    body = {"digest": plan.digest, "reason": reason}
    say(_progress(run_of(asked(settings, as_name, "POST", f"{RUNS}/{found.id}/approval", body))))
