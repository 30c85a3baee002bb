"""``tuo failures plan``, ``replay`` and ``edit``: what would happen, and letting it happen."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from broker.commands.asking import ask, client, server_of
from broker.commands.replaying import (
    OPERATOR,
    As,
    Department,
    FailedWith,
    Kind,
    OfCause,
    OfDelivery,
    OfGroup,
    Reason,
    Since,
    Until,
    begin_here_or_there,
    check_reason,
    key_for,
    plan_here_or_there,
    say_begun,
    say_plan,
    wanted_of,
    with_broker,
)
from broker.commands.saying import AsJson, say, say_aside, say_json
from broker.commands.stopping import bad, no
from broker.commands.through import actor, reading, writing
from broker.failures.failures import MOST, Wanted, listing
from broker.notifications import LIFE_EVENTS
from broker.replays.kept import find_plan
from broker.replays.orders import RefusedOrder, replay_few
from broker.replays.plan import Plan
from broker.replays.planning import Selection
from broker.replays.replaying import Order, Report, Skipped, judge
from broker.settings import Settings

#: failures in one request to a running broker
AT_ONCE = MOST
REPLAY = "/api/v1/replays"
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As tuo failures list --ids names them.")]
Everything = Annotated[bool, typer.Option("--all", help="Every failure, or every one that the filters leave.")]
NowSent = Annotated[
    bool,
    typer.Option("--now-sent", help="Write letters anew, as the adapters are now; what differs is a new revision."),
]
NewRevision = Annotated[
    bool,
    typer.Option("--new-revision", help="Under new delivery ids: where a back office remembers that it refused."),
]
Force = Annotated[bool, typer.Option("--force", help="Also what a later event of the same person has overtaken.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")]


def plan_command(
    reason: Reason,
    ids: Ids = None,
    everything: Everything = False,
    department: Department = None,
    failed_with: FailedWith = None,
    cause: OfCause = None,
    kind: Kind = None,
    since: Since = None,
    until: Until = None,
    group: OfGroup = None,
    now_sent: NowSent = False,
    new_revision: NewRevision = False,
    force: Force = False,
    dry_run: DryRun = False,
    as_name: As = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Say what a replay would do, and keep the plan: nothing is sent.

    It says how many and how many people, what is left as it is and why, which fields a letter made now would hold
    otherwise (masked), how long it takes, and whether a second person must agree. The selection is frozen: what fails
    later is not part of it.
    """
    wanted = wanted_of(department, failed_with, cause, kind, since, until, group)
    if not (ids or everything or wanted != Wanted()):
        bad("Name what to plan for: --group, another filter, ids, or --all.")
    check_reason(reason)
    selection = Selection(ids=tuple(ids or ()), wanted=wanted, now_sent=now_sent, new_revision=new_revision)
    _tell_plan(plan_here_or_there(Settings(), selection, reason, force=force, name=as_name, keep=not dry_run), as_json)


def _tell_plan(plan: Plan, as_json: bool) -> None:
    if as_json:
        say_json(plan)
    else:
        say_plan(plan)


def replay_command(
    ids: Ids = None,
    plan: Annotated[str | None, typer.Option("--plan", help="A plan, as tuo failures plan named it.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit; a plan has its own. No personal data.")] = "",
    everything: Everything = False,
    department: Department = None,
    failed_with: FailedWith = None,
    cause: OfCause = None,
    kind: Kind = None,
    since: Since = None,
    until: Until = None,
    group: OfGroup = None,
    now_sent: NowSent = False,
    new_revision: NewRevision = False,
    dry_run: DryRun = False,
    force: Force = False,
    as_name: As = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Put failures back on their way, under the same id: what a back office did before, it does not do twice.

    A plan, a --group and --now-sent go in stages: one, ten, a tenth, the rest; the run stops by itself when too many
    fail again. A few ids, or --all where that is few, go at once. While a broker runs on SQLite it is asked to, with
    the key in TUO_HOME/keys/operator.
    """
    settings = Settings()
    if plan is not None:
        _begin(settings, _kept(settings, plan), as_name, as_json)
        return
    if bool(ids) + everything + bool(group) != 1:
        bad("Name what to replay: --plan, --group, ids, or --all with or without filters; and --reason.")
    check_reason(reason)
    wanted = wanted_of(department, failed_with, cause, kind, since, until, group)
    chosen = ids or _chosen(settings, wanted)
    if group or now_sent or new_revision or len(chosen) > settings.replay_alone_up_to:
        selection = Selection(ids=tuple(ids or ()), wanted=wanted, now_sent=now_sent, new_revision=new_revision)
        made = plan_here_or_there(settings, selection, reason, force=force, name=as_name, keep=not dry_run)
        _tell_and_begin(settings, made, dry_run=dry_run, name=as_name, as_json=as_json)
        return
    _at_once(settings, chosen, Order(actor=actor(), reason=reason, force=force), dry_run, as_name, as_json)


def _kept(settings: Settings, plan_id: str) -> Plan:
    with reading(settings) as store:
        found = store.read_now(lambda tx: find_plan(tx, plan_id))
    if found is None:
        no("No plan has this name: make one with tuo failures plan.")
    return found


def _tell_and_begin(settings: Settings, plan: Plan, *, dry_run: bool, name: str, as_json: bool) -> None:
    if dry_run:
        _tell_plan(plan, as_json)
        return
    if not as_json:
        say_plan(plan, begins=True)
    _begin(settings, plan, name, as_json)


def _begin(settings: Settings, plan: Plan, name: str, as_json: bool) -> None:
    run = begin_here_or_there(settings, plan, name)
    if as_json:
        say_json(run)
    else:
        say_begun(run)


def _at_once(settings: Settings, chosen: list[str], order: Order, dry_run: bool, as_name: str, as_json: bool) -> None:
    report = _would(settings, chosen, order.force) if dry_run else _replay(settings, chosen, order, as_name)
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


def _replay(settings: Settings, ids: list[str], order: Order, name: str) -> Report:
    if not ids:
        return Report()
    here = with_broker(settings, lambda broker: asyncio.run(replay_few(ids, order, broker)))
    try:
        return writing(settings, here, lambda: _ask_the_broker(settings, ids, order, name))
    except RefusedOrder as error:
        no(error.because)


def _ask_the_broker(settings: Settings, ids: list[str], order: Order, name: str) -> Report:
    replayed: list[str] = []
    skipped: list[Skipped] = []
    with client(server_of(settings), key_for(settings, name)) as asked:
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


def edit_command(
    failure_id: OfDelivery,
    changes: Annotated[
        str,
        typer.Option("--from", help="A JSON object of fields and what to send instead; null removes one. - is stdin."),
    ],
    reason: Reason,
    dry_run: DryRun = False,
    as_name: As = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Send one delivery in another wording: a new revision, under a new delivery id, that a second person agrees to.

    Only fields that the department may see can be changed (tuo dept show), and the schema must still fit. The old one
    is never sent again. It is refused where nobody knows whether the old one was acted on.
    """
    check_reason(reason)
    settings = Settings()
    selection = Selection(ids=(failure_id,), edit=_changes(changes))
    plan = plan_here_or_there(settings, selection, reason, force=False, name=as_name, keep=not dry_run)
    _tell_and_begin(settings, plan, dry_run=dry_run, name=as_name, as_json=as_json)


def _changes(file: str) -> dict[str, Any]:
    try:
        read = orjson.loads(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except orjson.JSONDecodeError:
        bad('The changes cannot be read: give a JSON object such as {"tenure": "private_rent"}.')
    if not isinstance(read, dict) or not read:
        bad("The changes must be a JSON object of fields, and name at least one.")
    return read
