"""``tuo directory train`` and ``evaluate``: a council's own model, and what a model is worth before it is trusted."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import func, select

from broker.commands.saying import AsJson, say, say_aside, say_json, say_table
from broker.commands.stopping import bad, no
from broker.directory.directory import Directory
from broker.directory.file import FiledEvent, FiledTruth
from broker.directory.file_decision import candidates_in
from broker.directory.residents import person_of, subject_of
from broker.directory.tables import resident
from broker.directory.training import CannotTrain, train
from broker.identity.evaluating import TRIED, Tried, by_origin, calibration, with_threshold
from broker.identity.guards import HARD
from broker.identity.model import Band, Model, ModelRefused, read_model, save_model, shipped_model
from broker.identity.traits import Traits, traits_of_person, traits_of_subject
from broker.json_lines import Filed, Good, JsonLines
from broker.matching import decide
from broker.person import Match, Matched
from broker.settings import Settings
from broker.store import Store
from schemas.life_event import Acts

#: residents that a model is estimated from, at most
_SAMPLE: Final = 100_000
_AT_ONCE: Final = 200
Events = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON Lines, UTF-8.")]
ModelFile = Annotated[
    Path | None, typer.Option("--model", exists=True, dir_okay=False, help="A model; by default the one shipped.")
]


def chosen_model(path: Path | None) -> Model:
    """The model in a file, or the one that is shipped."""
    try:
        return shipped_model() if path is None else read_model(path.read_bytes())
    except ModelRefused as error:
        bad(f"The model cannot be used: {error}.")


def train_command(
    events: Events,
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="Where the model is written.")],
    version: Annotated[str, typer.Option(help="What the model is called.")] = "own",
    model: ModelFile = None,
) -> None:
    """Estimate this council's own model from its residents and events about them; nobody says who is who."""
    store = Store(Settings().store_url)
    try:
        residents = list(_residents(store))
    finally:
        store.close()
    told = [traits_of_subject(subject_of(event)) for event in _good(events, FiledEvent)]
    try:
        made = train(residents, told, chosen_model(model), version)
    except CannotTrain as error:
        no(str(error))
    say(f"{output}: model {version} of {len(residents)} residents, sha256 {save_model(made, output)}")


def evaluate_command(
    events: Events,
    profile: Annotated[str, typer.Option(help="irreversible, standard or light.")] = "irreversible",
    model: ModelFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what a model is worth on events whose resident is known: each line has ``person``, and ``origin`` if known."""
    used, acts = chosen_model(model), _acts(profile)
    store = Store(Settings().store_url)
    try:
        tried = list(_tried(_good(events, FiledTruth), Directory(store), used, acts))
    finally:
        store.close()
    _report(tried, used.bands[acts], used, as_json=as_json)


def _acts(profile: str) -> Acts:
    match profile:
        case "irreversible" | "standard" | "light":
            return profile
        case _:
            bad("Choose the profile: irreversible, standard or light.")


def _residents(store: Store) -> Iterator[Traits]:
    """A sample spread over the whole directory."""
    population = store.read_now(lambda tx: tx.execute(select(func.max(resident.c.seq))).scalar()) or 0
    step = population // _SAMPLE + 1
    # People of one home mostly stand together in an extract: so runs of rows, and not single ones.
    asked = select(resident.c.record).where(resident.c.seq // 1_000 % step == 0)
    for record in store.read_now(lambda tx: tx.execute(asked).scalars().all()):
        yield traits_of_person(person_of("", bytes(record)))


def _good(path: Path, kind: type[Filed]) -> Iterator[Filed]:
    for line in JsonLines(path, kind):
        match line:
            case Good(said=said):
                yield said
            case line:
                say_aside(str(line))


def _tried(events: Iterable[FiledTruth], directory: Directory, model: Model, acts: Acts) -> Iterator[Tried]:
    left = iter(events)
    while some := list(islice(left, _AT_ONCE)):
        subjects = [subject_of(event) for event in some]
        found = directory.candidates_now(subjects, [event.source_subject for event in some])
        ids = directory.source_ids_now(person for people in found for person in people)
        for event, subject, people in zip(some, subjects, found, strict=True):
            death = event.type == "bereavement"
            match = decide(subject, people, acts, death=death, source_subject=event.source_subject, model=model)
            best = [ids.get(person.id) for person in candidates_in(match)[:1]]
            yield _tried_one(event, match, best, model.bands[acts])


def _tried_one(event: FiledTruth, match: Match, best: Sequence[str | None], band: Band) -> Tried:
    weighed = match.weighed
    guards = [each for each in (weighed.guards if weighed else ()) if each in HARD or not band.hard_guards_only]
    enough = weighed is not None and weighed.gap >= band.gap and weighed.corroborations >= band.corroborations
    return Tried(
        bits=weighed.bits if weighed and best else -100.0,
        right=bool(best) and best[0] == event.person,
        free=bool(best) and enough and not guards,
        automatic=isinstance(match, Matched),
        held=event.person is not None,
        origin=event.origin or "",
    )


def _report(tried: Sequence[Tried], band: Band, model: Model, *, as_json: bool) -> None:
    bins, origins = list(calibration(tried)), by_origin(tried)
    changes = {band.bits + more: with_threshold(tried, band.bits + more) for more in TRIED}
    if as_json:
        plain = {name: _plain(found) for name, found in origins.items()}
        thresholds = {f"{bits:g}": _plain(found) for bits, found in changes.items()}
        say_json({"model": model.version, "calibration": bins, "by_origin": plain, "thresholds": thresholds})
        return
    say(f"Model {model.version}, {len(tried)} events. The best candidate, by bits:")
    rows = [(f"{each.above:g}", each.count, f"{each.claimed:.5f}", f"{each.seen:.5f}") for each in bins]
    say_table(["from bits", "events", "error claimed at most", "error seen"], rows, empty="No events.")
    shown = [(name or "all", f"{s.precision:.5f}", f"{s.recall:.4f}", s.wrong) for name, s in origins.items()]
    say_table(["origin", "precision", "recall", "wrong"], shown, empty="No events.")
    tries = [(f"{bits:g}", f"{s.precision:.5f}", f"{s.recall:.4f}", s.wrong) for bits, s in changes.items()]
    say_table(["threshold", "precision", "recall", "wrong"], tries, empty="No events.")


def _plain(found: object) -> dict[str, float]:
    return {name: getattr(found, name) for name in ("precision", "recall", "automatic", "wrong", "held")}
