"""What cannot be accepted although each field alone could, and what should be confirmed."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import jsonschema_rs
import pytest

from schemas import today as today_module
from schemas.kinds import life_events, parse_life_event
from schemas.problems import Invalid, problems_of, warnings_of
from schemas.today import london_today
from schemas.variants import Variant, json_schema, judge_variant

TODAY = date(2026, 11, 1)


def told(kind: str, /, **changes: object) -> dict[str, Any]:
    """Take the example of a kind and change fields named like subject__date_of_birth; None takes a field away."""
    document: dict[str, Any] = deepcopy(dict(life_events()[kind].EXAMPLE))
    for path, value in changes.items():
        *outer, last = path.split("__")
        inner = document
        for step in outer:
            inner = inner.setdefault(step, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return document


def refusals(document: dict[str, Any], today: date = TODAY) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse_life_event(document, today=today)
    return {(problem.field, problem.code) for problem in caught.value.problems}


def warnings(document: dict[str, Any], today: date = TODAY) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in warnings_of(parse_life_event(document, today=today), today)}


OVERSEAS = {"state": "overseas", "lines": ["8 rue Exemple", "Paris"], "postcode": "75008"}


@pytest.mark.parametrize(
    ("document", "field", "code"),
    [
        (told("bereavement", occurred_on="2026-11-02"), "occurred_on", "date_in_future"),
        (told("bereavement", occurred_on="2027"), "occurred_on", "date_in_future"),
        (told("bereavement", occurred_on="1937-05"), "occurred_on", "date_before_birth"),
        (
            told("bereavement", registration__registered_on="2026-09-30"),
            "registration.registered_on",
            "date_before_death",
        ),
        (told("bereavement", registration__registered_on="2026-11-02"), "registration.registered_on", "date_in_future"),
        (told("bereavement", informant=None), "informant", "missing"),
        (told("bereavement", informant__relationship=None), "informant.relationship", "missing"),
        (told("bereavement", informant__penalty_declaration=None), "informant.penalty_declaration", "missing"),
        (told("bereavement", informant__is_next_of_kin=None), "informant.is_next_of_kin", "missing"),
        (told("bereavement", informant__deals_with_estate="yes"), "informant.deals_with_estate", "wrong_type"),
        (told("bereavement", informant__is_subject=True), "informant.is_subject", "informant_is_subject"),
        (told("bereavement", survivor__date_of_birth=None), "survivor.nino", "missing"),
        (told("bereavement", survivor__date_of_birth="2026-11-02"), "survivor.date_of_birth", "date_in_future"),
        (told("bereavement", estate__held_by="company"), "estate.company", "missing"),
        (told("bereavement", estate__name=None), "estate.name", "missing"),
        (told("birth", occurred_on="2026-10-30", registered_on="2026-11-02"), "registered_on", "date_in_future"),
        (told("move", landlord__name=" "), "landlord.name", "missing"),
        (told("bereavement", adults_remaining=-1), "adults_remaining", "out_of_range"),
        (told("bereavement", adults_remaining=10**20), "adults_remaining", "out_of_range"),
        (told("bereavement", adults_remaining="1"), "adults_remaining", "wrong_type"),
        (told("birth", occurred_on="2026-11-02", registered_on=None), "occurred_on", "date_in_future"),
        (told("birth", registered_on="2026-09-20"), "registered_on", "date_before_birth"),
        (told("birth", child=None), "child", "missing"),
        (told("birth", outcome="still"), "child", "not_wanted"),
        (told("move", occurred_on="2027-11-03"), "occurred_on", "date_in_future"),
        (told("move", occurred_on="1984"), "occurred_on", "bad_date"),
        (told("move", occurred_on="1984-01-01"), "occurred_on", "date_before_birth"),
        (told("move", previous_address=None), "previous_address", "missing"),
        (told("move", new_address=None), "new_address", "missing"),
        (told("move", direction="in", new_address=None), "new_address", "missing"),
        (told("move", direction="out", previous_address=None), "previous_address", "missing"),
        (told("move", told_at="2026-11-02T09:00:00Z"), "told_at", "date_in_future"),
        (told("move", subject={}), "subject", "person_missing"),
        (told("move", subject={"phone": "07700 900123"}), "subject", "person_missing"),
        (told("move", subject__date_of_birth="2026-11-02"), "subject.date_of_birth", "date_in_future"),
        (told("move", new_address__postcode=None), "new_address.postcode", "missing"),
        (told("move", new_address__lines=[]), "new_address.lines", "missing"),
        (told("move", new_address__lines=["a"] * 6), "new_address.lines", "too_long"),
        (told("move", new_address__lines=["a" * 256]), "new_address.lines.0", "too_long"),
        (told("move", new_address__lines=["a\nb"]), "new_address.lines.0", "control_character"),
        (told("move", new_address__lines=["a\u202eb"]), "new_address.lines.0", "hidden_character"),
        (told("move", new_address__postcode="75008"), "new_address.postcode", "postcode_format"),
        (told("move", new_address__postcode="GIR 0AA"), "new_address.postcode", "postcode_unknown"),
        (told("move", new_address__uprn="1000000000001"), "new_address.uprn", "uprn_format"),
        (told("move", new_address__uprn=199356), "new_address.uprn", "wrong_type"),
        (told("move", new_address=OVERSEAS), "new_address.country", "missing"),
        (told("move", household=[{"name": {"surname": "Okafor"}}] * 21), "household", "too_long"),
        (told("move", single_person=1), "single_person", "wrong_type"),
        (told("move", direction="sideways"), "direction", "unknown_value"),
        (told("move", client_reference="QQ123456A"), "client_reference", "reference_is_personal_data"),
        (
            told("move", subject__references=[{"department": "council-tax", "reference": "qq 12 34 56 a"}]),
            "subject.references.0.reference",
            "reference_is_personal_data",
        ),
        (
            told("move", subject__references=[{"department": "Council Tax", "reference": "1"}]),
            "subject.references.0.department",
            "department_format",
        ),
        (told("name_change", occurred_on="2026-11-02"), "occurred_on", "date_in_future"),
        (told("name_change", new_name=told("name_change")["previous_name"]), "new_name", "nothing_changed"),
        (told("name_change", evidence_seen="seen"), "evidence_seen", "wrong_type"),
        (told("joins_household", joiner__date_of_birth="2026-11-02"), "joiner.date_of_birth", "date_in_future"),
        (told("joins_household", joiner__income={"amount": 1}), "joiner.income.amount", "amount_format"),
        (told("income_change", income__amount=412.5), "income.amount", "amount_format"),
        (told("income_change", income__amount="-1.00"), "income.amount", "amount_format"),
        (told("income_change", income__amount="1.005"), "income.amount", "amount_format"),
        (told("work_change", hours_a_week=169), "hours_a_week", "out_of_range"),
        (told("work_change", last_pay_on="2026-10-29"), "last_pay_on", "date_order"),
        (
            told("contact_change", new_phone=None, new_email=None, new_language=None),
            "",
            "nothing_changed",
        ),
        (told("contact_change", new_language="English"), "new_language", "language_format"),
        (told("withdrawal", withdraws="QQ123456A"), "withdraws", "reference_is_personal_data"),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_field(document: dict[str, Any], field: str, code: str) -> None:
    assert (field, code) in refusals(document)


@pytest.mark.parametrize(
    ("document", "confirm"),
    [
        (told("move", subject__date_of_birth="1895-01-01"), {"subject.date_of_birth"}),
        (told("move", subject__date_of_birth="1890-01-01"), {"subject.date_of_birth"}),
        (told("move", subject__date_of_birth="1914-12"), {"subject.date_of_birth"}),
        (told("move", subject__date_of_birth="1915-01-01"), set()),
        (told("move", occurred_on="2026-11-15"), set()),
        (told("move", occurred_on="2026-11-16"), {"occurred_on"}),
        (told("move", occurred_on="2025-11-01"), set()),
        (told("move", occurred_on="2025-10-31"), {"occurred_on"}),
        (told("birth", occurred_on="2026-09-20", registered_on=None), set()),
        (told("birth", occurred_on="2026-09-19", registered_on=None), {"registered_on"}),
        (told("birth", outcome="still", child=None), set()),
        (told("name_change", subject__date_of_birth="2008-09-12"), set()),
        (told("name_change", subject__date_of_birth="2008-09-13"), {"subject.date_of_birth"}),
        (told("name_change", partner__date_of_birth="2009-01-01"), {"partner.date_of_birth"}),
        (told("name_change", reason="deed_poll", subject__date_of_birth="2015-01-01"), set()),
        (told("bereavement", occurred_on="2026"), set()),
    ],
)
def test_what_is_unusual_is_accepted_and_should_be_confirmed(document: dict[str, Any], confirm: set[str]) -> None:
    assert warnings(document) == {(field, "date_unusual") for field in confirm}


@pytest.mark.parametrize(
    "document",
    [
        told("move", direction="in", previous_address=None, previous_council="Othertown"),
        told("move", direction="out", new_address=None, next_council="Othertown"),
        told("move", new_address={**OVERSEAS, "country": "France"}, direction="out"),
        told("move", new_address={"state": "no_fixed_abode"}),
        told("move", new_address__lines=["=1+1 High Street"]),
        told("move", subject={"name": {"surname": "Suharto"}}),
        told("move", subject={"nino": "qq 12 34 56 c"}),
        told("move", subject__address_may_be_shown=False),
        told("bereavement", occurred_on="2026-11-01", registration=None),
        told("bereavement", occurred_on="2026-10"),
    ],
)
def test_what_happens_to_real_people_is_accepted(document: dict[str, Any]) -> None:
    event = parse_life_event(document, today=TODAY)
    assert parse_life_event(event.as_document(), today=TODAY) == event


def test_a_hidden_address_stays_marked() -> None:
    event = parse_life_event(told("move", subject__address_may_be_shown=False), today=TODAY)
    assert event.as_document()["subject"]["address_may_be_shown"] is False  # type: ignore[index]


def test_just_after_midnight_in_summer_it_is_already_today_in_london(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls(2026, 7, 1, 23, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(today_module, "datetime", Clock)
    assert london_today() == date(2026, 7, 2)
    document = told("bereavement", occurred_on="2026-07-02", registration=None, told_at="2026-07-02T00:30:00")
    assert parse_life_event(document).happened.whole == date(2026, 7, 2)
    assert ("occurred_on", "date_in_future") in refusals(
        {**document, "occurred_on": "2026-07-03"}, today=london_today()
    )


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        (told("move", subject__date_of_birth="1985"), {("subject.date_of_birth", "date_incomplete")}),
        (told("move", subject__nino=None, subject__phone=None), {("subject.nino", "missing")}),
        (told("move", subject__nino=None), set()),
        (
            told("move", informant={}),
            {("informant.name", "missing"), ("informant.relationship", "missing"), ("informant.phone", "missing")},
        ),
        (
            told("move", informant={"name": {"surname": "Reed"}, "relationship": "friend", "email": "r@example.org"}),
            set(),
        ),
        (told("bereavement", informant__phone=None, informant__address=None), {("informant.phone", "missing")}),
    ],
)
def test_a_person_we_are_not_sure_of_is_asked_about(document: dict[str, Any], missing: set[tuple[str, str]]) -> None:
    event = parse_life_event(document, today=TODAY)
    for variant in (Variant.UNSURE, Variant.UNKNOWN):
        assert {(problem.field, problem.code) for problem in judge_variant(event, variant, TODAY)} == missing
    assert judge_variant(event, Variant.MATCHED, TODAY) == ()


def test_the_contract_asks_for_details_that_are_not_null() -> None:
    judge = jsonschema_rs.Draft202012Validator(json_schema("move", Variant.UNKNOWN))
    assert judge.is_valid(told("move"))
    assert not judge.is_valid(told("move", subject__nino=None, subject__phone=None))
    nothing: dict[str, Any] = told("move")
    nothing["subject"].update(nino=None, phone=None)
    assert not judge.is_valid(nothing)
    assert not judge.is_valid(told("move", informant={"is_subject": False}))
    assert not judge.is_valid(told("move", new_address__postcode=None))
    assert not judge.is_valid(told("move", new_address=OVERSEAS))


def test_a_life_event_is_not_read_as_another() -> None:
    with pytest.raises(ValueError, match="unknown_kind"):
        life_events()["birth"].model_validate(told("move"))


CANARY = "Zanzibar QQ123456C 4111"


def swap_leaves(value: object, swap: Callable[[object], object]) -> object:
    match value:
        case dict():
            return {key: swap_leaves(inner, swap) for key, inner in value.items()}
        case list():
            return [swap_leaves(inner, swap) for inner in value]
        case _:
            return swap(value)


@pytest.mark.parametrize("kind", sorted(life_events()))
@pytest.mark.parametrize(
    "canary", [CANARY, CANARY * 100, f"{{{CANARY}}}\n\u202e", [CANARY], {CANARY: CANARY}, 20261101.5]
)
def test_a_problem_never_shows_what_was_told(kind: str, canary: object) -> None:
    sent = swap_leaves(told(kind), lambda _: canary)
    assert isinstance(sent, dict)
    with pytest.raises(Invalid) as caught:
        parse_life_event({**sent, "kind": kind, "schema_version": "1.0", CANARY: CANARY}, today=TODAY)
    seen = f"{caught.value!r} {caught.value} {caught.value.problems}"
    assert "Zanzibar" not in seen
    assert "QQ123456C" not in seen
    assert "20261101" not in seen
    assert len(caught.value.problems) > 3
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_field_whose_name_could_be_personal_is_not_named() -> None:
    assert ("subject", "unknown_field") in refusals(told("move", subject__QQ123456C="x"))
    assert ("subject.colour", "unknown_field") in refusals(told("move", subject__colour="x"))


def test_pydantics_own_error_hides_the_value_too() -> None:
    with pytest.raises(ValueError, match="nino_format") as caught:
        life_events()["move"].model_validate(told("move", subject__nino=CANARY))
    assert "Zanzibar" not in str(caught.value)
    assert problems_of(caught.value)[0].field == "subject.nino"  # type: ignore[arg-type]
