"""Training: a council's own model, estimated from its own people by Splink, without anybody saying who is who.

Needs the `train` extra (Splink and DuckDB). Pairs that share a National Insurance number or an e-mail address that one
resident alone has show how details vary; random pairs show how strangers agree; homes show how relatives do.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from broker.identity.estimating import LEVELS, Counted, Evidence, count, estimate
from broker.identity.frequencies import Frequencies
from broker.identity.homes import Home, compare_homes
from broker.identity.model import Model
from broker.identity.names import compare_names
from broker.identity.naming import NameForms
from broker.identity.scoring import weigh
from broker.identity.splink_model import NAMELESS, NOTHING, record_of, settings_of
from broker.identity.traits import Traits

#: fewer pairs of one person say too little
FEWEST_PAIRS: Final = 200
#: random pairs that Splink counts
RANDOM_PAIRS: Final = 5_000_000
_SMALL, _LARGE = 2, 8
Pair = tuple[Traits, Traits]


class CannotTrain(Exception):
    """The model cannot be estimated, and why."""


def train(residents: Sequence[Traits], told: Sequence[Traits], start: Model, version: str) -> Model:
    """Estimate a model. ``told`` are the subjects of events about these residents. Raises CannotTrain."""
    by_number, by_email = sharing("nino", told, residents), sharing("email", told, residents)
    if min(len(by_number), len(by_email)) < FEWEST_PAIRS:
        raise CannotTrain(
            f"At least {FEWEST_PAIRS} events must share a number, and as many an e-mail, with a resident."
        )
    relatives, housemates = _at_one_home(residents)
    evidence = Evidence(
        by_number=_m_of(by_number, start),
        by_email=_m_of(by_email, start),
        strangers=_u_of(told, residents, start),
        relatives=count(relatives, start),
        housemates=housemates,
        population=len(residents),
    )
    return estimate(evidence, start, version)


def sharing(trait: str, told: Sequence[Traits], residents: Sequence[Traits]) -> list[Pair]:
    """Pairs that share a value which one resident alone has."""
    counts = Counter(getattr(each, trait) for each in residents)
    holders = {getattr(each, trait): each for each in residents if counts[getattr(each, trait)] == 1}
    holders.pop("", None)
    return [(each, holders[getattr(each, trait)]) for each in told if getattr(each, trait) in holders]


def _at_one_home(residents: Sequence[Traits]) -> tuple[list[Pair], float]:
    """Every pair that lives together, in homes of two to eight; and how many others live with a resident."""
    homes: dict[str, list[Traits]] = defaultdict(list)
    for each in residents:
        if each.homes and each.homes[0].place:
            homes[each.homes[0].place].append(each)
    small = [people for people in homes.values() if _SMALL <= len(people) <= _LARGE]
    pairs = [(one, other) for people in small for one in people for other in people if one is not other]
    return pairs, len(pairs) / max(1, len(residents))


def _best_view(pair: Pair, model: Model) -> Pair:
    """The one name and home of each that speak most for one person, as the score picks them."""
    told, held = pair
    nothing_known = Frequencies()
    names = [(mine, theirs) for mine in told.names for theirs in held.names] or [(NAMELESS, NAMELESS)]
    homes = [(mine, theirs) for mine in told.homes for theirs in held.homes] or [(NOTHING, NOTHING)]
    name = max(names, key=lambda two: weigh("name", compare_names(*two).whole, two[0].full, model, nothing_known).bits)
    home = max(homes, key=lambda two: weigh("home", compare_homes(*two), two[0].place, model, nothing_known).bits)
    return replace(told, names=name[:1], homes=home[:1]), replace(held, names=name[1:], homes=home[1:])


def _m_of(pairs: Sequence[Pair], model: Model) -> Counted:
    """Splink's m, counted over pairs of one person."""
    views = [_best_view(pair, model) for pair in pairs]
    linker, database, pa = _linker([told for told, _ in views], [held for _, held in views], model)
    labels = [
        {"source_dataset_l": "a", "unique_id_l": str(n), "source_dataset_r": "b", "unique_id_r": str(n)}
        for n in range(len(views))
    ]
    linker.training.estimate_m_from_pairwise_labels(database.register(pa.Table.from_pylist(labels)))
    return _counted(linker, "m_probability", len(views))


def _u_of(told: Sequence[Traits], residents: Sequence[Traits], model: Model) -> Counted:
    """Splink's u, counted over random pairs."""
    linker, _, _ = _linker(told, residents, model)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    return _counted(linker, "u_probability", RANDOM_PAIRS)


def _linker(lefts: Sequence[Traits], rights: Sequence[Traits], model: Model) -> tuple[Any, Any, Any]:
    """A linker over flat records, each person by their first name and home."""
    try:
        import pyarrow as pa
        from splink import DuckDBAPI, Linker
    except ImportError:
        raise CannotTrain("Training needs Splink and DuckDB: install this package with its train extra.") from None
    database = DuckDBAPI()
    records = [
        [record_of(str(n), each, *_first(each)) | {"source_dataset": side} for n, each in enumerate(people)]
        for side, people in (("a", lefts), ("b", rights))
    ]
    schema = pa.Table.from_pylist([record for side in records for record in side]).schema
    # A column without a value has no type of its own.
    fields = [field.with_type(pa.string()) if field.type == pa.null() else field for field in schema]
    tables = [
        database.register(pa.Table.from_pylist(side, schema=pa.schema(fields)), dataset_display_name=name)
        for side, name in zip(records, ("a", "b"), strict=True)
    ]
    return Linker(tables, settings_of(model, len(rights)), validate_settings=False), database, pa


def _first(traits: Traits) -> tuple[NameForms, Home]:
    return traits.names[0] if traits.names else NAMELESS, traits.homes[0] if traits.homes else NOTHING


def _counted(linker: Any, which: str, pairs: int) -> Counted:  # noqa: ANN401 - Splink's own linker
    """Splink's shares as counts; what it never saw has none."""
    counted = Counted()
    saved = linker.misc.save_model_to_json()
    for comparison in saved["comparisons"]:
        name = comparison["output_column_name"].removeprefix("c_")
        for level in comparison["comparison_levels"]:
            share = level.get(which)
            if isinstance(share, int | float) and level["label_for_charts"] in LEVELS[name]:
                counted.levels[name][level["label_for_charts"]] = round(share * pairs)
    return counted
