"""Invented life events with every field filled, each value found nowhere else, and the facts drawn from them."""

from datetime import UTC, date, datetime
from typing import Any

from broker.facts import Facts
from schemas.kinds import parse_life_event
from schemas.life_event import LifeEvent

TODAY = date(2026, 11, 2)
TOLD_AT = "2026-10-27T09:31:07Z"
DELIVERY = "5e0c8a3e-6f0b-5a11-9d55-2f1f3ac0e001"


def name(label: str) -> dict[str, str]:
    return {"title": f"Dame{label}", "forenames": f"Fore{label}", "surname": f"Sur{label}"}


def address(label: str, number: int) -> dict[str, Any]:
    lines = [f"{number} {label} Road", f"{label}town"]
    return {"state": "uk", "lines": lines, "postcode": f"AA{number} {number}AB", "uprn": f"88{number:04}17"}


def contact(number: int) -> dict[str, str]:
    return {"phone": f"+44770090{number:04}", "email": f"person{number}@example.org"}


SUBJECT: dict[str, Any] = {
    "name": name("subject"),
    "previous_names": [{**name("former"), "restricted": True}],
    "date_of_birth": "1971-01-11",
    "sex": "female",
    "nino": "QQ100001A",
    "address": address("Home", 1),
    **contact(101),
    "language": "cy",
    "references": [{"department": "adult-social-care", "reference": "ASC-700123"}],
}
COMMON: dict[str, Any] = {
    "schema_version": "1.0",
    "told_at": TOLD_AT,
    "channel": "phone",
    "subject": SUBJECT,
    "informant": {
        "name": name("informant"),
        "relationship": "child",
        "address": address("Informant", 2),
        **contact(102),
        "authority": "next_of_kin",
    },
    "evidence": [{"kind": "payslip", "seen": True, "reference": "EDMS-555001", "needed_by": "2026-12-09"}],
    "client_reference": "CRM-424242",
}
MATE: dict[str, Any] = {
    "name": name("mate"),
    "date_of_birth": "1972-02-12",
    "nino": "QQ100002B",
    "relationship": "spouse",
}
CHILD: dict[str, Any] = {"name": name("child"), "date_of_birth": "2015-03-13", "relationship": "child"}
INCOME: dict[str, Any] = {"income_kind": "earnings", "amount": "611.11", "frequency": "monthly"}

FULL: dict[str, dict[str, Any]] = {
    "move": {
        "occurred_on": "2026-10-05",
        "direction": "within",
        "previous_address": address("Old", 3),
        "new_address": address("New", 4),
        "household": [MATE, CHILD],
        "tenure": "private_tenant",
        "landlord": {"name": "Landlord Lettings", "address": address("Landlord", 5)},
        "tenancy_starts_on": "2026-10-04",
        "tenancy_ends_on": "2026-10-12",
        "old_home_empty_from": "2026-10-06",
        "previous_landlord": {"name": "Previous Lettings", "address": address("Formerly", 6)},
        "previous_council": "Oldshire Council",
        "next_council": "Nextshire Council",
        "responsible_for_tax": True,
        "single_person": False,
    },
    "bereavement": {
        "occurred_on": "2026-10-01",
        "informant": {
            **COMMON["informant"],
            "penalty_declaration": True,
            "is_next_of_kin": True,
            "deals_with_estate": False,
        },
        "evidence_class": "close_relative",
        "registration": {
            "tuo_reference": "AB123C456DE7",
            "source": "ron",
            "number": "512345678",
            "district": "Anydistrict",
            "registered_on": "2026-10-07",
        },
        "marital_status": "married",
        "care_home": {"name": "Sunny Home", "address": address("Care", 3), "over_28_days": True},
        "tenure": "owner",
        "adults_remaining": 1,
        "claimant_or_partner": "partner",
        "next_of_kin": {
            "name": name("kin"),
            "may_be_contacted": True,
            "address": address("Kin", 4),
            **contact(104),
        },
        "survivor": {
            "name": name("survivor"),
            "permission_to_share": True,
            "date_of_birth": "1940-05-30",
            "nino": "QQ100003C",
            "address": address("Survivor", 5),
        },
        "estate": {"held_by": "person", "name": name("executor"), "address": address("Estate", 6), **contact(106)},
    },
    "birth": {
        "occurred_on": "2026-09-21",
        "outcome": "live",
        "child": {"name": name("baby"), "sex": "female"},
        "registered_on": "2026-10-02",
    },
    "name_change": {
        "occurred_on": "2026-09-12",
        "reason": "marriage",
        "previous_name": name("maiden"),
        "new_name": name("married"),
        "partner": {**MATE, "moves_in": True, "moved_in_on": "2026-09-14"},
        "evidence_seen": True,
    },
    "joins_household": {
        "occurred_on": "2026-10-03",
        "joiner": {**MATE, "is_adult": True, "disregard": "student", "income": INCOME, **contact(107)},
        "adults_now": 2,
    },
    "leaves_household": {
        "occurred_on": "2026-09-30",
        "leaver": {**MATE, "new_address": address("Away", 7), "was_responsible": True},
        "reason": "hospital",
        "adults_remaining": 1,
    },
    "income_change": {
        "occurred_on": "2026-10-02",
        "person": MATE,
        "change": "rises",
        "income": INCOME,
        "previous_amount": "511.22",
    },
    "work_change": {
        "occurred_on": "2026-10-09",
        "person": MATE,
        "change": "starts",
        "employer": "Anytown Bakery",
        "hours_a_week": 30,
        "first_pay_on": "2026-10-30",
        "last_pay_on": "2026-10-31",
        "pay": "1450.33",
        "pay_frequency": "monthly",
        "disregard_change": {"disregard": "student", "change": "ended"},
    },
    "contact_change": {
        "occurred_on": "2026-10-14",
        "new_phone": "+447700900321",
        "new_email": "new@example.org",
        "new_language": "en",
        "new_large_print": True,
    },
    "withdrawal": {"occurred_on": "2026-10-15", "withdraws": "TUO-AAAA-BBBB-CCCC", "reason": "wrong_person"},
}


def document(kind: str, **changes: object) -> dict[str, Any]:
    """A full document of a kind, with these fields put otherwise; None leaves a field out."""
    told = {**COMMON, **FULL[kind], "kind": kind, **changes}
    return {field: value for field, value in told.items() if value is not None}


def event(kind: str, **changes: object) -> LifeEvent:
    return parse_life_event(document(kind, **changes), today=TODAY)


def facts(of: LifeEvent, *, case_reference: str | None = "CASE-1", told_on: date = date(2026, 10, 27)) -> Facts:
    earlier = DELIVERY if of.kind == "withdrawal" else None
    return Facts(
        event=of,
        subject=of.subject,
        told_at=datetime(told_on.year, told_on.month, told_on.day, 9, 31, 7, tzinfo=UTC),
        told_on=told_on,
        notification="TUO-7K3M-9QXA-2B4C",
        person="0f5e7c1a",
        sequence=41,
        case_reference=case_reference,
        earlier_delivery=earlier,
    )


def without(shape: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {field: value for field, value in shape.items() if field not in fields}
