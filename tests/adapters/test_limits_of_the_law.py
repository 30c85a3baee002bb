"""What the law keeps departments from being told, or from being asked to do."""

from typing import Any

import pytest

from adapters import council_tax, electoral_registration, housing_benefit
from broker.adapter import Adapter
from schemas.outcome import OutcomeKind
from tests.adapters.told import CHILD, FULL, MATE, SUBJECT, address, event, facts, name, without

ADAPTERS = (council_tax.adapter, housing_benefit.adapter, electoral_registration.adapter)
EACH = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.department)


def seen(adapter: Adapter, kind: str, **changes: object) -> dict[str, Any]:
    """What a department would see if it were told, whether or not it is."""
    told = event(kind, **changes)
    telling = adapter.telling(type(told))
    assert telling is not None
    return telling.sees.of(facts(told)).model_dump(mode="json", exclude_none=True)


def is_told(adapter: Adapter, kind: str, **changes: object) -> bool:
    told = event(kind, **changes)
    telling = adapter.telling(type(told))
    return telling is not None and telling.when(facts(told))


# -- voters


def test_an_adviser_never_says_that_a_move_changes_the_register() -> None:
    says = electoral_registration.adapter.telling(type(event("move")))
    assert says is not None
    assert "invitation to register" in says.says[OutcomeKind.REFERRED]
    for outcome in (OutcomeKind.ACCEPTED, OutcomeKind.REFERRED, OutcomeKind.NOT_HELD):
        assert "Moving does not change the register by itself." in says.says[outcome]


@pytest.mark.parametrize("direction", ["within", "in", "out"])
def test_a_move_gives_the_office_facts_and_no_instruction_about_the_register(direction: str) -> None:
    told = seen(electoral_registration.adapter, "move", direction=direction)
    assert not {"register", "remove", "transfer", "elector", "postal_vote"} & set(told)
    assert ("invite_by" in told) is (direction != "out")


def test_a_death_gives_the_office_the_evidence_the_relationship_and_the_declaration_to_judge() -> None:
    informant = {**FULL["bereavement"]["informant"], "relationship": "friend", "penalty_declaration": False}
    told = seen(electoral_registration.adapter, "bereavement", informant=informant, evidence_class="other_report")
    assert told["evidence_class"] == "other_report"
    assert told["informant"]["relationship"] == "friend"
    assert told["informant"]["declaration"] is False
    assert told["informant"]["name"]
    assert told["informant"]["address"]


# -- children


@pytest.mark.parametrize("born", ["2012-10-06", "2020", "2015-03"])
def test_electoral_services_never_hear_of_a_child_who_joins_leaves_moves_dies_or_is_renamed(born: str) -> None:
    office = electoral_registration.adapter
    child = {**CHILD, "date_of_birth": born}
    young = {**SUBJECT, "date_of_birth": born}
    assert not is_told(office, "joins_household", joiner={**child, "is_adult": False})
    assert not is_told(office, "joins_household", joiner={**child, "is_adult": True})
    assert not is_told(office, "leaves_household", leaver=child)
    assert not is_told(office, "move", subject=young, household=[])
    for kind in ("bereavement", "name_change", "contact_change"):
        assert not is_told(office, kind, subject=young)
    assert "Surchild" not in str(seen(office, "move", household=[child]))


def test_an_adult_who_moves_with_a_child_is_invited_and_the_child_is_not_named() -> None:
    told = seen(
        electoral_registration.adapter, "move", subject={**SUBJECT, "date_of_birth": "2015-01-01"}, household=[MATE]
    )
    assert "name" not in told
    assert [adult["surname"] for adult in told["adults"]] == ["Surmate"]


@pytest.mark.parametrize(("born", "told"), [("2010-10-03", True), ("2010-10-04", False)])
def test_electoral_services_hear_of_a_joiner_from_the_sixteenth_birthday(born: str, told: bool) -> None:
    joiner = {**CHILD, "date_of_birth": born, "is_adult": False}
    assert is_told(electoral_registration.adapter, "joins_household", occurred_on="2026-10-03", joiner=joiner) is told


@pytest.mark.parametrize(("born", "counted"), [("2008-10-05", 2), ("2008-10-06", None), ("2008", None)])
def test_somebody_who_moved_too_counts_as_an_adult_from_the_eighteenth_birthday(born: str, counted: int | None) -> None:
    household = [{**CHILD, "date_of_birth": born}]
    told = seen(council_tax.adapter, "move", occurred_on="2026-10-05", household=household)
    assert told.get("adults") == counted
    office = seen(electoral_registration.adapter, "move", occurred_on="2026-10-05", household=household)
    assert len(office["adults"]) == (1 if counted else 0)


def test_council_tax_is_told_that_a_child_joined_and_not_which() -> None:
    told = seen(council_tax.adapter, "joins_household", joiner={**CHILD, "is_adult": False})
    assert told["adult"] is False
    assert "other" not in told


# -- still-births


@EACH
def test_a_still_birth_is_told_to_nobody(adapter: Adapter) -> None:
    assert not is_told(adapter, "birth", outcome="still", child=None)


def test_a_birth_corrected_to_a_still_birth_passes_nothing_on_of_it() -> None:
    told = seen(housing_benefit.adapter, "birth", outcome="still", child=None)
    assert set(told) == {"claim", "told_on", "told_late_for_reduction"}


# -- whereabouts and names that must be kept


@EACH
@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("kind", sorted(FULL))
def test_whoever_sees_an_address_sees_whether_it_may_be_shown(adapter: Adapter, kind: str, shown: bool) -> None:
    told = event(kind, subject={**SUBJECT, "address_may_be_shown": shown})
    telling = adapter.telling(type(told))
    if telling is None:
        return
    view = telling.sees.of(facts(told)).model_dump(mode="json", exclude_none=True)
    flag = not view["safety"] if "safety" in view else view.get("address_may_be_shown")
    assert flag is shown or (flag is None and "postcode" not in str(view))


@EACH
def test_where_a_hidden_leaver_went_is_told_to_nobody(adapter: Adapter) -> None:
    leaver = {**FULL["leaves_household"]["leaver"], "address_may_be_shown": False}
    told = seen(adapter, "leaves_household", leaver=leaver)
    assert "Away" not in str(told)
    assert told.get("safety", True) is True
    assert told.get("address_may_be_shown", False) is False


@pytest.mark.parametrize(("responsible", "forwarded"), [(True, True), (False, False), (None, False)])
def test_council_tax_is_told_where_a_leaver_went_only_if_they_were_liable(
    responsible: bool | None, forwarded: bool
) -> None:
    leaver = without(FULL["leaves_household"]["leaver"], "was_responsible")
    if responsible is not None:
        leaver["was_responsible"] = responsible
    assert ("forwarding" in seen(council_tax.adapter, "leaves_household", leaver=leaver)) is forwarded


@EACH
def test_a_restricted_previous_name_is_told_to_nobody(adapter: Adapter) -> None:
    known_as = {**SUBJECT, "name": name("maiden")}
    told = seen(adapter, "name_change", subject=known_as, previous_name={**name("maiden"), "restricted": True})
    assert "maiden" not in str(told)
    assert "Surmarried" in str(told)


@EACH
def test_a_survivor_who_did_not_agree_is_named_to_nobody(adapter: Adapter) -> None:
    survivor = {**FULL["bereavement"]["survivor"], "permission_to_share": False, "deals_with_estate": True}
    assert "survivor" not in str(seen(adapter, "bereavement", survivor=survivor, estate=None)).lower()


@EACH
def test_a_partner_who_lives_elsewhere_is_named_to_nobody(adapter: Adapter) -> None:
    partner = {**MATE, "moves_in": False}
    assert "mate" not in str(seen(adapter, "name_change", partner=partner))


def test_benefits_are_not_told_the_new_home_of_somebody_who_moved_out() -> None:
    told = seen(housing_benefit.adapter, "move", direction="out")
    assert not {"new_home", "household", "tenure", "landlord", "tenancy_starts_on", "evidence"} & set(told)


# -- dates for benefits


def test_a_beneficial_change_told_late_has_both_days_and_the_office_decides() -> None:
    told = event("income_change", occurred_on="2026-08-05")
    telling = housing_benefit.adapter.telling(type(told))
    assert telling is not None
    dates = telling.sees.of(facts(told)).model_dump(mode="json", exclude_none=True)["counts_from"]
    assert dates == {"effective_on": "2026-08-10", "told_late": True, "if_beneficial_and_late_on": "2026-11-02"}


@pytest.mark.parametrize(("direction", "effective_on"), [("within", "2026-10-07"), ("out", "2026-10-12"), ("in", None)])
def test_a_move_counts_from_the_day_a_move_out_from_the_monday_after_and_a_move_in_is_a_new_claim(
    direction: str, effective_on: str | None
) -> None:
    told = seen(housing_benefit.adapter, "move", direction=direction, occurred_on="2026-10-07")
    assert told.get("counts_from", {}).get("effective_on") == effective_on
    assert told["told_on"] == "2026-10-27"


def test_a_death_known_to_the_month_has_no_effective_date_and_says_why() -> None:
    told = seen(housing_benefit.adapter, "bereavement", occurred_on="2026-09", registration=None)
    assert told["occurred_on"] == "2026-09"
    assert "award_ends_on" not in told
    assert told["counts_from"] == {"told_late": False, "why_not": "the date is not known to the day"}


# -- what advisers read out


@EACH
def test_what_an_adviser_reads_out_has_no_blank_but_the_day_and_the_receipt(adapter: Adapter) -> None:
    for telling in adapter.tellings:
        assert {OutcomeKind.ACCEPTED, OutcomeKind.REFERRED, OutcomeKind.NOT_HELD} <= set(telling.says)
        for outcome, sentence in telling.says.items():
            filled = sentence.format(by="3 May", receipt="R-1")
            assert ("3 May" in filled) is (outcome is OutcomeKind.REFERRED)
            assert filled.endswith(".")


def test_somebody_of_no_fixed_abode_has_no_address_to_send() -> None:
    told = seen(council_tax.adapter, "move", direction="out", new_address={"state": "no_fixed_abode"})
    assert "new_home" not in told


def test_an_address_overseas_keeps_its_country() -> None:
    abroad = {**without(address("Rue", 9), "uprn"), "state": "overseas", "country": "Ireland"}
    assert seen(council_tax.adapter, "move", direction="out", new_address=abroad)["new_home"]["lines"][-1] == "Ireland"
