"""An invented council's population, from a seed: households, care homes, twins, juniors, and what the council holds.

Only reserved identifiers: QQ numbers, AA to AZ postcode areas that do not exist, drama telephone numbers, example.org.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate

from bench.identity.names import ENDINGS, ORIGINS, SPELLINGS, STREETS

TODAY = date(2026, 6, 1)
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(slots=True, kw_only=True)
class Dwelling:
    """A place to live."""

    uprn: str
    postcode: str
    line1: str


@dataclass(slots=True, kw_only=True)
class Human:
    """Somebody as they truly are."""

    id: str
    origin: str
    sex: str
    forenames: list[str]
    surname: str
    born: date
    dwelling: Dwelling
    nino: str
    phone: str
    email: str
    maiden: str | None = None
    before: list[Dwelling] = field(default_factory=list)
    twin_of: str | None = None
    named_after: str | None = None


class Names:
    """Draws names of every origin, as common as they are."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._weights = {
            (name, kind): list(accumulate((place + 3) ** -steep for place in range(len(getattr(origin, kind)))))
            for name, origin in ORIGINS.items()
            for kind, steep in (("men", 0.6), ("women", 0.6), ("surnames", origin.steep))
        }
        self._origins = list(ORIGINS)
        self._shares = list(accumulate(ORIGINS[name].share for name in self._origins))

    def origin(self) -> str:
        return self._rng.choices(self._origins, cum_weights=self._shares)[0]

    def _pick(self, origin: str, kind: str) -> str:
        chosen: str = self._rng.choices(getattr(ORIGINS[origin], kind), cum_weights=self._weights[origin, kind])[0]
        return chosen

    def surname(self, origin: str) -> str:
        rng, names = self._rng, ORIGINS[origin]
        if rng.random() >= names.rare:
            return self._pick(origin, "surnames")
        made = rng.choice(names.heads) + rng.choice(names.tails)
        return f"{made}-{self._pick(origin, 'surnames')}" if rng.random() < 0.02 else made

    def forenames(self, origin: str, sex: str) -> list[str]:
        kind = "men" if sex == "M" else "women"
        count = self._rng.choices((1, 2, 3), (0.35, 0.55, 0.1))[0]
        return list(dict.fromkeys(self._pick(origin, kind) for _ in range(count)))


class Town:
    """Builds dwellings and the people in them."""

    def __init__(self, seed: int, first: int = 0) -> None:
        self.rng = random.Random(seed)
        self.names = Names(self.rng)
        #: numbers are never given twice: another town begins elsewhere
        self._count = first
        self._street = ("", "")
        self._number = 0

    def dwelling(self) -> Dwelling:
        rng = self.rng
        if self._number == 0:
            area = f"A{rng.choice('AFGHJKNQRSUVWXYZ')}{rng.randint(1, 29)}"
            code = f"{area} {rng.randint(0, 9)}{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}"
            self._street = (f"{rng.choice(STREETS)} {rng.choice(ENDINGS)}", code)
            self._number = rng.randint(8, 30)
        self._number -= 1
        self._count += 1
        street, postcode = self._street
        number = f"{self._number * 2 + 1}"
        line1 = f"Flat {rng.randint(1, 12)} {number} {street}" if rng.random() < 0.12 else f"{number} {street}"
        return Dwelling(uprn=str(990_000_000_000 + self._count), postcode=postcode, line1=line1)

    def human(self, origin: str, sex: str, born: date, dwelling: Dwelling, surname: str | None = None) -> Human:
        rng = self.rng
        self._count += 1
        key = self._count
        forenames = self.names.forenames(origin, sex)
        surname = surname or self.names.surname(origin)
        word = "".join(char for char in f"{forenames[0]}.{surname}".lower() if char.isalpha() or char == ".")
        return Human(
            id=f"r{key}",
            origin=origin,
            sex=sex,
            forenames=forenames,
            surname=_gendered(surname, sex, origin),
            born=_default_born(born, origin, rng),
            dwelling=dwelling,
            nino=_nino(key),
            phone=f"0{rng.randint(7_000_000_000, 7_999_999_999)}",
            email=f"{word}{rng.randint(1, 9_999_999)}@example.org",
        )

    def born(self, oldest: int, youngest: int) -> date:
        return TODAY - timedelta(days=self.rng.randint(youngest * 365, oldest * 365))

    def household(self) -> list[Human]:
        rng = self.rng
        kinds, shares = ("alone", "couple", "family", "share", "care"), (0.30, 0.27, 0.36, 0.065, 0.005)
        match rng.choices(kinds, shares)[0]:
            case "alone":
                people = [self._adult(self.dwelling())]
            case "couple":
                people = self._couple(self.dwelling(), 30, 90)
            case "family":
                people = self._family(self.dwelling())
            case "share":
                home = self.dwelling()
                people = [self._adult(home, 45) for _ in range(rng.randint(3, 6))]
            case _:
                home = replace(
                    self.dwelling(), line1=f"{rng.choice(STREETS)} {rng.choice(('House', 'Lodge', 'Court'))}"
                )
                people = [self._adult(home, 100, 72) for _ in range(rng.randint(18, 50))]
        for person in people:
            self._live(person)
        return people

    def _adult(self, home: Dwelling, oldest: int = 92, youngest: int = 19) -> Human:
        return self.human(self.names.origin(), self.rng.choice("MF"), self.born(oldest, youngest), home)

    def _couple(self, home: Dwelling, youngest: int, oldest: int) -> list[Human]:
        rng, origin = self.rng, self.names.origin()
        first = self.human(origin, "M", self.born(oldest, youngest), home)
        born = first.born + timedelta(days=rng.randint(-2000, 3000))
        second = self.human(origin, "F", min(born, TODAY - timedelta(days=18 * 365)), home)
        second.maiden = second.surname
        if rng.random() < 0.72:
            second.surname = _gendered(_plain(first.surname, origin), "F", origin)
        else:
            second.maiden = None
        if rng.random() < 0.03:
            second.phone = first.phone
        if rng.random() < 0.025:
            second.email = first.email
        return [first, second]

    def _family(self, home: Dwelling) -> list[Human]:
        rng = self.rng
        parents = self._couple(home, 26, 62)
        father, mother = parents
        children: list[Human] = []
        born = max(father.born, mother.born) + timedelta(days=365 * rng.randint(20, 34))
        for _ in range(rng.choices((1, 2, 3, 4), (0.42, 0.4, 0.13, 0.05))[0]):
            if born >= TODAY:
                break
            twins = children and rng.random() < 0.03
            day = children[-1].born if twins else born
            sex = rng.choice("MF")
            child = self.human(father.origin, sex, day, home, _plain(father.surname, father.origin))
            child.born = day
            if twins:
                child.twin_of = children[-1].id
                if rng.random() < 0.02 and child.sex == children[-1].sex:
                    child.forenames[0] = respelt(children[-1].forenames[0], rng)
            elif sex == "M" and rng.random() < 0.04:
                child.forenames, child.named_after = list(father.forenames[:1]), father.id
            if child.forenames[0] in {other.forenames[0] for other in children}:
                child.forenames[0] = self.names.forenames(father.origin, sex)[0] + ("a" if sex == "F" else "")
            children.append(child)
            born = born + timedelta(days=rng.randint(330, 1900))
        return [*parents, *children]

    def _live(self, person: Human) -> None:
        rng = self.rng
        if rng.random() < 0.3:
            person.before = [self.elsewhere() for _ in range(rng.choice((1, 1, 2)))]

    def elsewhere(self) -> Dwelling:
        """A dwelling that somebody else may live in, or once did."""
        count, number, street = self._count, self._number, self._street
        self._number = 0
        made = self.dwelling()
        self._count, self._number, self._street = count, number, street
        return replace(made, uprn=str(980_000_000_000 + self.rng.randint(0, 9_999_999)))


def households(seed: int, least: int) -> Iterator[list[Human]]:
    """Households until there are at least so many people."""
    town, people = Town(seed), 0
    while people < least:
        made = town.household()
        people += len(made)
        yield made


def _nino(key: int) -> str:
    """A number of its own for every key below four million, in no visible order."""
    place = key * 2_654_437 % 4_000_000
    return f"QQ{place // 4:06}{'ABCD'[place % 4]}"


def respelt(name: str, rng: random.Random) -> str:
    """Another spelling of a name, or the same."""
    return rng.choice(SPELLINGS[name]) if name in SPELLINGS else name


def _default_born(born: date, origin: str, rng: random.Random) -> date:
    """Where births were not registered, papers say the first of January."""
    risk = {"south_asian": 0.05, "african": 0.07}.get(origin, 0.0)
    return born.replace(month=1, day=1) if rng.random() < risk and born.year < 1995 else born


def _gendered(surname: str, sex: str, origin: str) -> str:
    if origin != "east_european" or sex != "F":
        return surname
    return surname[:-1] + "a" if surname.endswith(("ski", "cki")) else surname + "a" * surname.endswith("ov")


def _plain(surname: str, origin: str) -> str:
    if origin != "east_european":
        return surname
    return (
        surname[:-1] + "i"
        if surname.endswith(("ska", "cka"))
        else surname.removesuffix("a")
        if surname.endswith("ova")
        else surname
    )
