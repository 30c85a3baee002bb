"""The fields that the council tax API takes, and how each is checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.back_offices.days import day_in
from tests.back_offices.letters import Fault, Letter, canonical, digest_of, instant, token

NAME, LINE, SHORT = 100, 80, 200

Check = Callable[[object], str | None]
"""Says what is wrong with a value: `bad-field`, `too-long`, or nothing."""


def _text(longest: int) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, str) or not value:
            return "bad-field"
        return "too-long" if len(value) > longest else None

    return check


def _one_of(*words: str) -> Check:
    return lambda value: None if isinstance(value, str) and value in words else "bad-field"


def _pattern(pattern: str) -> Check:
    return lambda value: None if isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) else "bad-field"


def _whole(least: int) -> Check:
    def check(value: object) -> str | None:
        return None if isinstance(value, int) and not isinstance(value, bool) and value >= least else "bad-field"

    return check


def _truth(value: object) -> str | None:
    return None if isinstance(value, bool) else "bad-field"


def _date(value: object) -> str | None:
    return None if day_in(value) else "bad-field"


def _partial_date(value: object) -> str | None:
    return None if day_in(value) or _pattern(r"\d{4}(-(0[1-9]|1[0-2]))?")(value) is None else "bad-field"


def _instant(value: object) -> str | None:
    return None if instant(value) else "bad-field"


def _list(each: Check, most: int) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return "bad-field"
        return "too-long" if len(value) > most else next(filter(None, map(each, value)), None)

    return check


def _shape(optional: Mapping[str, Check], required: Mapping[str, Check] | None = None) -> Check:
    def check(value: object) -> str | None:
        fault = fault_in(value, required or {}, optional)
        return fault.reason if fault else None

    return check


_ID = _pattern(r"[!-~]{1,64}")
_UPRN = _pattern(r"\d{1,12}")
_NAME = _shape({"forenames": _text(NAME)}, {"surname": _text(NAME)})
_ADDRESS = _shape({"uprn": _UPRN, "lines": _list(_text(LINE), 5), "postcode": _text(10)})
_CONTACT = _shape(
    {"name": _text(NAME), "phone": _text(50), "email": _text(255), "address": _ADDRESS, "language": _text(50)}
)

REQUIRED: Mapping[str, Check] = {
    "person": _ID,
    "reference": _pattern(r"TUO(-[0-9A-Z]{4}){3}"),
    "revision": _whole(1),
    "sequence": _whole(0),
    "told_at": _instant,
}
OPTIONAL: Mapping[str, Check] = {
    "corrects": _ID,
    "account": _pattern(r"[0-9A-Z/]{1,18}"),
    "name": _NAME,
    "safety": _truth,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One collection: the fields it asks for beyond those of every change."""

    kind: str
    optional: Mapping[str, Check]
    required: Mapping[str, Check]


FORMS: Mapping[str, Form] = {
    "moves": Form(
        kind="move",
        required={"move": _one_of("within", "in", "out")},
        optional={
            "moved_on": _date,
            "from": _ADDRESS,
            "to": _ADDRESS,
            "emptied_on": _date,
            "furnished_on": _date,
            "adults": _whole(0),
            "liable_with": _list(_NAME, 20),
            "liable_at_new": _truth,
            "tenure": _one_of("owner", "tenant", "lodger", "other"),
            "tenancy_starts_on": _date,
            "tenancy_ends_on": _date,
            "landlord": _CONTACT,
            "single_person_discount": _truth,
            "previous_council": _text(NAME),
            "contact": _CONTACT,
        },
    ),
    "deaths": Form(
        kind="bereavement",
        required={},
        optional={
            "died_on": _partial_date,
            "address": _ADDRESS,
            "adults_remaining": _whole(0),
            "survivor": _NAME,
            "executor": _CONTACT,
            "left_empty": _truth,
        },
    ),
    "name-changes": Form(
        kind="name_change",
        required={},
        optional={
            "new_name": _NAME,
            "previous_name": _NAME,
            "changed_on": _date,
            "partner": _NAME,
            "partner_moved_in_on": _date,
        },
    ),
    "households": Form(
        kind="joins_household",  # or leaves_household: see letter_of
        required={"change": _one_of("joins", "leaves")},
        optional={
            "on": _date,
            "other": _NAME,
            "adult": _truth,
            "disregard": _text(SHORT),
            "adults_now": _whole(0),
            "forwarding": _ADDRESS,
        },
    ),
    "disregards": Form(
        kind="work_change",
        required={
            "class": _one_of(
                "apprentice",
                "student",
                "carer",
                "school_leaver",
                "hospital",
                "care_home",
                "detained",
                "severe_mental_impairment",
                "other",
            ),
            "change": _one_of("began", "ended"),
        },
        optional={"on": _date},
    ),
    "contacts": Form(
        kind="contact_change",
        required={},
        optional={
            "phone": _text(50),
            "email": _text(255),
            "language": _text(50),
            "preferred": _text(50),
            "post_to": _ADDRESS,
        },
    ),
    "withdrawals": Form(kind="withdrawal", required={"withdraws": _ID}, optional={}),
}


def fault_in(value: object, required: Mapping[str, Check], optional: Mapping[str, Check]) -> Fault | None:
    """The first thing wrong with an object's fields."""
    if not isinstance(value, dict):
        return Fault(reason="bad-field")
    for field, check in required.items():
        if value.get(field) is None:
            return Fault(reason="missing-field", field=field)
        if reason := check(value[field]):
            return Fault(reason=reason, field=field)
    for field in value:
        if field in required or (value[field] is None and field in optional):
            continue
        if reason := optional[field](value[field]) if field in optional else "unknown-field":
            return Fault(reason=reason, field=field if re.fullmatch(r"[a-z_]{1,40}", field) else None)
    return None


def fault_in_body(body: object, form: Form) -> Fault | None:
    """The first thing wrong with the body of a change."""
    return fault_in(body, {**REQUIRED, **form.required}, {**OPTIONAL, **form.optional})


def letter_of(body: object, form: Form, delivery: str, raw: bytes) -> Letter:
    """A body as the desk takes it; one with a fault tells nothing but that."""
    fault = fault_in_body(body, form)
    sent: dict[str, object] = body if isinstance(body, dict) else {}
    leaves = form.kind == "joins_household" and sent.get("change") == "leaves"
    return Letter(
        delivery=delivery,
        kind="leaves_household" if leaves else form.kind,
        subject=token(sent.get("person")) or "",
        sequence=_number(sent.get("sequence")),
        revision=_number(sent.get("revision")),
        told_at=instant(sent.get("told_at")) or datetime.now(UTC),
        told={} if fault else sent,
        digest=digest_of(raw),
        sense=digest_of(canonical(body)),
        notification=token(sent.get("reference")),
        corrects=token(sent.get("corrects")),
        withdraws=token(sent.get("withdraws")),
        fault=fault,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
