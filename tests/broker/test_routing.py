from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import ids, routing
from broker.adapter import Adapter, HandOver
from broker.checks import Known
from broker.decision import Proceed
from broker.notification import Notification
from broker.person import Matched
from schemas.delivery import DeliveryLetter
from schemas.kinds import parse_life_event
from schemas.variants import Variant
from tests.broker.departments import ALLOTMENTS, LIBRARIES, ONLY_WITHIN, PARKING, allotments, libraries, parking
from tests.broker.worlds import BEN, START, contact_change, death, move, withdrawal

DEPARTMENTS = (libraries(), parking(), allotments())
KNOWN = Known(match=Matched(person=BEN, comparisons=(), because="All agree."))
had = st.dictionaries(st.sampled_from([LIBRARIES, PARKING, ALLOTMENTS, "long-gone"]), st.uuids().map(str))


def notification(document: Mapping[str, object], *, corrects: str | None = None) -> Notification:
    return Notification(
        id=str(ids.notification_id("test", "1")),
        reference="TUO-1111-2222-3333",
        seq=12,
        event=parse_life_event(document, today=START.date()),
        source="test",
        told_at=START,
        recorded_at=START,
        corrects=corrects,
        withdraws="earlier" if document["kind"] == "withdrawal" else None,
    )


def choose(told: Notification, known: Known = KNOWN, adapters: tuple[Adapter, ...] = DEPARTMENTS) -> routing.Route:
    decided = Proceed(person=BEN.id, subject=told.event.subject, variant=Variant.MATCHED)
    return routing.choose(told, decided, adapters, known)


def departments(route: routing.Route) -> list[str]:
    return sorted(one.department for one in route.deliveries)


def test_each_department_is_told_what_it_may_see_under_an_identity_that_never_changes() -> None:
    told = notification(move())
    route = choose(told)
    assert departments(route) == [ALLOTMENTS, LIBRARIES, PARKING]
    assert choose(told) == route
    for one in route.deliveries:
        letter = DeliveryLetter.model_validate_json(one.letter)
        assert letter.id == one.id == str(ids.delivery_id(UUID(told.id), one.department, 1))
        assert (letter.subject, letter.sequence, letter.revision) == (BEN.id, 12, 1)
        assert (letter.notification, letter.department) == ("TUO-1111-2222-3333", one.department)
        assert letter.data == {"notification": "TUO-1111-2222-3333", "surname": "Okafor", "postcode": "AA2 4BB"}
        assert (letter.corrects, letter.withdraws) == (None, None)


def test_how_a_delivery_is_handed_over_is_its_department_s_own_way() -> None:
    ways = {one.department: one.hand_over for one in choose(notification(move())).deliveries}
    assert ways == {LIBRARIES: HandOver.CALLED, PARKING: HandOver.SUBSCRIBES, ALLOTMENTS: HandOver.COLLECTS}


def test_a_letter_holds_nothing_that_its_department_may_not_see() -> None:
    for document in (move(), death()):
        for one in choose(notification(document)).deliveries:
            for value in ("QQ123456C", "QQ345678B", "+447700900123", "1985-04-12", "1938-11-02", "Mia", "Tom"):
                assert value.encode() not in one.letter


def test_a_department_that_is_not_told_this_time_is_named_with_the_reason() -> None:
    route = choose(notification(move(direction="out")))
    assert departments(route) == [ALLOTMENTS, LIBRARIES]
    assert [(one.department, one.because) for one in route.not_told] == [(PARKING, ONLY_WITHIN)]


def test_a_department_that_is_never_told_of_such_events_is_not_mentioned() -> None:
    route = choose(notification(death()))
    assert departments(route) == [LIBRARIES, PARKING]
    assert route.not_told == ()


@given(had_earlier=had, direction=st.sampled_from(["within", "out", "in"]))
def test_a_correction_goes_to_exactly_those_who_had_the_original(had_earlier: dict[str, str], direction: str) -> None:
    told = notification(move(direction=direction), corrects="earlier")
    route = choose(told, Known(match=KNOWN.match, earlier_person=BEN.id, had_earlier=had_earlier))
    assert departments(route) == sorted(set(had_earlier) - {"long-gone"})
    for one in route.deliveries:
        assert orjson.loads(one.letter)["corrects"] == had_earlier[one.department]


@given(had_earlier=had)
def test_a_withdrawal_goes_to_exactly_those_who_had_the_original(had_earlier: dict[str, str]) -> None:
    route = choose(notification(withdrawal("TUO-1")), Known(match=KNOWN.match, had_earlier=had_earlier))
    assert departments(route) == sorted(set(had_earlier) - {"long-gone"})
    for one in route.deliveries:
        letter = orjson.loads(one.letter)
        assert (letter["withdraws"], "corrects" in letter) == (had_earlier[one.department], False)


def test_a_department_that_could_not_be_told_hears_the_correction_as_news_and_no_withdrawal() -> None:
    had_earlier: dict[str, str | None] = {LIBRARIES: "d-1", ALLOTMENTS: None}
    known = Known(match=KNOWN.match, earlier_person=BEN.id, had_earlier=had_earlier)
    corrected = choose(notification(move(direction="out"), corrects="earlier"), known).deliveries
    assert {one.department: b"corrects" in one.letter for one in corrected} == {LIBRARIES: True, ALLOTMENTS: False}
    assert departments(choose(notification(withdrawal("TUO-1")), known)) == [LIBRARIES]


def test_a_correction_of_what_nobody_had_is_news_to_everybody() -> None:
    told = notification(move(direction="out"), corrects="earlier")
    route = choose(told, Known(match=KNOWN.match, replaces="earlier"))
    assert departments(route) == [ALLOTMENTS, LIBRARIES]
    assert not any(b"corrects" in one.letter for one in route.deliveries)


def test_what_a_department_cannot_do_without_is_named_and_no_letter_is_written() -> None:
    (one,) = choose(notification(contact_change(new_email=None))).deliveries
    assert (one.letter, [problem.field for problem in one.missing]) == (b"", ["email"])
    (told,) = choose(notification(contact_change())).deliveries
    assert told.missing == ()


@pytest.mark.parametrize("references", [(), ({"department": LIBRARIES, "reference": "L-1"},)])
def test_a_department_s_own_reference_is_what_was_told_or_else_what_the_directory_holds(
    references: tuple[dict[str, str], ...],
) -> None:
    told = notification(move(subject=move()["subject"] | {"references": list(references)}))
    decided = Proceed(person=BEN.id, subject=told.event.subject, variant=Variant.MATCHED)
    held = replace(BEN, references={LIBRARIES: "L-9"})
    known = Known(match=Matched(person=held, comparisons=(), because="All agree."))
    facts = routing._facts(told, decided, LIBRARIES, known)
    assert facts.case_reference == ("L-1" if references else "L-9")
    assert routing._facts(told, decided, PARKING, known).case_reference is None
