"""Scoring: how many bits speak for a subject and a resident being one person. Pure.

Two scores. The plain one is Fellegi and Sunter's, the same person against a stranger, as Splink computes it. The other
knows more ways for two records to be alike: two people who live together, and two of one name and date of birth by
coincidence. Only that one says how sure we may be.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from broker.identity.births import BirthLevel, compare_births, one_slip_apart
from broker.identity.frequencies import Frequencies, Term
from broker.identity.homes import Home, HomeLevel, compare_homes
from broker.identity.model import MISSING, Model
from broker.identity.names import ForenameLevel, MiddleLevel, NameLevel, NamesCompared, SurnameLevel, compare_names
from broker.identity.traits import Traits

AGREES: Final = "agrees"
NEAR: Final = "near"
DIFFERS: Final = "differs"
NAMELESS: Final = NamesCompared(NameLevel.MISSING, ForenameLevel.MISSING, SurnameLevel.MISSING, MiddleLevel.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One comparison: its level, and the bits that it adds to the plain score."""

    comparison: str
    level: str
    #: by the level alone
    bits: float
    #: more or less, by how common the value is
    frequency_bits: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A subject beside one resident."""

    names: NamesCompared
    birth: BirthLevel
    home: HomeLevel
    nino: str
    phone: str
    email: str
    sex: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The bits of one pair, and how they came about."""

    #: against strangers and relatives: base-2 logarithm of the odds
    bits: float
    #: against strangers alone
    plain: float
    #: what the chance of a relative takes away
    relative: float
    #: before anything was compared
    prior: float
    weights: tuple[Weight, ...]


def compare(told: Traits, held: Traits, model: Model, frequencies: Frequencies) -> tuple[Pair, Score]:
    """Compare and weigh; of several names and homes, those that speak most for the same person."""
    names, name_weights = _best_names(told, held, model, frequencies)
    home, home_weight = _best_home(told, held, model, frequencies)
    pair = Pair(
        names=names,
        birth=compare_births(told.birth, held.birth),
        home=home,
        nino=compare_ninos(told.nino, held.nino),
        phone=_same(told.phone, held.phone),
        email=_same(told.email, held.email),
        sex=_same(told.sex, held.sex),
        reference=_compare_references(told, held),
    )
    weights = (
        *name_weights,
        weigh("birth", pair.birth, told.birth, model, frequencies),
        home_weight,
        weigh("nino", pair.nino, "", model, frequencies),
        weigh("phone", pair.phone, told.phone, model, frequencies),
        weigh("email", pair.email, told.email, model, frequencies),
        weigh("sex", pair.sex, "", model, frequencies),
        weigh("reference", pair.reference, "", model, frequencies),
    )
    return pair, score(pair, weights, model, frequencies)


def score(pair: Pair, weights: tuple[Weight, ...], model: Model, frequencies: Frequencies) -> Score:
    """Add up the weights under the three hypotheses."""
    population = frequencies.population_for(model)
    prior = math.log2(model.resident / population)
    plain = prior + sum(weight.bits + weight.frequency_bits for weight in weights)
    # All relative to the chance of the levels for the same person, so that only ratios are added.
    same_over_relative = math.log2(model.resident / model.relatives.housemates)
    same_over_relative += _against_relative(pair, weights, model)
    bits = -_log2_sum(-plain, -same_over_relative)
    if pair.birth is BirthLevel.EXACT and pair.names.whole is NameLevel.FULL:
        bits = -_log2_sum(-bits, -_against_coincidence(weights, model))
    return Score(bits=bits, plain=plain, relative=plain - bits, prior=prior, weights=weights)


def _against_relative(pair: Pair, weights: tuple[Weight, ...], model: Model) -> float:
    """The bits for the same person against one they live with, who shares the home as they do."""
    alone, bits = model.relatives.logs_alone, 0.0
    for weight in weights:
        comparison, level = weight.comparison, weight.level
        if level != MISSING and comparison != "home":
            bits += model.comparisons[comparison][level].log_m
            if comparison not in _TOGETHER:
                bits -= alone[comparison, level]
    return bits - model.relatives.logs_together[pair.names.whole, pair.birth]


def _against_coincidence(weights: tuple[Weight, ...], model: Model) -> float:
    """The bits for the same person against another of the same name, sex and date of birth."""
    bits = math.log2(model.resident / model.coincidence)
    for weight in weights:
        if weight.comparison in ("name", "birth"):
            bits += model.level(weight.comparison, weight.level).log_m
        elif weight.comparison != "sex":
            bits += weight.bits + weight.frequency_bits
    return bits


def _log2_sum(one: float, other: float) -> float:
    """The logarithm of a sum, from two logarithms."""
    high, low = max(one, other), min(one, other)
    return high + math.log2(1.0 + 2.0 ** (low - high))


def weigh(comparison: str, level: str, value: str, model: Model, frequencies: Frequencies) -> Weight:
    """What one level of one comparison adds. What is missing says nothing."""
    if level == MISSING:
        return _NOTHING[comparison]
    numbers = model.comparisons[comparison][level]
    if numbers.local:
        fewer = frequencies.population_for(model) / model.usual_population
        return Weight(comparison=comparison, level=level, bits=numbers.bits, frequency_bits=math.log2(fewer))
    if not numbers.by_frequency:
        return _by_level_alone(comparison, level, numbers.bits)
    share = frequencies.share(comparison, value, numbers.u, model.smoothing)
    return Weight(comparison=comparison, level=level, bits=numbers.bits, frequency_bits=math.log2(numbers.u / share))


@lru_cache(maxsize=1024)
def _by_level_alone(comparison: str, level: str, bits: float) -> Weight:
    return Weight(comparison=comparison, level=level, bits=bits)


def _best_names(
    told: Traits, held: Traits, model: Model, frequencies: Frequencies
) -> tuple[NamesCompared, tuple[Weight, Weight]]:
    best, bits = (NAMELESS, (_NOTHING["name"], _NOTHING["middle"])), -math.inf
    for mine in told.names:
        for theirs in held.names:
            names = compare_names(mine, theirs)
            name = weigh(Term.NAME, names.whole, mine.full, model, frequencies)
            middle = weigh("middle", names.middle, "", model, frequencies)
            sum_ = name.bits + name.frequency_bits + middle.bits
            if sum_ > bits:
                best, bits = (names, (name, middle)), sum_
    return best


def _best_home(told: Traits, held: Traits, model: Model, frequencies: Frequencies) -> tuple[HomeLevel, Weight]:
    best, bits = (HomeLevel.MISSING, _NOTHING["home"]), -math.inf
    for mine in told.homes:
        for theirs in held.homes:
            level = compare_homes(mine, theirs)
            weight = weigh(Term.HOME, level, counted_home(level, mine), model, frequencies)
            # Anything known comes before what is not: a home that differs must be seen to differ.
            sum_ = -1e9 if level is HomeLevel.MISSING else weight.bits + weight.frequency_bits
            if sum_ > bits:
                best, bits = (level, weight), sum_
    return best


def counted_home(level: HomeLevel, told: Home) -> str:
    """What the frequency of a home that agrees is counted by."""
    return f"{told.postcode} {told.door}" if level is HomeLevel.DOOR else told.place


def compare_ninos(told: str, held: str) -> str:
    """Compare two National Insurance numbers."""
    if not told or not held:
        return MISSING
    if told == held:
        return AGREES
    return NEAR if one_slip_apart(told, held) else DIFFERS


def _same(told: str, held: str) -> str:
    if not told or not held:
        return MISSING
    return AGREES if told == held else DIFFERS


def _compare_references(told: Traits, held: Traits) -> str:
    """One that agrees is enough; a difference says little, as people have several accounts."""
    if told.references & held.references:
        return AGREES
    departments = {department for department, _ in told.references}
    return DIFFERS if any(department in departments for department, _ in held.references) else MISSING


#: counted together, as twins share the one and fathers the other
_TOGETHER: Final = frozenset({"name", "birth"})
_NOTHING: Final = {
    comparison: Weight(comparison=comparison, level=MISSING, bits=0.0)
    for comparison in ("name", "middle", "birth", "home", "nino", "phone", "email", "sex", "reference")
}
