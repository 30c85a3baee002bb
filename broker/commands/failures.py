"""``tuo failures``: what waits for an operator, by cause, and putting it back on its way."""

import asyncio
from typing import Annotated

import typer

from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.saying import AsJson, say, say_aside, say_json, say_table
from broker.commands.stopping import bad, no
from broker.commands.through import actor, reading, writing
from broker.failures import CAUSE_CAPTIONS, MOST, Cause, Examined, Wanted, groups, listing, show
from broker.notifications import LIFE_EVENTS
from broker.replaying import Order, Report, Skipped, judge, replay
from broker.settings import Settings
from broker.store import Store

failures_app = typer.Typer(no_args_is_help=True, help="Failures: see them by cause, and replay them.")
#: failures in one request to a running broker
AT_ONCE = MOST
LONGEST_REASON = 200
REPLAY = "/api/v1/replays"
Department = Annotated[str | None, typer.Option(help="Only of this department.")]
OfCause = Annotated[Cause | None, typer.Option(help="Only of this cause.")]


@failures_app.command("list", epilog="Example: tuo failures list --department council-tax")
def list_command(
    department: Department = None,
    failed_with: Annotated[str | None, typer.Option("--failed-with", help="Only with this reason code.")] = None,
    cause: OfCause = None,
    ids: Annotated[bool, typer.Option("--ids", help="List each failure, not one line for each cause.")] = False,
    as_json: AsJson = False,
) -> None:
    """List failures by cause, with their count and the oldest; with a filter or --ids each by itself."""
    wanted = Wanted(department=department, reason=failed_with, cause=cause)
    one_by_one = ids or wanted != Wanted()
    with reading(Settings()) as store:
        grouped, each = store.read_now(lambda tx: (groups(tx), listing(tx, wanted) if one_by_one else []))
    if as_json:
        say_json(each if one_by_one else grouped)
    elif one_by_one:
        rows = [(one.cause, one.department, one.reason, one.since, one.reference, one.id) for one in each]
        say_table(["Cause", "Department", "Reason", "Since", "Reference", "Id"], rows, empty="Nothing fails.")
    else:
        summary = [(CAUSE_CAPTIONS[of.cause], of.department, of.reason, of.count, of.oldest) for of in grouped]
        say_table(["Cause", "Department", "Reason", "Count", "Oldest"], summary, empty="Nothing fails.")


@failures_app.command("show", epilog="Example: tuo failures show dead-letter-12")
def show_command(
    failure_id: Annotated[str, typer.Argument(metavar="ID", help="As tuo failures list --ids names it.")],
    as_json: AsJson = False,
) -> None:
    """Show one failure: its attempts, its steps, how many wait behind it, and what a replay would do."""
    settings = Settings()
    with reading(settings) as store:
        examined = store.read_now(lambda tx: show(tx, failure_id))
        judged = store.read_now(lambda tx: judge(tx, failure_id, force=False, life_events=settings.topic(LIFE_EVENTS)))
    if examined is None:
        no("Nothing fails under this id: see tuo failures list --ids.")
    if as_json:
        say_json({**_document(examined), "replay": judged.because if judged else "goes on"})
    else:
        _say(examined, judged)


def _document(examined: Examined) -> dict[str, object]:
    return {
        "failure": examined.failure,
        "attempts": examined.attempts,
        "steps": [{"at": at, "step": word, "department": of, "said": said} for at, word, of, said in examined.steps],
        "behind": examined.behind,
    }


def _say(examined: Examined, judged: Skipped | None) -> None:
    failure = examined.failure
    say(f"{CAUSE_CAPTIONS[failure.cause]}: {failure.reason}")
    for name in ("id", "department", "reference", "kind"):
        if (value := getattr(failure, name)) is not None:
            say(f"{name}: {value}")
    say(f"waiting behind it: {examined.behind}")
    say(f"a replay: {judged.because if judged else 'puts it back on its way under the same id'}\n")
    tried = [(each.n, each.started_at, each.ended_at, each.heard, each.reason) for each in examined.attempts]
    say_table(["Attempt", "Began", "Ended", "Heard", "Reason"], tried, empty="Never tried.")
    say("")
    say_table(["At", "Step", "Department", "Decided"], examined.steps, empty="No step is written down.")


@failures_app.command(
    "replay", epilog='Example: tuo failures replay --all --department council-tax --reason "it is up again"'
)
def replay_command(
    reason: Annotated[str, typer.Option(help="Why, for the audit. No personal data.")],
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="As tuo failures list --ids names them.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every failure, or every one that the filters leave.")
    ] = False,
    department: Department = None,
    failed_with: Annotated[str | None, typer.Option("--failed-with", help="Only with this reason code.")] = None,
    cause: OfCause = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be replayed; change nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also what a later event of the same person has overtaken.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put failures back on their way, under the same id: what a back office did before, it does not do twice.

    While a broker runs on SQLite it is asked to, with the key in TUO_HOME/keys/operator.
    """
    if bool(ids) == everything:
        bad("Name what to replay: ids, or --all with or without filters.")
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        bad(f"Say why, with --reason, in at most {LONGEST_REASON} characters: it is written in the audit.")
    settings = Settings()
    chosen = ids or _chosen(settings, Wanted(department=department, reason=failed_with, cause=cause))
    if dry_run:
        report = _would(settings, chosen, force)
    else:
        report = _replay(settings, chosen, Order(actor=actor(), reason=reason, force=force))
    _tell(report, dry_run=dry_run, as_json=as_json)


def _chosen(settings: Settings, wanted: Wanted) -> list[str]:
    with reading(settings) as store:
        return [failure.id for failure in store.read_now(lambda tx: listing(tx, wanted, None))]


def _would(settings: Settings, ids: list[str], force: bool) -> Report:
    topic = settings.topic(LIFE_EVENTS)
    with reading(settings) as store:
        judged = store.read_now(lambda tx: [judge(tx, each, force=force, life_events=topic) for each in ids])
    replayed = tuple(each for each, skipped in zip(ids, judged, strict=True) if skipped is None)
    return Report(replayed=replayed, skipped=tuple(skipped for skipped in judged if skipped is not None))


def _replay(settings: Settings, ids: list[str], order: Order) -> Report:
    if not ids:
        return Report()

    def here(store: Store) -> Report:
        from broker.main import build  # it brings in Kafka and the web, which takes a second

        return asyncio.run(replay(ids, order, build(settings, store)))

    return writing(settings, here, lambda: _ask_the_broker(settings, ids, order))


def _ask_the_broker(settings: Settings, ids: list[str], order: Order) -> Report:
    replayed: list[str] = []
    skipped: list[Skipped] = []
    with client(server_of(settings), key_of(settings, "operator")) as asked:
        for first in range(0, len(ids), AT_ONCE):
            body = {"ids": ids[first : first + AT_ONCE], "reason": order.reason, "force": order.force}
            answer = ask(asked, "POST", REPLAY, body)
            replayed += answer["replayed"]
            skipped += [Skipped(id=each["id"], because=each["because"]) for each in answer["skipped"]]
    return Report(replayed=tuple(replayed), skipped=tuple(skipped))


def _tell(report: Report, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        say_json(report)
    else:
        for each in report.replayed:
            say(each)
    for skipped in report.skipped:
        say_aside(f"{skipped.id}: {skipped.because}")
    word = "would be replayed" if dry_run else "replayed"
    say_aside(f"{len(report.replayed)} {word}, {len(report.skipped)} left as they were.")
    if report.skipped:
        raise typer.Exit(1)
