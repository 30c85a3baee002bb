"""``tuo event``: tell life events, and follow what becomes of each."""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import track as with_progress
from sqlalchemy import Connection, select

from broker import found
from broker.commands.asking import client, key_of, server_of
from broker.commands.letter_files import FiledLetter, letters_in
from broker.commands.relinking import relink_command, why_command
from broker.commands.saying import AsJson, say, say_aside, say_json, say_json_line, say_table
from broker.commands.stop import stop_command
from broker.commands.stopping import Code, bad, no
from broker.commands.submission import Submitted, check, submit
from broker.commands.through import reading
from broker.settings import Settings
from broker.store import Store
from broker.tables import delivery, event
from broker.tracker import Tracker, timeline, track
from schemas.kinds import life_events
from schemas.variants import Variant, json_schema

event_app = typer.Typer(no_args_is_help=True, help="Life events: tell them, and follow what becomes of each.")
event_app.command("stop", epilog='Example: tuo event stop TUO-4F2K-9QXZ-77BM --reason "told of the wrong person"')(
    stop_command
)
T = TypeVar("T")
#: seconds between looks when following
LOOK_AGAIN = 0.5
Reference = Annotated[
    str, typer.Argument(metavar="REF", help="The reference, or the id of the notification or of one of its deliveries.")
]


@event_app.command("submit", epilog="Example: tuo event submit moves.jsonl --key-prefix portal-2026-07-01-")
def submit_command(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="JSON or JSON Lines; - is standard input.")],
    server: Annotated[str | None, typer.Option(help="The broker's address. Default: this machine's own.")] = None,
    key: Annotated[
        str | None, typer.Option(envvar="TUO_KEY", help="An adviser's or a feed's key. Default: TUO_HOME/keys/adviser.")
    ] = None,
    key_prefix: Annotated[
        str | None, typer.Option(help="Use this and the line's number as idempotency key, not the content.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the letters; send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell life events to a running broker; prints their references. The same file twice tells nothing twice."""
    letters = list(letters_in(files))
    if not letters:
        bad("There is no life event in what was given.")
    done = [_told(each, as_json) for each in _submit(letters, server, key, key_prefix, dry_run)]
    refused = sum(each.refused is not None for each in done)
    repeats = sum(each.repeat for each in done)
    word = "good" if dry_run else "told"
    say_aside(f"{len(done) - refused} {word}, {repeats} of them before; {refused} refused.")
    if refused:
        raise typer.Exit(Code.BAD)


def _submit(
    letters: list[FiledLetter], server: str | None, key: str | None, key_prefix: str | None, dry_run: bool
) -> Iterator[Submitted]:
    if dry_run:
        yield from (check(letter) for letter in letters)
        return
    settings = Settings()
    with client(server or server_of(settings), key_of(settings, "adviser", key)) as asked:
        for number, letter in enumerate(_watched(letters), start=1):
            yield submit(letter, f"{key_prefix}{number}" if key_prefix else None, asked)


def _watched(letters: list[FiledLetter]) -> Iterator[FiledLetter]:
    console = Console(stderr=True)
    quiet = not console.is_terminal or len(letters) < 20
    yield from with_progress(letters, "Telling", console=console, transient=True, disable=quiet)


def _told(done: Submitted, as_json: bool) -> Submitted:
    if as_json:
        say_json_line(done)
    elif done.reference:
        say(done.reference)
    if done.refused:
        say_aside(f"{done.at}: {done.refused}")
    for warning in done.warnings:
        say_aside(f"{done.at}: please confirm: {warning}")
    return done


@event_app.command("show", epilog="Example: tuo event show TUO-4F2K-9QXZ-77BM --follow")
def show_command(
    reference: Reference,
    follow: Annotated[bool, typer.Option("--follow", help="Look again until nothing more will change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a life event is, department by department. Reads the database alone: Kafka may be down."""
    with reading(Settings()) as store:
        known = _reference(store, reference)
        shown: str | None = None
        while True:
            tracker = _found(store.read_now(track(known, found.adapters())))
            if tracker.version != shown:
                _show(tracker, as_json=as_json, one_of_many=follow)
            if tracker.complete or not follow:
                return
            shown = tracker.version
            time.sleep(LOOK_AGAIN)


def _show(tracker: Tracker, *, as_json: bool, one_of_many: bool) -> None:
    if as_json:
        (say_json_line if one_of_many else say_json)(tracker)
        return
    say(f"{tracker.reference}  {tracker.caption}: {tracker.progress_caption}")
    if tracker.reason is not None:
        missing = f" Missing: {', '.join(tracker.reason.missing)}." if tracker.reason.missing else ""
        say(f"{tracker.reason.caption}{missing}")
    rows = [(line.title, line.caption, line.changed_at, line.receipt, line.sentence) for line in tracker.departments]
    columns = ["Department", "Standing", "Since", "Receipt", "What to say"]
    say_table(columns, rows, empty="No department has been told.")
    for spared in tracker.not_told:
        say(f"{spared.title}: not told. {spared.because}")
    if tracker.case is not None:
        say(f"Case: {'open' if tracker.case.open else 'closed'}")
        for line in tracker.case.lines:
            say(f"  {line.title}: {line.caption}")


@event_app.command("timeline", epilog="Example: tuo event timeline TUO-4F2K-9QXZ-77BM")
def timeline_command(reference: Reference, as_json: AsJson = False) -> None:
    """Show every step of a life event's journey, in the words it was decided in."""
    with reading(Settings()) as store:
        lines = store.read_now(timeline(_reference(store, reference)))
    if as_json:
        say_json(lines)
        return
    rows = [(line.at, line.step, line.department, line.said) for line in lines]
    say_table(["At", "Step", "Department", "Decided"], rows, empty="Nothing has been decided yet.")


event_app.command("why", epilog="Example: tuo event why TUO-4F2K-9QXZ-77BM")(why_command)
event_app.command("relink", epilog='Example: tuo event relink TUO-4F2K-9QXZ-77BM --reason "her twin rang"')(
    relink_command
)


@event_app.command("schema", epilog="Example: tuo event schema bereavement unknown > bereavement.json")
def schema_command(
    kind: Annotated[str, typer.Argument(help="The kind, as tuo event kinds names it.")],
    variant: Annotated[
        Variant, typer.Argument(help="How surely the person is known: matched, unsure or unknown.")
    ] = Variant.MATCHED,
) -> None:
    """Print the contract of a kind of life event, as JSON Schema 2020-12."""
    if kind not in life_events():
        bad(f"There is no such kind of life event: choose one of {', '.join(life_events())}.")
    say_json(json_schema(kind, variant))


@event_app.command("kinds", epilog="Example: tuo event kinds --json")
def kinds_command(as_json: AsJson = False) -> None:
    """List every kind of life event, and how sure a match must be before it is acted on."""
    rows = [{"kind": each.kind, "caption": each.caption, "acts": each.acts} for each in life_events().values()]
    if as_json:
        say_json(rows)
        return
    say_table(["Kind", "Caption", "Acts"], [tuple(row.values()) for row in rows], empty="")


def _reference(store: Store, said: str) -> str:
    """The reference, whichever way the notification was named."""
    return _found(store.read_now(_named(said.strip())))


def _named(said: str) -> Callable[[Connection], str | None]:
    letters = "".join(char for char in said.upper() if char.isalnum()).removeprefix("TUO")
    reference = f"TUO-{letters[:4]}-{letters[4:8]}-{letters[8:]}"
    of_delivery = select(delivery.c.event_id).where(delivery.c.id == said.lower()).scalar_subquery()
    named = (event.c.reference == reference) | (event.c.id == said.lower()) | (event.c.id == of_delivery)
    return lambda tx: tx.execute(select(event.c.reference).where(named)).scalar()


def _found(what: T | None) -> T:
    if what is None:
        no("Nothing is here under this reference: check its letters, and TUO_HOME or TUO_DATABASE_URL.")
    return what
