"""The town as its residents tell of it: who they are, where they live, and what happened to them."""

import json
from datetime import date, timedelta
from typing import Any

from schemas.today import london_today
from tests.council import TOWN

Said = dict[str, Any]
#: a street of its own, whose residents no story tells of: anything may happen to them
CANAL_STREET: list[Said] = [
    {
        "id": f"SMP-10{number:02}",
        "forenames": forenames,
        "surname": surname,
        "dob": born_on,
        "uprn": f"9990000004{number:02}",
        "postcode": "AA4 7UR",
        "line1": f"{number} Canal Street",
        "nino": f"QQ1301{number:02}A",
        "references": [
            {"department": "council-tax", "reference": f"990014{number:02}", "role": "liable"},
            {"department": "housing-benefit", "reference": f"990514{number:02}", "role": "claimant"},
        ][: number % 3],
    }
    for number, (forenames, surname, born_on) in enumerate(
        [
            ("Ambrose", "Fell", "1948-05-17"),
            ("Bridget", "Ogden", "1962-12-29"),
            ("Cosmo", "Harland", "1977-03-08"),
            ("Delphine", "Strand", "1985-10-21"),
            ("Emeka", "Obi", "1999-07-04"),
            ("Flora", "Gant", "2012-02-14"),
        ],
        start=1,
    )
]
_LINES: dict[str, Said] = {
    line["id"]: line for line in [*map(json.loads, TOWN.read_text().splitlines()), *CANAL_STREET]
}


def days_ago(count: int) -> date:
    """A day in the past, in London."""
    return london_today() - timedelta(days=count)


def monday_after(day: date) -> date:
    """The first day of the next benefit week."""
    return day + timedelta(days=7 - day.weekday())


def id_of(who: str) -> str:
    """The extract's id of a resident, by their whole name; of two of one name the id itself is said."""
    return next(key for key, line in _LINES.items() if who in (key, _whole_name(line)))


def home_of(who: str) -> Said:
    """Where a resident lives."""
    line = _LINES[id_of(who)]
    return home(line["line1"], line["postcode"], line["uprn"])


def home(line1: str, postcode: str, uprn: str | None = None) -> Said:
    """An address."""
    return {"state": "uk", "lines": [line1], "postcode": postcode, **({"uprn": uprn} if uprn else {})}


def resident(who: str, **changes: object) -> Said:
    """A resident as they say who they are: everything that the council holds to compare. None leaves a field out."""
    line = _LINES[id_of(who)]
    surname = line.get("surname") or line["forenames"]
    forenames = line["forenames"] if line.get("surname") else None
    told = {"name": name(forenames, surname), "date_of_birth": line.get("dob"), "nino": line.get("nino")}
    return {field: value for field, value in {**told, "address": home_of(who), **changes}.items() if value is not None}


def name(forenames: str | None, surname: str) -> Said:
    """A name."""
    return {"forenames": forenames, "surname": surname} if forenames else {"surname": surname}


def told(kind: str, subject: Said, occurred_on: date | str, **facts: object) -> Said:
    """A life event as an adviser takes it down, by telephone, from the person themselves."""
    said = {"kind": kind, "occurred_on": str(occurred_on), "channel": "phone", "subject": subject}
    return {**said, "informant": {"is_subject": True, "authority": "subject"}, **facts}


def move(who: str, to: Said, occurred_on: date, **facts: object) -> Said:
    """A resident moves within the area."""
    subject = facts.pop("subject", None) or resident(who)
    places = {"direction": "within", "previous_address": home_of(who), "new_address": to}
    return told("move", subject, occurred_on, **{**places, **facts})  # type: ignore[arg-type]


def death(who: str, occurred_on: date | str, relationship: str = "child", **facts: object) -> Said:
    """A resident has died, and somebody tells of it who knows the penalty for false information."""
    informant = {
        "name": name("Ottilie", "Farrant"),
        "relationship": relationship,
        "address": home("6 Harbour Row", "AA5 1ZZ"),
        "phone": "01632 960777",
        "penalty_declaration": True,
        "is_next_of_kin": relationship != "friend",
        "deals_with_estate": False,
    }
    evidence = "other_report" if relationship == "friend" else "close_relative"
    said = {"informant": informant, "evidence_class": evidence, "adults_remaining": 0}
    return told("bereavement", resident(who), occurred_on, **{**said, **facts})


def _whole_name(line: Said) -> str:
    return " ".join(line[part] for part in ("forenames", "surname") if line.get(part))
