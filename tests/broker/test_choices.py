"""What a council chooses: how much must be said of somebody unknown, in points."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from broker import checks
from broker.checks import Known
from broker.choices import NEEDED, POINTS, UnknownRule
from broker.decision import Hold, HoldReason, Proceed
from broker.person import Unknown
from broker.settings import Settings
from schemas.kinds import parse_life_event
from schemas.variants import Variant, judge_variant
from tests.broker.test_checks import notification
from tests.broker.worlds import START, STRANGER, move

UNKNOWN = Known(match=Unknown(because="Nobody is known."))
OWN = {"nino": "QQ123456C", "phone": "+447700900555", "email": "wren@example.org"}
WHOLE: dict[str, Any] = {**STRANGER, **OWN}
#: whoever is told of has a name or a number at least
SAID = st.sets(st.sampled_from(sorted(WHOLE))).map(lambda said: said if said & {"name", "nino"} else said | {"name"})


def judged(subject: dict[str, object], rule: UnknownRule, **changes: object) -> tuple[str, ...] | None:
    """What is still missing; none where departments are told."""
    document = {key: value for key, value in move(subject=subject, **changes).items() if value is not None}
    decided = checks.judge(notification(document), replace(UNKNOWN, unknown_rule=rule))
    if isinstance(decided, Proceed):
        return None
    assert isinstance(decided, Hold)
    assert decided.reason is HoldReason.IDENTITY_INCOMPLETE
    return tuple(dict.fromkeys(problem.field for problem in decided.missing))


@given(SAID, st.booleans())
def test_by_default_the_points_ask_for_what_the_schema_asks_for(said: set[str], informed: bool) -> None:
    subject = {field: WHOLE[field] for field in said}
    document = (
        move(subject=subject) if informed else {k: v for k, v in move(subject=subject).items() if k != "informant"}
    )
    event = parse_life_event(document, today=START.date())
    asked = judge_variant(event, Variant.UNKNOWN, START.date())
    missing = judged(subject, UnknownRule(), **({} if informed else {"informant": None}))
    assert (missing is None) == (not asked)
    assert {problem.field for problem in asked} <= set(missing or ())


def test_a_council_can_ask_for_less() -> None:
    subject = {"name": STRANGER["name"], "phone": OWN["phone"], "date_of_birth": STRANGER["date_of_birth"]}
    assert judged(subject, UnknownRule()) == ("subject.address",)
    assert judged(subject, UnknownRule(needed=33)) is None


def test_a_council_can_ask_for_more_and_only_what_would_reach_the_points_is_named() -> None:
    subject = {**STRANGER}
    assert judged(subject, UnknownRule(needed=46)) == ("subject.nino",)
    assert judged(subject, UnknownRule(points={**POINTS, "email": 9}, needed=50)) == ("subject.email",)
    assert judged({**STRANGER, **OWN}, UnknownRule(needed=49)) is None


@given(SAID, st.integers(0, sum(POINTS.values())))
def test_saying_what_is_missing_is_always_enough(said: set[str], needed: int) -> None:
    rule = UnknownRule(needed=needed)
    subject = {field: WHOLE[field] for field in said}
    missing = judged(subject, rule)
    for field in missing or ():
        top, _, name = field.partition(".")
        assert top == "subject"
        subject[name] = WHOLE[name]
    assert judged(subject, rule) is None


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"unknown_points": {"shoe_size": 5}}, "does not know shoe_size"),
        ({"unknown_points": {"name": 10}, "unknown_points_needed": 11}, "nobody could reach it"),
        ({"unknown_points": {"name": -1}, "unknown_points_needed": 0}, "greater than or equal to 0"),
    ],
)
def test_points_that_make_no_sense_are_refused_by_the_settings(given_: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**given_)


def test_the_settings_are_the_rule_that_is_judged_by() -> None:
    assert Settings().choices.unknown == UnknownRule()
    assert Settings(unknown_points={"name": 1, "phone": 2}, unknown_points_needed=3).choices.unknown == UnknownRule(
        points={"name": 1, "phone": 2}, needed=3
    )
    assert Settings().unknown_points_needed == NEEDED
