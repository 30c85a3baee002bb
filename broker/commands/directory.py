"""``tuo directory``: load the council's people from an extract, and match a file of events against them.

Exit codes: 2 for a bad line, 3 when the database cannot be had just now.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO, Final, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from broker.commands.directory_links import apart_command, merge_command, unmerge_command
from broker.commands.directory_model import ModelFile, chosen_model, evaluate_command, train_command
from broker.commands.directory_people import search_command, show_command
from broker.commands.sieve import Sieve
from broker.directory.directory import Directory
from broker.directory.file import FiledEvent, Resident
from broker.directory.file_decision import FileDecision, Verdict, candidates_in, file_decision
from broker.directory.loading import Tally, load
from broker.directory.residents import subject_of
from broker.identity.frequencies import Shortlist
from broker.identity.model import Model
from broker.json_lines import Filed, JsonLines
from broker.person import Match
from broker.ports import DirectoryUnavailable, utc_now
from broker.reviews import reviews
from broker.reviews.protection import decide_as_seen
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import AlreadyRunning, Store, StoreUnavailable
from schemas.life_event import Acts
from schemas.subject import Subject

BAD_LINE: Final = 2
NOT_NOW: Final = 3
_EVENTS_AT_ONCE: Final = 200

app = typer.Typer(no_args_is_help=True, help="The people the council already knows.")
app.command("train", epilog="Example: tuo directory train events.jsonl -o model.json")(train_command)
app.command("evaluate", epilog="Example: tuo directory evaluate truth.jsonl --profile irreversible")(evaluate_command)
_WHY = '--by a.reader --because "same passport seen"'
app.command("merge", epilog=f"Example: tuo directory merge 1001 2002 {_WHY}")(merge_command)
app.command("unmerge", epilog=f"Example: tuo directory unmerge 2002 {_WHY}")(unmerge_command)
app.command("apart", epilog=f"Example: tuo directory apart 1001 2002 {_WHY}")(apart_command)

_REASON = '--reason "on the phone with her"'
app.command("search", epilog=f'Example: tuo directory search "ada thorn" --postcode "AA1 1AA" {_REASON}')(
    search_command
)
app.command("show", epilog=f"Example: tuo directory show 1001 {_REASON}")(show_command)


class Profile(StrEnum):
    """What a wrong match would do."""

    IRREVERSIBLE = "irreversible"
    STANDARD = "standard"
    LIGHT = "light"


class Viewer(StrEnum):
    """Who will read the decisions."""

    ORDINARY = "ordinary"
    REVIEWER = "reviewer"


ToRead = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON Lines, UTF-8.")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Set bad lines aside instead of stopping at the first.")]
Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", dir_okay=False, help="With --keep-going: where bad lines go (by default FILE.rejects)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write the summary as JSON.")]


@app.command("load", epilog="Example: tuo directory load residents.jsonl")
def load_residents(
    file: ToRead,
    keep_going: KeepGoing = False,
    rejects: Rejects = None,
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the lines; write nothing.")] = False,
) -> None:
    """Load residents from an extract. The same file twice changes nothing."""
    started = time.monotonic()
    sieve = _sieve(JsonLines(file, Resident), _rejects(file, rejects, keep_going))
    with _tell_why_not_now():
        residents = _watched(sieve, file)
        counts = {"checked": sum(1 for _ in residents)} if dry_run else asdict(_load(residents))
    _summarise(counts, sieve.rejected, time.monotonic() - started, as_json)
    if sieve.stopped:
        _stop("Nothing is written in a dry run." if dry_run else "The lines before it are loaded.")


@app.command("match", epilog="Example: tuo directory match events.jsonl --profile standard -o decisions.jsonl")
def match_events(
    file: ToRead,
    profile: Annotated[Profile, typer.Option(help="What a wrong match would do, where an event does not say.")],
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="Where the decisions are written.")],
    viewer: Annotated[Viewer, typer.Option("--as", help="A reviewer sees restricted people too.")] = Viewer.ORDINARY,
    model: ModelFile = None,
    keep_going: KeepGoing = False,
    rejects: Rejects = None,
    as_json: AsJson = False,
) -> None:
    """Match a file of events against the directory. Nobody is told of anything."""
    started = time.monotonic()
    sieve = _sieve(JsonLines(file, FiledEvent), _rejects(file, rejects, keep_going))
    part = output.with_name(f"{output.name}.part")
    with _tell_why_not_now(), _private(part) as out, _directory() as directory:
        decide = partial(_decide, profile=profile, viewer=viewer, model=chosen_model(model))
        counts = _write(_decisions(_watched(sieve, file), directory, decide), out)
    if sieve.stopped:
        part.unlink()
        _stop("No decisions are written.")
    part.replace(output)
    _summarise(counts, sieve.rejected, time.monotonic() - started, as_json)


def _load(residents: Iterable[Resident]) -> Tally:
    with Store(Settings().store_url) as store:
        bring_up_to_date(store)
        tally = load(store, residents)
        if tally.loaded or tally.updated:
            store.write_now(partial(reviews.judge_again, at=utc_now()))
        return tally


@contextmanager
def _directory() -> Iterator[Directory]:
    # Never opened for writing: matching a file may go on beside a running broker.
    store = Store(Settings().store_url)
    try:
        yield Directory(store)
    finally:
        store.close()


def _decisions(
    events: Iterable[FiledEvent], directory: Directory, decide: Callable[[FiledEvent, Subject, Shortlist], Match]
) -> Iterator[FileDecision]:
    left = iter(events)
    while some := list(islice(left, _EVENTS_AT_ONCE)):
        subjects = [subject_of(event) for event in some]
        found = directory.candidates_now(subjects, [event.source_subject for event in some])
        matches = [decide(*each) for each in zip(some, subjects, found, strict=True)]
        source_ids = directory.source_ids_now(person for match in matches for person in candidates_in(match))
        for event, match in zip(some, matches, strict=True):
            yield file_decision(event, match, source_ids)


def _decide(
    event: FiledEvent, subject: Subject, found: Shortlist, *, profile: Profile, viewer: Viewer, model: Model
) -> Match:
    return decide_as_seen(
        subject,
        found,
        _acts(event, profile),
        reviewer=viewer is Viewer.REVIEWER,
        death=event.type == "bereavement",
        source_subject=event.source_subject,
        model=model,
    )


def _acts(event: FiledEvent, profile: Profile) -> Acts:
    return event.profile or profile.value


def _write(decisions: Iterable[FileDecision], out: BinaryIO) -> dict[str, int]:
    counts: Counter[str] = Counter({verdict.value: 0 for verdict in Verdict})
    for decision in decisions:
        out.write(orjson.dumps(decision, option=orjson.OPT_APPEND_NEWLINE))
        counts[decision.decision] += 1
    return dict(counts)


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A new file for the owner's eyes alone; it is gone again if writing it fails."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        try:
            yield out
        except BaseException:
            path.unlink()
            raise


def _rejects(file: Path, rejects: Path | None, keep_going: bool) -> Path | None:
    return (rejects or file.with_name(f"{file.name}.rejects")) if keep_going else None


def _sieve(lines: JsonLines[Filed], rejects: Path | None) -> Sieve[Filed]:
    return Sieve(lines=lines, console=_console(), rejects=rejects)


def _watched(sieve: Sieve[Filed], file: Path) -> Iterator[Filed]:
    """The good lines, with a bar on a terminal."""
    with Progress(console=sieve.console, transient=True, disable=not sieve.console.is_terminal) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        for number, said in enumerate(sieve):
            if number % _EVENTS_AT_ONCE == 0:
                progress.update(task, completed=sieve.lines.bytes_read)
            yield said


def _console() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _summarise(counts: dict[str, int], rejected: int, seconds: float, as_json: bool) -> None:
    """One line on the standard output."""
    rate = round(sum(counts.values()) / max(seconds, 0.001))
    if as_json:
        summary = {**counts, "rejected": rejected, "seconds": round(seconds, 3), "per_second": rate}
        typer.echo(orjson.dumps(summary).decode())
    else:
        said = ", ".join(f"{count} {word}" for word, count in {**counts, "rejected": rejected}.items())
        typer.echo(f"{said} in {seconds:.1f} seconds ({rate} a second)")


def _stop(written: str) -> NoReturn:
    _console().print(f"Stopped at the bad line. {written} Mend it, or set bad lines aside with --keep-going.")
    raise typer.Exit(BAD_LINE)


@contextmanager
def _tell_why_not_now() -> Iterator[None]:
    try:
        yield
    except AlreadyRunning:
        _not_now("A broker is running on this database. Stop it first, or load before starting it.")
    except StoreUnavailable as error:
        _not_now(f"The database cannot be written: {error}. Check TUO_HOME or TUO_DATABASE_URL.")
    except DirectoryUnavailable as error:
        _not_now(f"The directory cannot be asked: {error}. Load residents first, with tuo directory load FILE.")


def _not_now(what_to_do: str) -> NoReturn:
    _console().print(what_to_do)
    raise typer.Exit(NOT_NOW) from None
