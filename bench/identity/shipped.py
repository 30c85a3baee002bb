"""Estimates the shipped model again: from this room's population, without labels. `python -m bench.identity.shipped`.

What no population can show (how a reference behaves, a date of which only the year is known) is set here by hand.
"""

import os
import random

from bench.identity.evidence import gather, held, said
from bench.identity.population import Town, households
from bench.identity.telling import absent_from, events, resident_line
from broker.identity.estimating import BY_FREQUENCY, LEVELS, LOCAL, estimate
from broker.identity.model import SHIPPED, Band, Level, Model, Relatives, save_model

VERSION = "2026.1"
SEED = 20260601
RESIDENTS, EVENTS, STRANGERS = 100_000, 40_000, 1_000_000
#: m, u and what is found among relatives, in the order of the levels
NAME_M = (0.83, 0.01, 0.03, 0.01, 0.01, 0.01, 0.04, 0.03, 0.002, 0.01, 0.01, 0.025, 0.002, 0.001)
NAME_U = (2e-4, 5e-6, 2e-5, 3e-6, 1e-5, 3e-5, 1e-5, 2e-5, 5e-6, 3e-3, 5e-3, 8e-3, 6e-3, 0.98)
NAME_H = (0.003, 2e-4, 4e-4, 1e-5, 2e-3, 1e-3, 4e-3, 2e-4, 1e-4, 0.6, 0.01, 4e-3, 0.6, 0.38)
BIRTH_M = (0.93, 0.015, 0.03, 0.01, 0.005, 0.01, 0.01)
BIRTH_U = (4e-5, 2e-5, 4e-4, 2e-3, 1e-4, 1e-3, 0.998)
BIRTH_H = (0.004, 2e-4, 0.002, 0.005, 1e-3, 0.01, 0.98)
START: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "name": (NAME_M, NAME_U),
    "middle": ((0.8, 0.17, 0.03), (0.01, 0.06, 0.93)),
    "birth": (BIRTH_M, BIRTH_U),
    "home": (
        (0.55, 0.2, 0.06, 0.02, 0.01, 0.01, 0.1),
        (1e-5, 1e-5, 1e-5, 5e-6, 4e-4, 0.01, 0.99),
    ),
    "nino": ((0.97, 0.02, 0.01), (1e-5, 3e-5, 0.9999)),
    "phone": ((0.8, 0.2), (1e-5, 0.9999)),
    "email": ((0.8, 0.2), (1e-5, 0.9999)),
    "sex": ((0.998, 0.002), (0.5, 0.5)),
    "reference": ((0.7, 0.3), (2e-5, 0.99)),
}
RELATIVES = {
    "middle": (0.05, 0.1, 0.85),
    "nino": (1e-6, 3e-5, 0.9999),
    "phone": (0.03, 0.97),
    "email": (0.02, 0.98),
    "sex": (0.45, 0.55),
    "reference": (0.3, 0.7),
}


def start() -> Model:
    """What is believed before anything is counted."""
    names, births = (
        [*zip(LEVELS["name"], NAME_H, strict=True), ("missing", 1.0)],
        [
            *zip(LEVELS["birth"], BIRTH_H, strict=True),
            ("missing", 1.0),
        ],
    )
    return Model(
        version="start",
        comparisons={
            name: {
                level: Level(m=m, u=u, by_frequency=(name, level) in BY_FREQUENCY, local=(name, level) in LOCAL)
                for level, m, u in zip(LEVELS[name], *START[name], strict=True)
            }
            for name in LEVELS
        },
        relatives=Relatives(
            name_and_birth={name: {birth: min(1.0, p * q) for birth, q in births} for name, p in names},
            alone={name: dict(zip(LEVELS[name], shares, strict=True)) for name, shares in RELATIVES.items()},
            housemates=1.5,
        ),
        resident=0.9,
        coincidence=0.001,
        bands={
            "irreversible": Band(bits=10.0, gap=6.0, corroborations=2),
            "standard": Band(bits=6.0, gap=6.0, corroborations=1),
            "light": Band(bits=3.0, gap=6.0, corroborations=0, hard_guards_only=True),
        },
        review_from=-6.0,
        rival_from=-3.0,
        smoothing=10_000.0,
        least_population=10_000,
        usual_population=100_000,
    )


def main() -> None:
    """Estimate, and write the model and its sum where they ship."""
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    homes = list(households(SEED, RESIDENTS))
    people = [human for members in homes for human in members]
    rng = random.Random(8)
    residents = [held(resident_line(human, rng)) for human in people]
    absent = absent_from(homes, Town(77, first=2_500_000), 3000)
    told = [said(each) for each in events(people, absent, {"resident": 92.0, "stranger": 8.0}, EVENTS, 11)]
    model = estimate(gather(residents, told, start(), rng, STRANGERS), start(), VERSION)
    print(save_model(model, SHIPPED))


if __name__ == "__main__":
    main()
