"""What a council holds of its people, and what it is told of them, with the mistakes that both have."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bench.identity.names import PET_FORMS
from bench.identity.population import TODAY, Dwelling, Human, Names, Town, respelt

#: of a hundred people told of, as hard as it can be made, and as it may well be
ADVERSARIAL = {"resident": 70.0, "stranger": 15.0, "relative": 8.0, "twin": 2.0, "junior": 2.0, "namesake": 3.0}
REALISTIC = {"resident": 92.0, "stranger": 6.5, "relative": 1.0, "twin": 0.04, "junior": 0.1, "namesake": 0.36}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event, and whom it is truly about."""

    event: dict[str, Any]
    kind: str
    origin: str
    #: the resident's id, or none where the directory does not hold them
    truth: str | None


def resident_line(human: Human, rng: random.Random) -> dict[str, Any]:
    """What the council holds of somebody."""
    adult = (TODAY - human.born).days > 16 * 365
    forenames = " ".join(human.forenames if rng.random() < 0.6 else human.forenames[:1])
    line: dict[str, Any] = {
        "id": human.id,
        "forenames": _slip(forenames, rng) if rng.random() < 0.01 else forenames,
        "surname": _slip(human.surname, rng) if rng.random() < 0.01 else human.surname,
        "dob": str(_misdated(human.born, rng) if rng.random() < 0.01 else human.born) if rng.random() < 0.9 else None,
        "sex": human.sex if rng.random() < 0.8 else None,
        "uprn": human.dwelling.uprn,
        "postcode": human.dwelling.postcode,
        "line1": human.dwelling.line1,
    }
    if adult and rng.random() < 0.35:
        line["nino"] = human.nino
    if adult and rng.random() < 0.48:
        line["phone"] = human.phone
    if adult and rng.random() < 0.35:
        line["email"] = human.email
    if human.maiden and rng.random() < 0.5:
        line["previous_names"] = [{"forenames": forenames, "surname": human.maiden}]
    if human.before and rng.random() < 0.7:
        line["previous"] = [_place(home, rng, 0.9) for home in human.before]
    return line


def events(
    residents: list[Human], absent: dict[str, list[Human]], mix: dict[str, float], count: int, seed: int
) -> Iterator[Told]:
    """Events about people drawn by the mix, told with mistakes."""
    rng = random.Random(seed)
    town = Town(seed ^ 0x5EED, first=3_000_000)
    kinds, shares = list(mix), list(mix.values())
    for number in range(count):
        kind = rng.choices(kinds, shares)[0]
        if kind == "resident":
            human = rng.choice(residents)
        elif kind == "stranger":
            human = town.household()[0]
        elif kind == "namesake":
            human = _namesake(rng.choice(residents), town, rng)
        else:
            human = rng.choice(absent[kind])
        truth = human.id if kind == "resident" else None
        yield Told(event={"id": f"e{number}", **_said(human, rng, town)}, kind=kind, origin=human.origin, truth=truth)


def absent_from(homes: list[list[Human]], town: Town, count: int) -> dict[str, list[Human]]:
    """People at homes of the directory whom it does not hold: relatives, twins, and sons or fathers of one name."""
    rng = town.rng
    found: dict[str, list[Human]] = {"relative": [], "twin": [], "junior": []}
    for _ in range(count):
        member = rng.choice(rng.choice(homes))
        other = town.human(member.origin, rng.choice("MF"), town.born(80, 1), member.dwelling, member.surname)
        found["relative"].append(_contact_of(other, member, rng))
        twin = town.human(member.origin, rng.choice("MF"), member.born, member.dwelling, member.surname)
        twin.born = member.born
        if twin.sex == member.sex and rng.random() < 0.02:
            twin.forenames[0] = respelt(member.forenames[0], rng)
        if twin.forenames[0] != member.forenames[0]:
            found["twin"].append(_contact_of(twin, member, rng))
        gap = timedelta(days=rng.randint(20 * 365, 40 * 365)) * rng.choice((1, -1))
        junior = town.human(member.origin, member.sex, TODAY, member.dwelling, member.surname)
        junior.forenames = member.forenames[:1] + junior.forenames[1:2]
        junior.born = min(max(member.born + gap, date(1926, 1, 1)), TODAY - timedelta(days=400))
        found["junior"].append(_contact_of(junior, member, rng))
    return found


def _contact_of(human: Human, member: Human, rng: random.Random) -> Human:
    """Families share telephones, and now and then an address of electronic mail."""
    if rng.random() < 0.04:
        human.phone = member.phone
    if rng.random() < 0.02:
        human.email = member.email
    return human


def _namesake(of: Human, town: Town, rng: random.Random) -> Human:
    other = town.human(of.origin, of.sex, town.born(90, 19), town.elsewhere(), of.surname)
    other.forenames, other.surname = [of.forenames[0], *other.forenames[1:]], of.surname
    if rng.random() < 0.25:
        other.born = of.born
    return other


def _said(human: Human, rng: random.Random, town: Town) -> dict[str, Any]:
    forename, surname = _told_name(human, rng, town.names)
    said: dict[str, Any] = {"type": "bereavement", "forenames": forename, "surname": surname}
    if len(human.forenames) > 1 and rng.random() < 0.35:
        said["middle"] = [name if rng.random() < 0.8 else name[0] for name in human.forenames[1:]]
    if rng.random() < 0.93:
        said["dob"] = str(_misdated(human.born, rng) if rng.random() < 0.07 else human.born)
    if rng.random() < 0.6:
        said["sex"] = human.sex if rng.random() < 0.998 else "MF".replace(human.sex, "")
    said.update(_told_home(human, rng, town))
    if rng.random() < 0.4:
        said["nino"] = human.nino if rng.random() < 0.985 else _misnumbered(human.nino, rng)
    if rng.random() < 0.45:
        said["phone"] = human.phone if rng.random() < 0.85 else f"0{rng.randint(7_000_000_000, 7_999_999_999)}"
    if rng.random() < 0.4:
        said["email"] = human.email if rng.random() < 0.85 else f"new{rng.randint(1, 9_999_999)}@example.org"
    return said


def _told_name(human: Human, rng: random.Random, names: Names) -> tuple[str, str]:
    forename, surname = human.forenames[0], human.surname
    draw = rng.random()
    if draw < 0.04:
        forename = _slip(forename, rng)
    elif draw < 0.07:
        surname = _slip(surname, rng)
    elif draw < 0.11:
        forename = rng.choice(PET_FORMS.get(forename, (respelt(forename, rng),)))
    elif draw < 0.12:
        surname = respelt(surname, rng)
    elif draw < 0.13:
        forename, surname = surname, forename
    elif draw < 0.14:
        forename = forename[0]
    elif draw < 0.15 and len(human.forenames) > 1:
        forename = human.forenames[1]
    elif draw < 0.165 and human.maiden:
        surname = human.maiden
    elif draw < 0.175:
        surname = names.surname(human.origin)
    return forename, surname


def _told_home(human: Human, rng: random.Random, town: Town) -> dict[str, Any]:
    draw = rng.random()
    if draw < 0.03:
        return {}
    if draw < 0.11:
        return _place(town.elsewhere(), rng, 0.75)
    if draw < 0.20 and human.before:
        return _place(rng.choice(human.before), rng, 0.75)
    return _place(human.dwelling, rng, 0.75)


def _place(home: Dwelling, rng: random.Random, known: float) -> dict[str, Any]:
    line = home.line1 if rng.random() < 0.94 else home.line1.replace("Road", "Rd").replace("Street", "St")
    code = home.postcode
    if rng.random() < 0.02:
        code = code[:-1] + rng.choice("ABDEFGHJLNPQRSTUWXYZ")
    return {"uprn": home.uprn if rng.random() < known else None, "postcode": code, "line1": line}


def _slip(text: str, rng: random.Random) -> str:
    """One typing mistake."""
    if len(text) < 3:
        return text
    place = rng.randrange(len(text) - 1)
    match rng.randrange(4):
        case 0:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        case 1:
            return text[:place] + text[place + 1 :]
        case 2:
            return text[:place] + rng.choice("aeinorst") + text[place:]
        case _:
            return text[:place] + rng.choice("aeinorst") + text[place + 1 :]


def _misdated(born: date, rng: random.Random) -> date:
    """A date of birth that is wrong in one of the usual ways, but never in the future."""
    return min(_slipped(born, rng), TODAY)


def _slipped(born: date, rng: random.Random) -> date:
    draw = rng.random()
    if draw < 0.35 and born.day <= 12:
        return born.replace(month=born.day, day=born.month)
    if draw < 0.75:
        return born.replace(day=rng.randint(1, 28))
    if draw < 0.9:
        return born.replace(year=max(1910, born.year + rng.choice((-10, -1, 1, 2))), day=min(born.day, 28))
    return born.replace(month=1, day=1)


def _misnumbered(nino: str, rng: random.Random) -> str:
    place = rng.randint(2, 7)
    return nino[:place] + str(rng.randint(0, 9)) + nino[place + 1 :]
