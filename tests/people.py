"""Invented people, by name: no such person, home or number exists (QQ numbers, AA postcodes, 01632 960 telephones)."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from broker.person import Person
from schemas.address import Address, AddressState
from schemas.name import Name
from schemas.partial_date import PartialDate
from schemas.subject import Subject


def home(line1: str = "1 Elm Row", postcode: str = "AA1 1AA", uprn: str | None = "999000000001") -> Address:
    return Address(state=AddressState.UK, lines=(line1,), postcode=postcode, uprn=uprn)


#: died
ADA = Person(
    id="00000000-0000-4000-8000-000000000001",
    names=(Name(forenames="Ada Mary", surname="Thornbury"),),
    date_of_birth="1938-11-02",
    sex="female",
    nino="QQ120001B",
    addresses=(home(),),
    phone="+441632960001",
    references={"council-tax": "99001001", "housing-benefit": "99050001"},
)
#: moved, and has an old home as well
BEN = Person(
    id="00000000-0000-4000-8000-000000000002",
    names=(Name(forenames="Ben", surname="Okafor"),),
    date_of_birth="1986-04-19",
    sex="male",
    nino="QQ120002C",
    addresses=(home("2 Elm Row", uprn="999000000002"), home("8 Quay Street", "AA3 5RS", "999000000061")),
    phone="+441632960002",
    email="ben.okafor@example.org",
    references={"council-tax": "99001002"},
)
#: twins: one surname, one birthday, one home
ROSE = Person(
    id="00000000-0000-4000-8000-000000000003",
    names=(Name(forenames="Rose", surname="Hartwell"),),
    date_of_birth="1991-03-14",
    nino="QQ120004A",
    addresses=(home("3 Elm Row", uprn="999000000003"),),
    references={"council-tax": "99001003"},
)
LILY = replace(
    ROSE,
    id="00000000-0000-4000-8000-000000000004",
    names=(Name(forenames="Lily", surname="Hartwell"),),
    nino="QQ120005B",
    references={},
)
#: father and son of one name at one home
GEORGE_THE_ELDER = Person(
    id="00000000-0000-4000-8000-000000000005",
    names=(Name(forenames="George Alan", surname="Tibbs"),),
    date_of_birth="1941-08-12",
    addresses=(home("4 Elm Row", uprn="999000000004"),),
)
GEORGE_THE_YOUNGER = replace(
    GEORGE_THE_ELDER,
    id="00000000-0000-4000-8000-000000000006",
    names=(Name(forenames="George", surname="Tibbs"),),
    date_of_birth="1969-01-30",
)
#: married, and known by both surnames
SIAN = Person(
    id="00000000-0000-4000-8000-000000000007",
    names=(Name(forenames="Siân Eleri", surname="Pryce-Huws"), Name(forenames="Siân Eleri", surname="O'Neill")),
    date_of_birth="1979-06-21",
    addresses=(home("5 Elm Row", "AA1 1AB", "999000000005"),),
)
#: has a single name
SUHARJO = Person(
    id="00000000-0000-4000-8000-000000000008",
    names=(Name(surname="Suharjo"),),
    date_of_birth="1990-12-12",
    addresses=(home("6 Elm Row", "AA1 1AB", "999000000006"),),
)
#: known to a named team only
ROSALIND = Person(
    id="00000000-0000-4000-8000-000000000009",
    names=(Name(forenames="Rosalind", surname="Verney"),),
    date_of_birth="1990-06-16",
    nino="QQ120020A",
    addresses=(home("19 Chapel Lane", "AA1 2BE", "999000000013"),),
    restricted=True,
)
EVERYBODY = (ADA, BEN, ROSE, LILY, GEORGE_THE_ELDER, GEORGE_THE_YOUNGER, SIAN, SUHARJO, ROSALIND)


def subject_like(person: Person, **changes: object) -> Subject:
    """A subject told exactly as the directory holds the person, but for what is changed."""
    told: dict[str, object] = {
        "name": person.names[0],
        "date_of_birth": PartialDate.of(person.date_of_birth) if person.date_of_birth else None,
        "nino": person.nino,
        "address": person.addresses[0] if person.addresses else None,
    }
    return Subject.model_validate({**told, **changes})


def resident_line(key: str, person: Person, **changes: object) -> dict[str, Any]:
    """The person as a line of an extract."""
    current, *previous = [
        {"uprn": held.uprn, "postcode": held.postcode, "line1": held.lines[0]} for held in person.addresses
    ]
    name, *others = [{"forenames": held.forenames, "surname": held.surname} for held in person.names]
    return {
        "id": key,
        **name,
        **current,
        "dob": person.date_of_birth,
        "nino": person.nino,
        "phone": person.phone,
        "email": person.email,
        "previous": previous,
        "previous_names": others,
        "references": [{"department": each, "reference": one} for each, one in person.references.items()],
        "restricted": person.restricted,
        **changes,
    }


def write_lines(path: Path, lines: Iterable[object]) -> Path:
    """A file of JSON Lines; what is bytes is written as it is."""
    raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
    path.write_bytes(b"".join(line + b"\n" for line in raw))
    return path
