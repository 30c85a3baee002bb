"""No value reaches a department from a field that it may not see, whatever was told and whatever was left out."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from adapters import council_tax, electoral_registration, housing_benefit
from broker.adapter import Adapter, Telling
from broker.disclosure import Disclosure
from schemas.kinds import parse_life_event
from schemas.problems import Invalid
from tests.adapters.told import COMMON, FULL, SUBJECT, TODAY, document, event, facts, without

ADAPTERS: tuple[Adapter, ...] = (council_tax.adapter, housing_benefit.adapter, electoral_registration.adapter)
TOLD = [(adapter, telling) for adapter in ADAPTERS for telling in adapter.tellings]
EACH = pytest.mark.parametrize(
    ("adapter", "telling"), TOLD, ids=lambda one: getattr(one, "department", None) or one.kind.kind
)

WHO = "subject.name subject.date_of_birth subject.nino"
PLAIN = "subject.name.forenames subject.name.surname"
REACH = "subject.phone subject.email"
ESTATE = "estate.name estate.address estate.phone estate.email"
EVIDENCE = "evidence.reference evidence.needed_by"
NEW_REACH = "new_phone new_email"
#: every part of a full life event whose value a department may ever see; a part stands for all that is in it
MAY_SEE = {
    ("council-tax", "move"): f"{PLAIN} {REACH} told_at occurred_on previous_address new_address old_home_empty_from"
    " household.name.forenames household.name.surname tenancy_starts_on tenancy_ends_on landlord previous_landlord"
    " previous_council",
    ("council-tax", "bereavement"): f"{PLAIN} told_at occurred_on subject.address survivor.name.forenames"
    f" survivor.name.surname {ESTATE}",
    ("council-tax", "name_change"): "told_at occurred_on new_name.forenames new_name.surname previous_name.forenames"
    " previous_name.surname partner.name.forenames partner.name.surname partner.moved_in_on",
    ("council-tax", "joins_household"): "told_at occurred_on joiner.name.forenames joiner.name.surname",
    ("council-tax", "leaves_household"): "told_at occurred_on leaver.name.forenames leaver.name.surname"
    " leaver.new_address",
    ("council-tax", "work_change"): f"told_at occurred_on person.name.forenames person.name.surname {PLAIN}",
    ("council-tax", "contact_change"): f"told_at {NEW_REACH}",
    ("council-tax", "withdrawal"): "told_at",
    ("housing-benefit", "move"): f"{WHO} occurred_on previous_address new_address household.name"
    f" household.date_of_birth tenancy_starts_on tenancy_ends_on landlord {EVIDENCE}",
    ("housing-benefit", "bereavement"): f"{WHO} occurred_on subject.address survivor.name survivor.date_of_birth"
    f" survivor.nino {ESTATE}",
    ("housing-benefit", "birth"): "occurred_on child.name",
    ("housing-benefit", "name_change"): "occurred_on new_name previous_name partner",
    ("housing-benefit", "joins_household"): "occurred_on joiner.name joiner.date_of_birth joiner.nino"
    f" joiner.income.amount {EVIDENCE}",
    ("housing-benefit", "leaves_household"): "occurred_on leaver.name",
    ("housing-benefit", "income_change"): f"occurred_on {WHO} person income.amount {EVIDENCE}",
    ("housing-benefit", "work_change"): f"occurred_on {WHO} person employer first_pay_on last_pay_on {EVIDENCE}",
    ("housing-benefit", "contact_change"): NEW_REACH,
    ("housing-benefit", "withdrawal"): "",
    ("electoral-registration", "move"): f"subject.name {REACH} occurred_on previous_address new_address household.name",
    ("electoral-registration", "bereavement"): "subject.name subject.address occurred_on informant.name"
    " informant.address registration.number registration.district registration.tuo_reference",
    ("electoral-registration", "name_change"): f"new_name previous_name subject.address {REACH} occurred_on",
    ("electoral-registration", "joins_household"): "joiner.name joiner.phone joiner.email subject.address occurred_on",
    ("electoral-registration", "leaves_household"): "leaver.name subject.address occurred_on",
    ("electoral-registration", "contact_change"): NEW_REACH,
    ("electoral-registration", "withdrawal"): "",
}


def canaries(told: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document that could be recognised elsewhere, with its path; words of a list are no canaries."""
    match told:
        case dict():
            for field, value in told.items():
                yield from canaries(value, f"{path}.{field}" if path else field)
        case list():
            for value in told:
                yield from canaries(value, path)
        case str() if len(told) > 4 and not re.fullmatch(r"[a-z_]+", told):
            yield path, told


def allowed(path: str, parts: list[str]) -> bool:
    return any(path == part or path.startswith(f"{part}.") for part in parts)


def visible(telling: Telling, of: dict[str, Any]) -> str:
    """Everything a department would see, as text; what cannot be told at all is not judged here."""
    try:
        told = parse_life_event(of, today=TODAY)
        view = telling.sees.of(facts(told))
    except (Invalid, ValidationError):
        assume(False)
        raise
    return json.dumps(view.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


def test_every_canary_is_found_in_one_place_only() -> None:
    for kind in FULL:
        values = [value for _, value in canaries(document(kind))]
        assert len(values) == len(set(values)), kind


@EACH
@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_leaks_whatever_was_told_and_left_out(adapter: Adapter, telling: Telling, data: st.DataObject) -> None:
    kind = telling.kind.kind
    drop = data.draw(st.sets(st.sampled_from(sorted(FULL[kind].keys() | COMMON.keys())), max_size=4))
    drop_of_subject = data.draw(st.sets(st.sampled_from(sorted(SUBJECT)), max_size=3))
    told = without(document(kind), *drop)
    if "subject" in told:
        told["subject"] = without(told["subject"], *drop_of_subject)
    if kind == "move":
        told["direction"] = data.draw(st.sampled_from(["within", "in", "out"]))
    parts = MAY_SEE[adapter.department, kind].split()
    seen = visible(telling, told)
    for path, value in canaries(told):
        assert allowed(path, parts) or value not in seen, path


@EACH
def test_what_a_department_may_see_of_a_full_life_event_it_does_see(adapter: Adapter, telling: Telling) -> None:
    kind = telling.kind.kind
    ways = [{"direction": way} for way in ("within", "in", "out")] if kind == "move" else [{}, {"person": None}]
    told = [document(kind, **way) for way in ways]
    seen = " ".join(visible(telling, one) for one in told)
    unseen = {
        part
        for part in MAY_SEE[adapter.department, kind].split()
        if not any(allowed(path, [part]) and value in seen for one in told for path, value in canaries(one))
    }
    assert unseen == set()


# -- what a disclosure can hold


def parts_of(annotation: object) -> Iterator[type]:
    """Every class in an annotation, and in the disclosures it names."""
    for part in get_args(annotation):
        yield from parts_of(part)
    if isinstance(annotation, type):
        yield annotation
        if issubclass(annotation, Disclosure):
            for field in annotation.model_fields.values():
                yield from parts_of(field.annotation)


@EACH
def test_a_disclosure_holds_plain_values_and_disclosures_and_no_part_of_a_schema(
    adapter: Adapter, telling: Telling
) -> None:
    for part in parts_of(telling.sees):
        assert issubclass(part, Disclosure) or not issubclass(part, BaseModel), part
        assert not part.__module__.startswith("schemas"), part


@EACH
def test_a_field_that_was_not_declared_cannot_be_put_in(adapter: Adapter, telling: Telling) -> None:
    view = telling.sees.of(facts(event(telling.kind.kind))).model_dump(mode="json", exclude_none=True)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        telling.sees.model_validate({**view, "nhs_number": "9990000018"})


@EACH
def test_a_view_is_the_same_after_it_travelled_as_a_letter(adapter: Adapter, telling: Telling) -> None:
    view = telling.sees.of(facts(event(telling.kind.kind)))
    letter = json.dumps(view.model_dump(mode="json", exclude_none=True))
    assert telling.sees.model_validate_json(letter) == view
