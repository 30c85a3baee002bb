"""Replaying through the command line: here, where no broker runs, or through the broker that holds the database."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from pydantic import TypeAdapter

from broker.commands.asking import ask, client, key_file, key_of, server_of
from broker.commands.saying import say, say_aside, say_table
from broker.commands.stopping import bad, no
from broker.commands.through import actor, writing
from broker.failures.failures import Cause, Wanted
from broker.ports import Broker, utc_now
from broker.replays.orders import Door, RefusedOrder, begin
from broker.replays.plan import Plan
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import Order
from broker.replays.runs import RUN_CAPTIONS, STAGE_CAPTIONS, Run, RunState
from broker.settings import Settings
from broker.store import Store
from schemas.problems import Invalid

T = TypeVar("T")
LONGEST_REASON = 200
PLANS, RUNS = "/api/v1/replay-plans", "/api/v1/runs"
#: the key of the operator on this machine
OPERATOR = "operator"
_PLAN, _RUN = TypeAdapter(Plan), TypeAdapter(Run)
Department = Annotated[str | None, typer.Option(help="Only of this department.")]
OfCause = Annotated[Cause | None, typer.Option(help="Only of this kind of failure.")]
FailedWith = Annotated[str | None, typer.Option("--failed-with", help="Only with this reason code.")]
Kind = Annotated[str | None, typer.Option(help="Only of this kind of life event, as in move.")]
Since = Annotated[datetime | None, typer.Option(help="Only what failed at or after this moment, UTC.")]
Until = Annotated[datetime | None, typer.Option(help="Only what failed before this moment, UTC.")]
OfDelivery = Annotated[str, typer.Argument(metavar="ID", help="A delivery, as tuo failures list --ids names it.")]
OfGroup = Annotated[str | None, typer.Option("--group", help="Only of this cause, as tuo failures groups names it.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit. No personal data.")]
As = Annotated[
    str, typer.Option("--as", help="Whose key is used while a broker runs: the name of a file in TUO_HOME/keys.")
]


def wanted_of(
    department: str | None = None,
    failed_with: str | None = None,
    cause: Cause | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    group: str | None = None,
) -> Wanted:
    """Filters as they were given."""
    return Wanted(
        department=department,
        reason=failed_with,
        cause=cause,
        kind=kind,
        since=_utc(since),
        until=_utc(until),
        group=group.upper() if group else None,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=moment.tzinfo or utc_now().tzinfo)


def check_reason(reason: str) -> None:
    """End the command where the reason cannot be written in the audit."""
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        bad(f"Say why, with --reason, in at most {LONGEST_REASON} characters: it is written in the audit.")


def key_for(settings: Settings, name: str) -> str:
    """The key of an operator on this machine."""
    if not key_file(settings, name).is_file() and name != OPERATOR:
        bad(f"There is no key {key_file(settings, name)}: make one with tuo client add {name} --role operator --save.")
    return key_of(settings, name)


def asked(settings: Settings, name: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
    """What the running broker answers to this operator."""
    with client(server_of(settings), key_for(settings, name)) as sender:
        return ask(sender, method, path, body)


def with_broker(settings: Settings, act: Callable[[Broker], T]) -> Callable[[Store], T]:
    """Do something with a broker of this process, without running it."""

    def here(store: Store) -> T:
        from broker.main import build  # it brings in Kafka and the web, which takes a second

        return act(build(settings, store))

    return here


def plan_here_or_there(
    settings: Settings, selection: Selection, reason: str, *, force: bool, name: str, keep: bool = True
) -> Plan:
    """Make a plan, and keep it unless it is a dry run. A running broker makes it with the adapters that it runs."""
    order = Order(actor=actor(), reason=reason, force=force)
    here = with_broker(settings, lambda broker: asyncio.run(make_plan(selection, order, broker, keep=keep)))
    body = _body(selection) | {"reason": reason, "force": force, "dry_run": not keep}

    def there() -> Plan:
        return _PLAN.validate_python(asked(settings, name, "POST", PLANS, body), strict=False)

    return _or_stop(lambda: writing(settings, here, there))


def _body(selection: Selection) -> dict[str, Any]:
    wanted = {name: value for name, value in asdict(selection.wanted).items() if value is not None}
    said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in wanted.items()}
    body: dict[str, Any] = {"ids": list(selection.ids), "wanted": said}
    body |= {"now_sent": selection.now_sent, "new_revision": selection.new_revision}
    return body if selection.edit is None else body | {"edit": dict(selection.edit)}


def _or_stop(act: Callable[[], T]) -> T:
    try:
        return act()
    except Invalid as error:
        bad("; ".join(f"{each.field or 'document'}: {each.message.rstrip('.')}" for each in error.problems) + ".")
    except RefusedOrder as error:
        no(error.because)


def begin_here_or_there(settings: Settings, plan: Plan, name: str) -> Run:
    """Begin the run of a plan."""
    body = {"plan": plan.id, "digest": plan.digest}
    here = with_broker(
        settings,
        lambda broker: broker.store.write_now(begin(str(plan.id), plan.digest, Door(actor=actor()), broker)),
    )
    return _or_stop(lambda: writing(settings, here, lambda: run_of(asked(settings, name, "POST", RUNS, body))))


def run_of(said: Any) -> Run:  # noqa: ANN401 - any JSON
    """A run, as the API answers it."""
    return _RUN.validate_python(said, strict=False)


def say_plan(plan: Plan, *, begins: bool = False) -> None:
    """A plan in words, and what to do next, unless it begins at once."""
    say(f"{plan.goes_on} of {plan.looked_at} failures would be sent again: {plan.persons} people, {_named(plan)}")
    for skipped in plan.skipped:
        say(f"  left as they are: {skipped.count}, because {skipped.because}")
    stages = ", ".join(f"{size} ({STAGE_CAPTIONS[n]})" for n, size in enumerate(plan.stages[:4]))
    say(f"in stages of: {stages or 'nothing'}; about {plan.seconds:.0f} s at a replay's share of the rate")
    if plan.revisions:
        say(f"{plan.revisions} letters go as a new revision, under a new delivery id; the others as they were")
    if plan.differences:
        say("")
        title = "is different" if plan.revisions else "would differ with --now-sent"
        rows = [(each.field, each.was, each.now, each.count) for each in plan.differences]
        say_table(["Field", "As sent", "Now", f"Letters where it {title}"], rows, empty="")
    for why in plan.second_person:
        say(f"needs a second person: {why}")
    say(f"digest {plan.digest}")
    if not begins:
        _say_next(plan)


def _named(plan: Plan) -> str:
    return ", ".join(plan.departments) or "no department"


def _say_next(plan: Plan) -> None:
    if plan.id is None:
        say_aside("Nothing was kept: leave out --dry-run to keep this plan.")
    elif plan.goes_on:
        say(f"plan {plan.id}")
        say_aside(f"Nothing has been sent. To send it: tuo failures replay --plan {plan.id}")


def say_begun(run: Run) -> None:
    """A run that has begun, and what to do next."""
    say(run.id)
    if run.state is RunState.APPROVAL:
        say_aside(f"It waits for a second person ({run.because}).")
        say_aside(f"Another operator looks and agrees: tuo run approve {run.id} --as THEIR-NAME")
    else:
        say_aside(f"{RUN_CAPTIONS[run.state]}. It tries one first, and goes on while a running broker sees it work.")
    say_aside(f"To follow it: tuo run watch {run.id}")


def say_runs(runs: Sequence[Run]) -> None:
    """Runs as a table."""
    rows = [
        (
            *(run.id, run.state, f"{run.stage}/{run.stages}", run.planned, run.away),
            *(run.delivered, run.failed, run.skipped, run.started_at, run.reason),
        )
        for run in runs
    ]
    columns = ["Run", "State", "Stage", "To go", "Away", "Delivered", "Failed", "Left", "Began", "Why"]
    say_table(columns, rows, empty="No replay has run yet: see tuo failures groups.")
