"""Our score is Splink's: a few hundred pairs with the scores that Splink itself gave them.

`make bench-identity` weighs 250,000 pairs with both. The file is written anew, where Splink is installed, by
`python -m bench.identity.parity tests/broker/splink_scores.json`.
"""

import json
from collections import Counter
from pathlib import Path

from broker.directory.file import FiledEvent, Resident
from broker.directory.residents import person_of, record_of, subject_of
from broker.identity.frequencies import Frequencies, terms_of
from broker.identity.model import shipped_model
from broker.identity.scoring import compare
from broker.identity.traits import traits_of_person, traits_of_subject

SCORED = Path(__file__).with_name("splink_scores.json")


def test_our_score_is_splinks_to_a_millionth_of_a_bit() -> None:
    document, model = json.loads(SCORED.read_text()), shipped_model()
    assert document["model"] == model.version, "the model is another: write the file anew"
    subjects = [traits_of_subject(subject_of(FiledEvent.model_validate(line))) for line in document["events"]]
    lines = [Resident.model_validate(line) for line in document["residents"]]
    people = [traits_of_person(person_of("", record_of(line))) for line in lines]
    counts = Counter(term for each in people for term in terms_of(each))
    told = {term: counts[term] for each in subjects for term in terms_of(each)}
    frequencies = Frequencies(population=len(people), counts=told)
    apart = [
        abs(compare(subject, person, model, frequencies)[1].plain - bits)
        for subject, row in zip(subjects, document["bits"], strict=True)
        for person, bits in zip(people, row, strict=True)
    ]
    assert len(apart) > 500
    assert max(apart) < 1e-6
    assert max(max(row) for row in document["bits"]) > 20 > 0 > min(min(row) for row in document["bits"])
