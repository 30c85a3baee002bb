"""Evidence for a model, from an invented population: pairs of one person, of strangers, and of people of one home."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable

from bench.identity.telling import Told
from broker.directory.file import FiledEvent, Resident
from broker.directory.residents import person_of, record_of, subject_of
from broker.identity.estimating import Evidence, count
from broker.identity.model import Model
from broker.identity.traits import Traits, traits_of_person, traits_of_subject


def held(line: dict[str, object]) -> Traits:
    """A resident's traits, read as the directory reads them."""
    return traits_of_person(person_of("", record_of(Resident.model_validate(line))))


def said(told: Told) -> Traits:
    return traits_of_subject(subject_of(FiledEvent.model_validate(told.event)))


def gather(residents: list[Traits], told: list[Traits], model: Model, rng: random.Random, strangers: int) -> Evidence:
    """What pairs that share a number, an e-mail or a home show, and pairs at random."""
    by_home: dict[str, list[Traits]] = defaultdict(list)
    for resident in residents:
        by_home[resident.homes[0].uprn].append(resident)
    small = [people for people in by_home.values() if 2 <= len(people) <= 8]
    together = [(one, other) for people in small for one in people for other in people if one is not other]
    drawn = ((rng.choice(told), rng.choice(residents)) for _ in range(strangers))
    return Evidence(
        by_number=count(_sharing("nino", told, residents), model),
        by_email=count(_sharing("email", told, residents), model),
        strangers=count(drawn, model),
        relatives=count(together, model),
        housemates=len(together) / len(residents),
        population=len(residents),
    )


def _sharing(trait: str, told: Iterable[Traits], residents: Iterable[Traits]) -> list[tuple[Traits, Traits]]:
    """Pairs that share a value which one resident alone has."""
    residents = list(residents)
    counts = Counter(getattr(each, trait) for each in residents)
    holders = {getattr(each, trait): each for each in residents if counts[getattr(each, trait)] == 1}
    holders.pop("", None)
    return [(each, holders[getattr(each, trait)]) for each in told if getattr(each, trait) in holders]
