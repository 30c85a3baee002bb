"""Whether our score is Splink's: the same pairs weighed by both, by the same model. Needs the `train` extra.

`python -m bench.identity.parity tests/broker/splink_scores.json` writes a few hundred of them for the test.
"""

import json
import os
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.identity.evidence import held, said
from bench.identity.population import Town, households
from bench.identity.telling import ADVERSARIAL, absent_from, events, resident_line
from broker.directory.file import FiledEvent
from broker.directory.residents import subject_of
from broker.identity.frequencies import Frequencies, terms_of
from broker.identity.model import Model, shipped_model
from broker.identity.scoring import compare
from broker.identity.splink_model import COUNTED, records_of, settings_of, shares_of
from broker.identity.traits import Traits, traits_of_subject

WANTED_PAIRS = 250_000


def parity(model: Model, seed: int) -> tuple[int, float]:
    """How many pairs were weighed by both, and the largest difference in bits."""
    residents, told = _people(seed)
    frequencies = frequencies_of(told, residents)
    lefts = [(record, each) for number, each in enumerate(told) for record in records_of(f"e{number}", each)]
    rights = [(record, each) for number, each in enumerate(residents) for record in records_of(f"r{number}", each)]
    rights = rights[: WANTED_PAIRS // len(lefts) + 1]
    theirs = _splink([record for record, _ in lefts], [record for record, _ in rights], model, frequencies)
    alone = [_alone(each) for each in told], [_alone(each) for each in residents]
    ours: dict[tuple[str, str], float] = {}
    for left in (view for person in alone[0] for view in person):
        for right in [view for person in alone[1] for view in person][: len(rights)]:
            ours[f"{len(ours) // len(rights)}", f"{len(ours) % len(rights)}"] = compare(
                left, right, model, frequencies
            )[1].plain
    return len(ours), max(abs(bits - theirs[pair]) for pair, bits in ours.items())


def _people(seed: int) -> tuple[list[Traits], list[Traits]]:
    homes = list(households(seed, 400))
    people = [human for home in homes for human in home]
    absent = absent_from(homes, Town(seed + 1, first=2_500_000), 200)
    rng = random.Random(seed)
    residents = [held(resident_line(human, rng)) for human in people]
    return residents, [said(each) for each in events(people, absent, ADVERSARIAL, 500, seed)]


def _alone(traits: Traits) -> list[Traits]:
    """Each name with each home, in the order of the flat records."""
    names, homes = [(name,) for name in traits.names] or [()], [(home,) for home in traits.homes] or [()]
    return [replace(traits, names=name, homes=home) for name in names for home in homes]


def _splink(
    lefts: list[dict[str, Any]], rights: list[dict[str, Any]], model: Model, frequencies: Frequencies
) -> dict[tuple[str, str], float]:
    import pyarrow as pa
    from splink import DuckDBAPI
    from splink.internals.realtime import compare_records

    for place, record in enumerate(lefts):
        record |= {"unique_id": str(place), **shares_of(record, model, frequencies), "source_dataset": "told"}
    for place, record in enumerate(rights):
        record |= {"unique_id": str(place), **{f"tf_{column}": None for column in COUNTED.values()}}
        record |= {"source_dataset": "held"}
    schema = pa.Table.from_pylist([*lefts, *rights]).schema
    schema = pa.schema([field if field.type != pa.null() else field.with_type(pa.float64()) for field in schema])
    tables = [pa.Table.from_pylist(records, schema=schema) for records in (lefts, rights)]
    settings = settings_of(model, frequencies.population or 0)
    found = compare_records(*tables, settings, DuckDBAPI()).as_pandas_dataframe()
    return {
        (row.unique_id_l, row.unique_id_r): row.match_weight
        for row in found[["unique_id_l", "unique_id_r", "match_weight"]].itertuples()
    }


def write_sample(path: Path, model: Model, seed: int) -> None:
    """Write a few hundred pairs with Splink's own scores, for the test that does without Splink."""
    homes = list(households(seed, 24))
    people = [human for home in homes for human in home][:24]
    rng = random.Random(seed)
    flat = ("previous", "previous_names")
    lines = [{k: v for k, v in resident_line(human, rng).items() if k not in flat} for human in people]
    told = [each.event for each in events(people, {}, {"resident": 100.0}, 24, seed)]
    # What is kept in the repository holds no number that could be somebody's.
    reserved: dict[str, str] = {}
    for each in (*lines, *told):
        if each.get("phone"):
            each["phone"] = reserved.setdefault(each["phone"], f"07700900{len(reserved):03}")
    residents = [held(line) for line in lines]
    subjects = [traits_of_subject(subject_of(FiledEvent.model_validate(each))) for each in told]
    frequencies = frequencies_of(subjects, residents)
    lefts = [record for number, each in enumerate(subjects) for record in records_of(f"e{number}", each)]
    rights = [record for number, each in enumerate(residents) for record in records_of(f"r{number}", each)]
    found = _splink(lefts, rights, model, frequencies)
    bits = [[found[str(left), str(right)] for right in range(len(residents))] for left in range(len(subjects))]
    document = {"model": model.version, "events": told, "residents": lines, "bits": bits}
    path.write_text(json.dumps(document, indent=None, separators=(",", ":")).replace('],"', '],\n"') + "\n")


def frequencies_of(subjects: list[Traits], residents: list[Traits]) -> Frequencies:
    """How common what was told is among these residents."""
    counts = Counter(term for each in residents for term in terms_of(each))
    told = {term: counts[term] for each in subjects for term in terms_of(each)}
    return Frequencies(population=len(residents), counts=told)


if __name__ == "__main__":
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    write_sample(Path(sys.argv[1]), shipped_model(), 20260601)
