"""Invented people, as many as are asked for, and a change of each one's telephone number."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

_FIRST = ("Alder", "Bramble", "Cotter", "Dunmore", "Elphick", "Farrow", "Gatley", "Holloway", "Ingram", "Jessop")
_LAST = ("wick", "ford", "stone", "well", "worth", "more", "land", "shaw", "field", "brook")
_FORENAMES = ("Ada", "Ben", "Cleo", "Dev", "Esme", "Finn", "Gwen", "Hal", "Iris", "Jude", "Kit", "Lena", "Milo")

#: about as many as in life: neighbours are looked at together, so it bears on what a match costs
HOMES_OF_A_POSTCODE = 15
_LETTERS = "ABDEFGHJLN"


def _postcode(n: int) -> str:
    return f"AA{1 + n // 900 % 9} {1 + n % 9}{_LETTERS[n // 9 % 10]}{_LETTERS[n // 90 % 10]}"


def resident(n: int) -> dict[str, Any]:
    """The n-th resident: nobody else has the same number, name and birthday, or home."""
    surname = _FIRST[n % 10] + _LAST[n // 10 % 10]
    return {
        "id": f"BEN-{n:06}",
        "forenames": _FORENAMES[n % 13],
        "surname": surname,
        "dob": (date(1935, 1, 1) + timedelta(days=n * 7919 % 25_000)).isoformat(),
        "uprn": f"{999_100_000_000 + n}",
        "postcode": _postcode(n // HOMES_OF_A_POSTCODE),
        "line1": f"{1 + n} Long Row",
        "nino": f"QQ{n:06}A",
        "references": [{"department": "council-tax", "reference": f"{98_000_000 + n}"}],
    }


def write_residents(path: Path, count: int) -> Path:
    """A file of residents to load, JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(resident(n)) + b"\n" for n in range(count)))
    return path


def change_of(person: dict[str, Any], n: int) -> bytes:
    """The letter that tells a resident's n-th new telephone number: every department needs to know of it."""
    event = {
        "kind": "contact_change",
        "occurred_on": date.today().isoformat(),  # noqa: DTZ011 - an adviser's calendar
        "channel": "web",
        "subject": {
            "name": {"forenames": person["forenames"], "surname": person["surname"]},
            "date_of_birth": person["dob"],
            "nino": person["nino"],
        },
        "informant": {"is_subject": True},
        "new_phone": f"01632 960{n % 1000:03}",
    }
    return orjson.dumps(event)


def changes(people: int, each: int = 1, *, waves: bool = False) -> Iterator[bytes]:
    """Letters of many people: a person's own back to back, the hardest order to keep, or in waves, a round of all each."""
    for number in range(people * each):
        who, n = (number % people, number // people) if waves else divmod(number, each)
        yield change_of(resident(who), who + n)


def stream_of_changes(count: int, people: int, begin: int = 0) -> Iterator[bytes]:
    """Letters as they come in life: one person after another, and every tenth is the last one's second thought."""
    for n in range(begin, begin + count):
        yield change_of(resident((n - n % 10 // 9) % people), n)


def concern_leisure(count: int, begin: int = 0) -> int:
    """How many of these the fifth department of the benchmarks is told of."""
    return sum(n % 1000 % 25 < 12 for n in range(begin, begin + count))
