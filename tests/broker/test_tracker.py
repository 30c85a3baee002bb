"""What an adviser is told of a notification: every state in words, and no personal data."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Connection, insert, select, update

from broker.adapter import Adapter, HandOver
from broker.disclosure import Disclosure
from broker.schema import bring_up_to_date
from broker.sentences import Answer, sentence, written_day
from broker.standing import Progress, Standing
from broker.store import Store
from broker.tables import delivery, event, step
from broker.tracker import Tracker, timeline, track
from schemas.move import Move
from schemas.outcome import OutcomeKind

RECORDED = datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
REFERENCE, LATER = "TUO-0000-0000-0001", "TUO-0000-0000-0002"
SAYS = {OutcomeKind.REFERRED: "They will write to you by {by}. Their reference is {receipt}."}


def council_tax() -> Adapter:
    adapter = Adapter("council-tax", title="Council Tax", hand_over=HandOver.SUBSCRIBES, lawful_basis="LGFA 1992")
    adapter.tells(Move, sees=Disclosure, says=SAYS)
    return adapter


def told(number: int, reference: str, progress: Progress, **more: object) -> dict[str, object]:
    return {
        "id": f"event-{number}",
        "reference": reference,
        "kind": "move",
        "source": "client:adviser",
        "fingerprint": "0" * 64,
        "body": json.dumps(dict(Move.EXAMPLE)).encode(),
        "progress": progress,
        "occurred_on": "2026-10-05",
        "told_at": RECORDED,
        "recorded_at": RECORDED,
        **more,
    }


def opened(standing: Standing, revision: int = 1, **more: object) -> dict[str, object]:
    return {
        "event_id": "event-1",
        "department": "council-tax",
        "revision": revision,
        "id": f"delivery-{revision}",
        "person": "person-1",
        "seq": 1,
        "kind": "move",
        "hand_over": HandOver.SUBSCRIBES,
        "standing": standing,
        "letter": b"{}",
        "attempts": 1,
        "released": True,
        "opened_at": RECORDED,
        **more,
    }


def tracked(store: Store) -> Tracker:
    found = store.read_now(track(REFERENCE, [council_tax()]))
    assert found is not None
    return found


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url) as store:
        bring_up_to_date(store)
        yield store


def keep(store: Store, event_row: dict[str, object], *deliveries: dict[str, object]) -> None:
    def unit(tx: Connection) -> None:
        tx.execute(insert(event), event_row)
        for row in deliveries:
            tx.execute(insert(delivery), row)

    store.write_now(unit)


@pytest.mark.parametrize(("outcome", "standing"), list(product([None, *OutcomeKind], Standing)))
def test_every_outcome_and_standing_has_a_sentence(outcome: OutcomeKind | None, standing: Standing) -> None:
    answer = Answer(outcome=outcome, by=date(2026, 12, 1), receipt="CT-000123", ask="On what date did they move?")
    said = sentence("Council Tax", standing, answer)
    assert "Council Tax" in said
    assert said.endswith((".", "?"))
    assert "{" not in said


@pytest.mark.parametrize("outcome", OutcomeKind)
def test_an_outcome_without_its_particulars_still_has_a_sentence(outcome: OutcomeKind) -> None:
    said = sentence("Council Tax", Standing.SETTLED, Answer(outcome=outcome), dict.fromkeys(OutcomeKind, "By {by}."))
    assert said.startswith(("Council Tax", "A member of staff at Council Tax"))


def test_the_department_s_own_words_are_filled_in() -> None:
    answer = Answer(outcome=OutcomeKind.REFERRED, by=date(2026, 12, 12), receipt="CT-1 {by}")
    said = sentence("Council Tax", Standing.SETTLED, answer, SAYS)
    assert said == "They will write to you by 12 December 2026. Their reference is CT-1 {by}."
    assert written_day(date(2027, 1, 3)) == "3 January 2027"


def test_a_failure_of_ours_is_not_told_as_the_caller_s() -> None:
    assert "A colleague is looking into this." in sentence("Council Tax", Standing.DEAD, Answer())
    assert "You need not do anything." in sentence("Council Tax", Standing.RETRYING, Answer())


def test_a_reference_that_is_not_here_has_no_tracker_and_no_steps(store: Store) -> None:
    assert store.read_now(track(REFERENCE, [])) is None
    assert store.read_now(timeline(REFERENCE)) == ()


def test_a_question_for_the_caller_is_shown_with_the_department(store: Store) -> None:
    question = '{"field":"occurred_on","ask":"On what date did they move?"}'
    asked = opened(Standing.SETTLED, outcome=OutcomeKind.NEEDS_INFORMATION, question=question, settled_at=RECORDED)
    keep(store, told(1, REFERENCE, Progress.ROUTED), asked)
    (line,) = tracked(store).departments
    assert line.title == "Council Tax"
    assert line.question is not None
    assert line.question.field == "occurred_on"
    assert line.sentence.endswith("On what date did they move?")


def test_only_the_latest_revision_of_a_department_is_shown(store: Store) -> None:
    first = opened(Standing.CANCELLED)
    keep(store, told(1, REFERENCE, Progress.ROUTED), first, opened(Standing.SETTLED, 2, outcome=OutcomeKind.ACCEPTED))
    assert [line.delivery for line in tracked(store).departments] == ["delivery-2"]


@pytest.mark.parametrize(
    ("progress", "standing", "complete"),
    [
        (Progress.RECEIVED, None, False),
        (Progress.STUCK, None, False),
        (Progress.HELD, None, True),
        (Progress.REJECTED, None, True),
        (Progress.ROUTED, None, True),
        (Progress.ROUTED, Standing.SETTLED, True),
        (Progress.ROUTED, Standing.CANCELLED, True),
        (Progress.ROUTED, Standing.AWAITED, True),
        (Progress.ROUTED, Standing.HANDED_OVER, False),
        (Progress.ROUTED, Standing.RETRYING, False),
        (Progress.ROUTED, Standing.DEAD, False),
        (Progress.ROUTED, Standing.UNKNOWN, False),
    ],
)
def test_a_tracker_is_complete_when_nothing_more_happens_by_itself(
    store: Store, progress: Progress, standing: Standing | None, complete: bool
) -> None:
    keep(store, told(1, REFERENCE, progress), *([opened(standing)] if standing else []))
    assert tracked(store).complete is complete


def test_a_hold_says_why_and_which_fields_would_let_it_go_on(store: Store) -> None:
    keep(store, told(1, REFERENCE, Progress.HELD, reason="identity-incomplete"))
    said = "We need more. Missing: subject.date_of_birth, subject.name."
    row = {"event_seq": 1, "at": RECORDED, "step": "validate", "said": said}
    store.write_now(lambda tx: tx.execute(insert(step), row).rowcount)
    reason = tracked(store).reason
    assert reason is not None
    assert reason.code == "identity-incomplete"
    assert reason.missing == ("subject.date_of_birth", "subject.name")
    assert "departments" in reason.caption


def test_corrections_and_withdrawals_point_at_each_other_by_reference(store: Store) -> None:
    keep(store, told(1, REFERENCE, Progress.ROUTED))
    keep(store, told(2, LATER, Progress.RECEIVED, corrects="event-1"))
    keep(store, told(3, "TUO-0000-0000-0003", Progress.RECEIVED, withdraws="event-1"))
    first, second = tracked(store), store.read_now(track(LATER, []))
    assert first.corrected_by == (LATER,)
    assert first.withdrawn_by == ("TUO-0000-0000-0003",)
    assert second is not None
    assert (second.corrects, second.withdraws) == (REFERENCE, None)


def test_the_version_changes_with_what_is_shown_and_only_then(store: Store) -> None:
    keep(store, told(1, REFERENCE, Progress.ROUTED), opened(Standing.HANDED_OVER))
    before = tracked(store)
    assert tracked(store).version == before.version
    later = RECORDED + timedelta(hours=1)
    settled = {"standing": Standing.SETTLED, "outcome": OutcomeKind.ACCEPTED, "settled_at": later}
    store.write_now(lambda tx: tx.execute(update(delivery).values(**settled)).rowcount)
    after = tracked(store)
    assert after.version != before.version
    assert after.departments[0].changed_at == later


def test_a_tracker_holds_no_personal_data(store: Store) -> None:
    keep(store, told(1, REFERENCE, Progress.ROUTED), opened(Standing.HANDED_OVER))
    shown = json.dumps(tracked(store).as_document())
    body = store.read_now(lambda tx: tx.execute(select(event.c.body)).scalar_one()).decode()
    secrets = ["Okafor", "QQ123456C", "1985-04-12", "Mill Row", "+447700900123"]
    assert all(secret in body for secret in secrets)
    assert [secret for secret in secrets if secret in shown] == []
