"""Our comparisons as Splink's: the columns of a record and the SQL of every level, for training and for proof.

Splink (https://moj-analytical-services.github.io/splink/) compares flat records: somebody with two names and two homes is
four of them. Each comparison is one CASE expression that says the level, in the very order of the Python beside it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from broker.identity.births import WHOLE_DATE, swapped_birth
from broker.identity.estimating import LEVELS
from broker.identity.frequencies import Frequencies
from broker.identity.homes import Home, numbers
from broker.identity.model import Model
from broker.identity.names import FORENAMES_ALIKE, SHORTEST_ALIKE, SURNAMES_ALIKE
from broker.identity.naming import NameForms
from broker.identity.traits import Traits

NOTHING: Final = Home(uprn="", postcode="", door="")
NAMELESS: Final = NameForms(
    forename="", ways=frozenset(), variants=frozenset(), middle=frozenset(), honoured="", surname="",
    forms=frozenset(), parts=frozenset(), full="", honours=frozenset(), initials=frozenset(), single=True,
)  # fmt: skip
#: by comparison and level, the column that is counted
COUNTED: Final = {
    ("name", "full"): "full_name",
    ("birth", "exact"): "birth",
    ("home", "property"): "uprn",
    ("home", "door"): "place",
    ("phone", "agrees"): "phone",
    ("email", "agrees"): "email",
}
_TERM_OF: Final = {
    "full_name": "name",
    "birth": "birth",
    "uprn": "home",
    "place": "home",
    "phone": "phone",
    "email": "email",
}

_KNOWN = "forename_l IS NOT NULL AND forename_r IS NOT NULL"
_SINGLES = "single_l AND single_r AND list_has_any(forms_l, forms_r)"
_ALIKE = "least(length({0}_l), length({0}_r)) >= {1} AND jaro_winkler_similarity({0}_l, {0}_r) >= {2}"  # as rapidfuzz
_MIDDLE = (
    "(length(forename_{0}) > 1 AND "
    "(list_contains(middle_{1}, forename_{0}) OR list_has_any(variants_{0}, honours_{1})))"
)
_INITIAL = "(length(forename_{0}) = 1 AND list_contains(way_letters_{1}, forename_{0}))"
_FORENAME: Final = f"""CASE
WHEN NOT ({_KNOWN}) THEN CASE WHEN {_SINGLES} THEN 'exact' ELSE 'missing' END
WHEN list_has_any(ways_l, ways_r) THEN 'exact'
WHEN list_has_any(variants_l, variants_r) THEN 'variant'
WHEN {_MIDDLE.format("l", "r")} OR {_MIDDLE.format("r", "l")} THEN 'middle'
WHEN {_INITIAL.format("l", "r")} OR {_INITIAL.format("r", "l")} THEN 'initial'
WHEN {_ALIKE.format("forename", SHORTEST_ALIKE, FORENAMES_ALIKE)} THEN 'near'
ELSE 'differs' END"""
_SURNAME: Final = f"""CASE
WHEN surname_l IS NULL OR surname_r IS NULL THEN 'missing'
WHEN list_has_any(forms_l, forms_r) THEN 'any'
WHEN list_has_any(parts_l, parts_r) THEN 'any'
WHEN {_ALIKE.format("surname", SHORTEST_ALIKE, SURNAMES_ALIKE)} THEN 'near'
ELSE 'differs' END"""
_CROSSED = (
    f"({_KNOWN} AND list_contains(forms_r, forename_l) AND list_contains(forms_l, forename_r) "
    "AND forename_l <> forename_r)"
)
_NAME: Final = f"""CASE
WHEN full_name_l = full_name_r THEN 'full'
WHEN ({_SURNAME}) = 'missing' THEN CASE WHEN ({_FORENAME}) = 'exact' THEN 'forename_alone' ELSE 'missing' END
WHEN {_CROSSED} THEN 'swapped'
WHEN ({_SURNAME}) = 'any' THEN CASE ({_FORENAME}) WHEN 'exact' THEN 'other_reading' WHEN 'variant' THEN 'variant'
 WHEN 'middle' THEN 'middle' WHEN 'initial' THEN 'initial' WHEN 'near' THEN 'near_forename'
 WHEN 'missing' THEN 'surname_alone' ELSE 'surname_only' END
WHEN ({_SURNAME}) = 'near' THEN CASE ({_FORENAME}) WHEN 'exact' THEN 'near_surname' WHEN 'differs' THEN 'surname_only'
 WHEN 'missing' THEN 'surname_alone' ELSE 'both_near' END
ELSE CASE WHEN ({_FORENAME}) IN ('exact', 'variant') THEN 'forename_only' ELSE 'differs' END END"""
_MIDDLES: Final = """CASE
WHEN len(middle_l) = 0 OR len(middle_r) = 0 THEN 'missing'
WHEN list_has_any(long_middle_l, long_middle_r) THEN 'agrees'
WHEN list_has_any(letters_l, initials_r) OR list_has_any(letters_r, initials_l) THEN 'initial'
ELSE 'differs' END"""
_YEARS = "abs(cast(substr(birth_l, 1, 4) AS int) - cast(substr(birth_r, 1, 4) AS int)) <= 10"
_SAME_PART = "cast(substr(birth_l, {0}, {1}) = substr(birth_r, {0}, {1}) AS int)"
_PARTS = f"({_SAME_PART.format(1, 4)} + {_SAME_PART.format(6, 2)} + {_SAME_PART.format(9, 2)}) = 2"
#: of one length, so the unrestricted distance of 1 is one character or two neighbours
_SLIP = "length({0}_l) = length({0}_r) AND damerau_levenshtein({0}_l, {0}_r) = 1"
_BIRTH: Final = f"""CASE
WHEN birth_l IS NULL OR birth_r IS NULL THEN 'missing'
WHEN length(birth_l) < {WHOLE_DATE} OR length(birth_r) < {WHOLE_DATE} THEN
 CASE WHEN starts_with(birth_l, birth_r) OR starts_with(birth_r, birth_l) THEN 'fits' ELSE 'differs' END
WHEN birth_l = birth_r THEN 'exact'
WHEN birth_l = swapped_r THEN 'swapped'
WHEN {_YEARS} AND {_SLIP.format("birth")} THEN 'one_slip'
WHEN {_YEARS} AND {_PARTS} THEN 'two_parts'
WHEN (birth_l LIKE '%-01-01' OR birth_r LIKE '%-01-01') AND substr(birth_l, 1, 4) = substr(birth_r, 1, 4) THEN 'year'
ELSE 'differs' END"""
_HOME: Final = f"""CASE
WHEN uprn_l = uprn_r THEN CASE WHEN left_r THEN 'previous' ELSE 'property' END
WHEN postcode_l IS NULL OR postcode_r IS NULL THEN
 CASE WHEN uprn_l IS NOT NULL AND uprn_r IS NOT NULL THEN 'differs' ELSE 'missing' END
WHEN door_l = door_r AND postcode_l = postcode_r THEN CASE WHEN left_r THEN 'previous' ELSE 'door' END
WHEN numbers_l = numbers_r AND door_l = door_r AND numbers_l <> '' AND outcode_l = outcode_r THEN 'slip'
WHEN numbers_l = numbers_r AND (postcode_l = postcode_r OR ({_SLIP.format("postcode")}))
 AND jaro_winkler_similarity(replace(door_l, ' ', ''), replace(door_r, ' ', '')) >= 0.9 THEN 'slip'
WHEN postcode_l = postcode_r THEN 'postcode'
WHEN outcode_l = outcode_r THEN 'outcode'
ELSE 'differs' END"""
_SAME = "CASE WHEN {0}_l IS NULL OR {0}_r IS NULL THEN 'missing' WHEN {0}_l = {0}_r THEN 'agrees' ELSE 'differs' END"
_NINO: Final = f"""CASE WHEN nino_l IS NULL OR nino_r IS NULL THEN 'missing' WHEN nino_l = nino_r THEN 'agrees'
WHEN {_SLIP.format("nino")} THEN 'near' ELSE 'differs' END"""
_REFERENCE: Final = """CASE WHEN list_has_any(refs_l, refs_r) THEN 'agrees'
WHEN list_has_any(departments_l, departments_r) THEN 'differs' ELSE 'missing' END"""
LEVEL_SQL: Final[Mapping[str, str]] = {
    "name": _NAME,
    "middle": _MIDDLES,
    "birth": _BIRTH,
    "home": _HOME,
    "nino": _NINO,
    "phone": _SAME.format("phone"),
    "email": _SAME.format("email"),
    "sex": _SAME.format("sex"),
    "reference": _REFERENCE,
}


def record_of(key: str, traits: Traits, name: NameForms = NAMELESS, home: Home = NOTHING) -> dict[str, Any]:
    """One of a person's names with one of their homes, as a flat record."""
    return {
        "unique_id": key,
        **_name_columns(name),
        "birth": traits.birth or None,
        "swapped": swapped_birth(traits.birth) if len(traits.birth) == WHOLE_DATE else None,
        "uprn": home.uprn or None,
        "postcode": home.postcode or None,
        "outcode": home.outcode or None,
        "door": home.door or None,
        "numbers": numbers(home.door),
        "place": f"{home.postcode} {home.door}" if home.postcode and home.door else None,
        "left": home.left,
        "nino": traits.nino or None,
        "phone": traits.phone or None,
        "email": traits.email or None,
        "sex": traits.sex or None,
        "refs": sorted(f"{department} {reference}" for department, reference in traits.references),
        "departments": sorted({department for department, _ in traits.references}),
    }


def _name_columns(name: NameForms) -> dict[str, Any]:
    long = sorted(other for other in name.middle if len(other) > 1)
    return {
        "full_name": name.full if name.forename and name.surname else None,
        "forename": name.forename or None,
        "ways": sorted(name.ways),
        "way_letters": sorted({way[0] for way in name.ways}),
        "variants": sorted(name.variants),
        "honours": sorted(name.honours),
        "middle": sorted(name.middle),
        "long_middle": long,
        "letters": sorted(name.middle - set(long)),
        "initials": sorted(name.initials),
        "surname": name.surname or None,
        "forms": sorted(name.forms),
        "parts": sorted(name.parts),
        "single": name.single,
    }


def records_of(key: str, traits: Traits) -> Iterator[dict[str, Any]]:
    """Every name of a person with every home."""
    for name in traits.names or (NAMELESS,):
        for home in traits.homes or (NOTHING,):
            yield record_of(key, traits, name, home)


def shares_of(record: Mapping[str, Any], model: Model, frequencies: Frequencies) -> dict[str, float | None]:
    """The term frequencies that Splink is given: ours, so that both weigh alike."""
    shares: dict[str, float | None] = {}
    for (comparison, level), column in COUNTED.items():
        usual = model.level(comparison, level).u
        value = record[column]
        share = frequencies.share(_TERM_OF[column], value, usual, model.smoothing) if value else None
        shares[f"tf_{column}"] = share
    return shares


def settings_of(model: Model, population: int) -> dict[str, Any]:
    """Splink's settings for this model and so many residents."""
    frequencies = Frequencies(population=population)
    odds = model.resident / frequencies.population_for(model)
    fewer = frequencies.population_for(model) / model.usual_population
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": odds / (1 + odds),
        "blocking_rules_to_generate_predictions": ["1=1"],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "comparisons": [
            {
                "output_column_name": f"c_{name}",
                "comparison_levels": [_missing(name), *(_level(name, level, model, fewer) for level in levels)],
            }
            for name, levels in LEVELS.items()
        ],
    }


def _missing(name: str) -> dict[str, Any]:
    return {"sql_condition": f"({LEVEL_SQL[name]}) = 'missing'", "label_for_charts": "missing", "is_null_level": True}


def _level(name: str, level: str, model: Model, fewer: float) -> dict[str, Any]:
    numbers_ = model.level(name, level)
    said: dict[str, Any] = {
        "sql_condition": f"({LEVEL_SQL[name]}) = '{level}'",
        "label_for_charts": level,
        "m_probability": numbers_.m,
        "u_probability": numbers_.u / fewer if numbers_.local else numbers_.u,
    }
    if (name, level) in COUNTED:
        said |= {"tf_adjustment_column": COUNTED[name, level], "disable_tf_exact_match_detection": True}
    return said
