from uuid import UUID

import pytest

from broker import checks, ids
from broker.checks import Known
from broker.decision import Hold, HoldReason, Proceed
from broker.notification import Notification
from broker.person import Match, Matched, Unknown, Unsure
from schemas.kinds import parse_life_event
from schemas.variants import Variant
from tests.broker.worlds import ADA, BEN, START, STRANGER, death, move, withdrawal

MATCHED = Matched(person=BEN, comparisons=(), because="All agree.")
UNSURE = Unsure(candidates=(BEN, ADA), because="Two could be meant.")
UNKNOWN = Unknown(because="Nobody is known.")
BY_NINO = {"nino": "QQ123456C"}


def notification(document: dict[str, object], *, corrects: str | None = None) -> Notification:
    made = str(ids.notification_id("test", "1"))
    event = parse_life_event(document, today=START.date())
    withdraws = made if document["kind"] == "withdrawal" else None
    return Notification(
        id=made,
        reference="TUO-1",
        seq=1,
        event=event,
        source="test",
        told_at=START,
        recorded_at=START,
        corrects=corrects,
        withdraws=withdraws,
    )


def test_who_is_matched_goes_on_in_their_own_lane_completed_from_the_directory() -> None:
    decided = checks.judge(notification(move(subject=BY_NINO)), Known(match=MATCHED))
    assert isinstance(decided, Proceed)
    assert (decided.person, decided.variant) == (BEN.id, Variant.MATCHED)
    assert decided.subject.name == BEN.names[0]
    assert str(decided.subject.date_of_birth) == BEN.date_of_birth


def test_what_was_told_is_not_overruled_by_the_directory() -> None:
    said = {"nino": "QQ123456C", "name": {"forenames": "Benedict", "surname": "Okafor"}}
    decided = checks.judge(notification(move(subject=said)), Known(match=MATCHED))
    assert isinstance(decided, Proceed)
    assert decided.subject.name is not None
    assert decided.subject.name.forenames == "Benedict"


def test_who_is_unknown_goes_on_in_a_lane_of_their_own_when_enough_was_said() -> None:
    told = notification(move(subject=STRANGER))
    decided = checks.judge(told, Known(match=UNKNOWN))
    assert isinstance(decided, Proceed)
    assert decided.person == ids.unknown_person(UUID(told.id))


def test_who_is_unknown_is_held_while_too_little_was_said() -> None:
    decided = checks.judge(notification(move(subject=BY_NINO)), Known(match=UNKNOWN))
    assert isinstance(decided, Hold)
    assert (decided.reason, decided.variant) == (HoldReason.IDENTITY_INCOMPLETE, Variant.UNKNOWN)
    assert {"subject.name", "subject.date_of_birth", "subject.address"} <= {one.field for one in decided.missing}


@pytest.mark.parametrize("document", [move(), move(subject=BY_NINO), death()], ids=["move", "little said", "death"])
def test_who_is_unsure_waits_for_a_person_whatever_was_said(document: dict[str, object]) -> None:
    decided = checks.judge(notification(document), Known(match=UNSURE))
    assert isinstance(decided, Hold)
    assert decided.reason == HoldReason.CLERICAL_REVIEW


@pytest.mark.parametrize(
    ("document", "reason"), [(move(), HoldReason.AFTER_A_DEATH), (death(), HoldReason.SECOND_DEATH)]
)
def test_after_a_death_a_colleague_looks_first(document: dict[str, object], reason: HoldReason) -> None:
    decided = checks.judge(notification(document), Known(match=MATCHED, deaths_told=1))
    assert decided == Hold(reason=reason, variant=Variant.MATCHED, person=BEN.id)


@pytest.mark.parametrize("match", [MATCHED, UNSURE, UNKNOWN], ids=lambda match: type(match).__name__)
def test_a_withdrawal_never_waits(match: Match) -> None:
    """Whoever was told must hear it, however little was said and whoever died."""
    told = notification(withdrawal("TUO-2", subject={"nino": "QQ999999A"}))
    known = Known(match=match, deaths_told=1, earlier_person=ADA.id, had_earlier={"libraries": "x"})
    decided = checks.judge(told, known)
    assert isinstance(decided, Proceed)
    assert decided.person == ADA.id


@pytest.mark.parametrize("match", [MATCHED, UNSURE, UNKNOWN], ids=lambda match: type(match).__name__)
def test_a_withdrawal_of_what_nobody_was_told_does_not_wait_either(match: Match) -> None:
    told = notification(withdrawal("TUO-2", subject={"nino": "QQ999999A"}))
    assert isinstance(checks.judge(told, Known(match=match, deaths_told=1, replaces="earlier")), Proceed)


@pytest.mark.parametrize("match", [MATCHED, UNSURE, UNKNOWN], ids=lambda match: type(match).__name__)
def test_a_correction_of_what_was_told_stays_in_its_lane_and_never_waits(match: Match) -> None:
    told = notification(move(subject=BY_NINO), corrects="earlier")
    decided = checks.judge(told, Known(match=match, deaths_told=1, earlier_person=ADA.id))
    assert isinstance(decided, Proceed)
    assert decided.person == ADA.id
    assert decided.subject == told.event.subject  # nothing of Ben's is added to Ada's lane


def test_a_correction_of_what_nobody_was_told_is_judged_like_any_other() -> None:
    told = notification(move(), corrects="earlier")
    decided = checks.judge(told, Known(match=UNSURE, replaces="earlier"))
    assert isinstance(decided, Hold)


def test_the_day_that_dates_are_judged_by_is_the_day_it_was_recorded() -> None:
    """What was fit to be recorded stays fit, on whatever day it is judged."""
    told = notification(move(subject=STRANGER, occurred_on="2027-11-02"))  # a year ahead of the recording
    assert isinstance(checks.judge(told, Known(match=UNKNOWN)), Proceed)
