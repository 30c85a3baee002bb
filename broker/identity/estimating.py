"""Estimating a model from a directory's own people, without anybody saying who is who. Pure.

Two records that share a National Insurance number, or an e-mail address that nobody else has, are taken for one person:
they show how people's details vary (m). Pairs drawn at random show how strangers agree (u). Pairs that share a home show
how relatives do. Expectation maximisation is not used: it takes relatives for the same person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from broker.identity.births import BirthLevel
from broker.identity.frequencies import Frequencies
from broker.identity.homes import HomeLevel
from broker.identity.model import MISSING, Level, Model, Relatives
from broker.identity.names import MiddleLevel, NameLevel
from broker.identity.scoring import AGREES, DIFFERS, NEAR, Pair, compare
from broker.identity.traits import Traits

TWO: Final = (AGREES, DIFFERS)
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": tuple(level.value for level in NameLevel if level is not NameLevel.MISSING),
    "middle": tuple(level.value for level in MiddleLevel if level is not MiddleLevel.MISSING),
    "birth": tuple(level.value for level in BirthLevel if level is not BirthLevel.MISSING),
    "home": tuple(level.value for level in HomeLevel if level is not HomeLevel.MISSING),
    "nino": (AGREES, NEAR, DIFFERS),
    "phone": TWO,
    "email": TWO,
    "sex": TWO,
    "reference": TWO,
}
#: compared by how common the value is
BY_FREQUENCY: Final = frozenset(
    {("name", "full"), ("birth", "exact"), ("home", "property"), ("home", "door"), ("phone", AGREES), ("email", AGREES)}
)
#: the fewer residents, the likelier a stranger shares these
LOCAL: Final = frozenset({("home", "previous"), ("home", "slip"), ("home", "postcode"), ("nino", AGREES)})
#: what evidence cannot say, or says absurdly, is kept within these bits
Bounds: TypeAlias = Mapping[tuple[str, str], tuple[float, float]]
KEPT_WITHIN: Final[Bounds] = {
    ("name", "surname_only"): (-20.0, -1.0),
    ("name", "differs"): (-20.0, -3.0),
    ("name", "surname_alone"): (3.0, 6.0),
    ("name", "forename_alone"): (0.0, 4.0),
    ("birth", "differs"): (-20.0, -4.0),
    ("birth", "fits"): (0.0, 5.0),
    ("home", "postcode"): (2.0, 5.0),
    ("home", "outcode"): (-2.0, 0.5),
    ("nino", AGREES): (15.0, 17.0),
    ("nino", NEAR): (-6.0, 5.0),
    ("nino", DIFFERS): (-9.0, -4.0),
    ("phone", AGREES): (8.0, 17.0),
    ("email", AGREES): (8.0, 17.0),
    ("sex", DIFFERS): (-9.0, -4.0),
    ("reference", AGREES): (8.0, 14.0),
    ("reference", DIFFERS): (-0.5, 0.0),
}
#: families share these more often than one directory may show
AMONG_RELATIVES: Final[Mapping[tuple[str, str], float]] = {
    ("phone", AGREES): 0.02,
    ("email", AGREES): 0.015,
    ("nino", AGREES): 1e-6,
    ("nino", NEAR): 1e-3,
    ("middle", "agrees"): 0.03,
    ("middle", "initial"): 0.05,
}
#: seen this often before anything is counted
_A_PRIORI: Final = 0.5


@dataclass(slots=True)
class Counted:
    """How often each level was found, by comparison."""

    levels: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in LEVELS})
    together: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, pair: Pair) -> None:
        """Count one pair."""
        for name, level in levels_of(pair).items():
            if level != MISSING:
                self.levels[name][level] += 1
        self.together[pair.names.whole.value, pair.birth.value] += 1


def levels_of(pair: Pair) -> dict[str, str]:
    """The level of every comparison."""
    return {
        "name": pair.names.whole.value,
        "middle": pair.names.middle.value,
        "birth": pair.birth.value,
        "home": pair.home.value,
        "nino": pair.nino,
        "phone": pair.phone,
        "email": pair.email,
        "sex": pair.sex,
        "reference": pair.reference,
    }


def count(pairs: Iterable[tuple[Traits, Traits]], model: Model) -> Counted:
    """Count levels. The model only says which of several names and homes are compared."""
    counted = Counted()
    nothing_known = Frequencies()
    for told, held in pairs:
        counted.add(compare(told, held, model, nothing_known)[0])
    return counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a model is estimated from."""

    #: the same person, by National Insurance number
    by_number: Counted
    #: the same person, by an e-mail address of their own
    by_email: Counted
    strangers: Counted
    relatives: Counted
    housemates: float
    population: int


def estimate(evidence: Evidence, start: Model, version: str, within: Bounds = KEPT_WITHIN) -> Model:
    """The model that the evidence supports; where it says nothing, the model that it started from speaks."""
    comparisons = {
        name: {level: _level(name, level, evidence, start, within) for level in levels}
        for name, levels in LEVELS.items()
    }
    relatives = Relatives(
        name_and_birth=_together(evidence.relatives),
        alone={name: _among_relatives(name, evidence.relatives.levels[name], start) for name in start.relatives.alone},
        housemates=evidence.housemates,
    )
    changed = {"comparisons": comparisons, "relatives": relatives, "usual_population": evidence.population}
    return start.model_copy(update={"version": version, **changed})


def _level(name: str, level: str, evidence: Evidence, start: Model, within: Bounds) -> Level:
    same = evidence.by_email if name == "nino" else evidence.by_number
    before = start.comparisons[name]
    m = _shares(same.levels[name], LEVELS[name], {each: before[each].m for each in LEVELS[name]})[level]
    u = _shares(evidence.strangers.levels[name], LEVELS[name], {each: before[each].u for each in LEVELS[name]})[level]
    least, most = within.get((name, level), (-30.0, 40.0))
    m = min(max(m, u * 2.0**least), 1.0)
    u = min(max(u, m * 2.0**-most), 1.0)
    return Level(m=m, u=u, by_frequency=before[level].by_frequency, local=before[level].local)


def _shares(found: Counter[str], levels: Iterable[str], before: Mapping[str, float]) -> dict[str, float]:
    """The share of each level; what was believed before counts as much as half a pair of each level."""
    if not found:
        return dict(before)
    weight = _A_PRIORI * len(before)
    whole = found.total() + weight
    # What was never seen may still be as frequent as half a pair.
    return {
        level: min(1.0, max((found[level] + weight * before[level]) / whole, _A_PRIORI / whole)) for level in levels
    }


def _among_relatives(name: str, found: Counter[str], start: Model) -> dict[str, float]:
    shares = _shares(found, LEVELS[name], start.relatives.alone[name])
    return {level: max(share, AMONG_RELATIVES.get((name, level), 0.0)) for level, share in shares.items()}


def _together(relatives: Counted) -> dict[str, dict[str, float]]:
    """Name and date of birth of two who live together; what was never seen is as rare as chance makes it."""
    births = (*LEVELS["birth"], MISSING)
    names = (*LEVELS["name"], MISSING)
    total = relatives.together.total() or 1
    by_birth = Counter({birth: relatives.levels["birth"][birth] for birth in LEVELS["birth"]})
    dated = by_birth.total() or 1
    shares: dict[str, dict[str, float]] = {}
    for name in names:
        seen = sum(relatives.together[name, birth] for birth in births) if name != MISSING else total
        shares[name] = {MISSING: min(1.0, (seen + _A_PRIORI) / (total + 1))}
        for birth in LEVELS["birth"]:
            apart = (seen + _A_PRIORI) / total * (by_birth[birth] + _A_PRIORI) / dated
            pairs = relatives.together[name, birth] if name != MISSING else by_birth[birth]
            # Seen seldom or never: half of what it would be if name and date had nothing to do with each other.
            shares[name][birth] = min(1.0, (pairs + _A_PRIORI * min(1.0, apart * total)) / (dated + 1))
    return shares
