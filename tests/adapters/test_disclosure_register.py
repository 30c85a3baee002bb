"""The data sharing agreement, written out: a change in what a department sees fails here and must be agreed first."""

from typing import get_args

import pytest

from adapters import council_tax, electoral_registration, housing_benefit
from broker.adapter import Adapter, Telling
from broker.disclosure import Disclosure

ADAPTERS: tuple[Adapter, ...] = (council_tax.adapter, housing_benefit.adapter, electoral_registration.adapter)

EVERY_COUNCIL_TAX_CHANGE = {
    "person": "person",
    "reference": "notification",
    "revision": "revision",
    "sequence": "sequence",
    "told_at": "told_at",
    "corrects": "earlier_delivery",
    "account": "case_reference",
    "safety": "rule: whereabouts must be kept",
}
EVERY_BENEFIT_CHANGE = {
    "claim": "case_reference",
    "told_on": "told_on",
    "counts_from": "rule: dates of the change",
    "told_late_for_reduction": "rule: told after 21 days",
}

REACHED = {
    "phone": "event.new_phone",
    "email": "event.new_email",
    "language": "event.new_language",
    "large_print": "event.new_large_print",
}
TAKEN_BACK = {"earlier_delivery": "earlier_delivery", "reason": "event.reason", "told_on": "told_on"}

#: department, life event: each field, and where it comes from
REGISTER: dict[tuple[str, str], dict[str, str]] = {
    ("council-tax", "move"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "name": "subject.name",
        "move": "event.direction",
        "moved_on": "event.occurred_on",
        "old_home": "event.previous_address",
        "new_home": "event.new_address",
        "emptied_on": "rule: old home empty from of a move within or out",
        "adults": "rule: adults known of",
        "liable_with": "rule: partners who moved too",
        "liable_at_new": "rule: responsible for tax of a move within or in",
        "tenure": "rule: tenure in brief",
        "tenancy_starts_on": "rule: tenancy starts on of a move within or in",
        "tenancy_ends_on": "rule: tenancy ends on of a move within or out",
        "landlord": "rule: landlord concerned",
        "single_person_discount": "rule: single person of a move within or in",
        "previous_council": "rule: previous council of a move in",
        "contact": "rule: contact details",
    },
    ("council-tax", "bereavement"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "name": "subject.name",
        "died_on": "event.occurred_on",
        "address": "subject.address",
        "adults_remaining": "event.adults_remaining",
        "survivor": "rule: name of the survivor",
        "executor": "rule: who deals with the estate",
        "left_empty": "rule: home left empty",
    },
    ("council-tax", "name_change"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "new_name": "event.new_name",
        "previous_name": "rule: previous name unless restricted",
        "changed_on": "event.occurred_on",
        "partner": "rule: name of partner who moves in",
        "partner_moved_in_on": "rule: day partner moved in",
    },
    ("council-tax", "joins_household"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "on": "event.occurred_on",
        "other": "rule: joiner if adult",
        "adult": "event.joiner.is_adult",
        "disregard": "event.joiner.disregard",
        "adults_now": "event.adults_now",
    },
    ("council-tax", "leaves_household"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "on": "event.occurred_on",
        "other": "event.leaver.name",
        "adults_now": "event.adults_remaining",
        "forwarding": "rule: where a liable leaver went",
    },
    ("council-tax", "work_change"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "name": "rule: name of the one meant",
        "disregard": "rule: disregard class",
        "change": "event.disregard_change.change",
        "on": "event.occurred_on",
    },
    ("council-tax", "contact_change"): {
        **EVERY_COUNCIL_TAX_CHANGE,
        "phone": "event.new_phone",
        "email": "event.new_email",
        "language": "event.new_language",
        "preferred": "rule: print wanted",
    },
    ("council-tax", "withdrawal"): {
        "person": "person",
        "reference": "notification",
        "revision": "revision",
        "sequence": "sequence",
        "told_at": "told_at",
        "withdraws": "earlier_delivery",
    },
    ("housing-benefit", "move"): {
        **EVERY_BENEFIT_CHANGE,
        "move": "event.direction",
        "occurred_on": "event.occurred_on",
        "name": "subject.name",
        "date_of_birth": "subject.date_of_birth",
        "nino": "subject.nino",
        "old_home": "rule: previous address of a move within or out",
        "new_home": "rule: new address of a move within or in",
        "address_may_be_shown": "rule: whereabouts may be shown",
        "household": "rule: household of a move within or in",
        "tenure": "rule: tenure of a move within or in",
        "landlord": "rule: landlord of a move within or in",
        "tenancy_starts_on": "rule: tenancy starts on of a move within or in",
        "tenancy_ends_on": "rule: tenancy ends on of a move within",
        "evidence": "rule: evidence of a move within or in",
    },
    ("housing-benefit", "bereavement"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "event.occurred_on",
        "award_ends_on": "rule: sunday of the week of death",
        "name": "subject.name",
        "date_of_birth": "subject.date_of_birth",
        "nino": "subject.nino",
        "home": "subject.address",
        "address_may_be_shown": "rule: whereabouts may be shown",
        "claimant_or_partner": "event.claimant_or_partner",
        "survivor": "rule: survivor who agreed",
        "estate": "rule: who deals with the estate",
    },
    ("housing-benefit", "birth"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "rule: day of live birth",
        "child": "rule: child born alive",
    },
    ("housing-benefit", "name_change"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "event.occurred_on",
        "previous_name": "rule: previous name unless restricted",
        "name": "event.new_name",
        "partner": "rule: partner who moves in",
        "partner_moved_in_on": "rule: day partner moved in",
        "evidence_seen": "event.evidence_seen",
    },
    ("housing-benefit", "joins_household"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "event.occurred_on",
        "joiner": "event.joiner",
        "income": "event.joiner.income",
        "evidence": "event.evidence",
    },
    ("housing-benefit", "leaves_household"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "event.occurred_on",
        "leaver": "event.leaver.name",
        "reason": "event.reason",
    },
    ("housing-benefit", "income_change"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "event.occurred_on",
        "person": "rule: the one meant",
        "change": "event.change",
        "income": "event.income",
        "evidence": "event.evidence",
    },
    ("housing-benefit", "work_change"): {
        **EVERY_BENEFIT_CHANGE,
        "occurred_on": "event.occurred_on",
        "person": "rule: the one meant",
        "change": "event.change",
        "employer": "event.employer",
        "hours_a_week": "event.hours_a_week",
        "first_pay_on": "event.first_pay_on",
        "last_pay_on": "event.last_pay_on",
        "evidence": "event.evidence",
    },
    ("housing-benefit", "contact_change"): {
        "claim": "case_reference",
        "told_on": "told_on",
        **REACHED,
    },
    ("housing-benefit", "withdrawal"): TAKEN_BACK,
    ("electoral-registration", "move"): {
        "move": "event.direction",
        "occurred_on": "event.occurred_on",
        "name": "rule: name if old enough",
        "adults": "rule: adults who moved too",
        "old_home": "rule: previous address of a move within or out",
        "new_home": "event.new_address",
        "address_may_be_shown": "rule: whereabouts may be shown",
        "invite_by": "rule: last day to invite",
        "contact": "rule: contact in the area",
    },
    ("electoral-registration", "bereavement"): {
        "occurred_on": "event.occurred_on",
        "name": "rule: name if old enough",
        "home": "subject.address",
        "address_may_be_shown": "rule: whereabouts may be shown",
        "evidence_class": "event.evidence_class",
        "informant": "rule: informant of the death",
        "registration": "event.registration",
    },
    ("electoral-registration", "name_change"): {
        "occurred_on": "event.occurred_on",
        "previous_name": "rule: previous name unless restricted",
        "name": "rule: name if old enough",
        "home": "subject.address",
        "address_may_be_shown": "rule: whereabouts may be shown",
        "contact": "rule: contact details",
    },
    ("electoral-registration", "joins_household"): {
        "occurred_on": "event.occurred_on",
        "name": "rule: name of joiner",
        "home": "subject.address",
        "address_may_be_shown": "rule: whereabouts may be shown",
        "invite_by": "rule: last day to invite",
        "phone": "event.joiner.phone",
        "email": "event.joiner.email",
    },
    ("electoral-registration", "leaves_household"): {
        "occurred_on": "event.occurred_on",
        "name": "rule: name of leaver",
        "old_home": "subject.address",
        "address_may_be_shown": "rule: whereabouts may be shown",
    },
    ("electoral-registration", "contact_change"): REACHED,
    ("electoral-registration", "withdrawal"): TAKEN_BACK,
}

#: the shapes inside those fields: module and class, and the fields of each
SHAPES: dict[str, str] = {
    "adapters.council_tax.disclosures.PartyName": "forenames surname",
    "adapters.council_tax.disclosures.Home": "lines postcode uprn",
    "adapters.council_tax.disclosures.Reach": "name phone email address language",
    "adapters.housing_benefit.disclosures.CountsFrom": "effective_on told_late if_beneficial_and_late_on why_not",
    "broker.fragments.SeenName": "title forenames surname",
    "broker.fragments.SeenAddress": "state lines postcode uprn country",
    "broker.fragments.SeenMember": "name date_of_birth relationship",
    "broker.fragments.SeenLandlord": "name address",
    "broker.fragments.SeenEvidence": "kind seen reference needed_by",
    "broker.fragments.SeenPerson": "name date_of_birth nino",
    "broker.fragments.SeenParty": "name phone email address",
    "adapters.housing_benefit.disclosures.Joiner": "name date_of_birth nino relationship is_partner",
    "broker.fragments.SeenIncome": "income_kind amount frequency",
    "broker.fragments.SeenContact": "phone email language large_print",
    "adapters.electoral_registration.disclosures.Informant": "name address relationship declaration",
    "adapters.electoral_registration.disclosures.Registration": "source number district tuo_reference",
}


TOLD = [(adapter, telling) for adapter in ADAPTERS for telling in adapter.tellings]


def shapes_in(annotation: object) -> dict[str, str]:
    """Every disclosure inside a field, with its fields."""
    found: dict[str, str] = {}
    for part in get_args(annotation):
        found |= shapes_in(part)
    if isinstance(annotation, type) and issubclass(annotation, Disclosure):
        found[f"{annotation.__module__}.{annotation.__name__}"] = " ".join(annotation.model_fields)
        for field in annotation.model_fields.values():
            found |= shapes_in(field.annotation)
    return found


def test_the_register_has_a_row_for_each_department_and_life_event_that_it_is_told_of() -> None:
    assert {(adapter.department, telling.kind.kind) for adapter, telling in TOLD} == set(REGISTER)


@pytest.mark.parametrize(
    ("adapter", "telling"), TOLD, ids=lambda one: getattr(one, "department", None) or one.kind.kind
)
def test_a_department_sees_the_fields_that_were_agreed_and_no_others(adapter: Adapter, telling: Telling) -> None:
    seen = {field.name: field.origin for field in telling.sees.register()}
    assert seen == REGISTER[adapter.department, telling.kind.kind]
    assert set(telling.sees.model_fields) == set(seen), "a field that says neither where it comes from nor why"
    assert all(len(field.why) > 5 for field in telling.sees.register())


def test_the_shapes_inside_the_fields_are_those_that_were_agreed() -> None:
    found: dict[str, str] = {}
    for _, telling in TOLD:
        for field in telling.sees.model_fields.values():
            found |= shapes_in(field.annotation)
    assert found == SHAPES
