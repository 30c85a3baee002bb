"""A plan says what would be sent now; an edit and a mended adapter send a new revision, never both."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import update

from broker import ledger
from broker.adapter import Adapter, CrashMode, HandOver
from broker.department_tables import department_state
from broker.failures.failures import Wanted
from broker.failures.groups import groups
from broker.ids import delivery_id
from broker.lanes import SUPERSEDED
from broker.outcome import Accepted, Deferred, Heard, Refused, Unheard
from broker.ports import Broker
from broker.replays import runs as replay_runs
from broker.replays.planning import Selection, make_plan
from broker.replays.rewording import as_revision
from broker.replays.runs import ItemState, RunState
from broker.standing import Standing
from broker.tables import audit, delivery, event
from schemas.move import Move
from schemas.problems import Invalid
from tests.broker.departments import LIBRARIES, DeadPerson, ScriptedCarrier, libraries
from tests.broker.replays import ORDER, approve, begin, drive, offered, plan_all, serve
from tests.broker.steps import a_delivery
from tests.broker.worlds import Clock, make_broker, move, rows, tell


def mended(**more: Any) -> Adapter:  # noqa: ANN401
    """The libraries' adapter of the next release: it needs no more than the reference."""
    adapter = Adapter(LIBRARIES, title="Libraries", hand_over=HandOver.CALLED, lawful_basis="Public task", **more)
    before = libraries().telling(Move)
    assert before is not None
    assert before.talk is not None
    adapter.on(Move, sees=DeadPerson)(before.talk)
    return adapter


async def fail(broker: Broker, carrier: ScriptedCarrier, heard: Heard, key: str = "one") -> Any:  # noqa: ANN401 - a row
    """Ben's move is told to the libraries, and it fails."""
    told = await tell(broker, move(), key)
    await serve(broker, carrier, offered(broker), heard)
    (row,) = rows(broker.store, delivery, delivery.c.event_id == told.id, delivery.c.department == LIBRARIES)
    return row


async def edit(broker: Broker, of: str, changes: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a plan
    return await make_plan(Selection(ids=(of,), edit=changes), ORDER, broker)


async def test_an_edit_is_a_new_revision_that_two_agree_to_and_the_old_one_is_never_sent(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail(broker, carrier, Refused(reason="postcode-unknown"))
    plan = await edit(broker, failed.id, {"postcode": "AA9 9ZZ", "surname": None})
    assert (plan.goes_on, plan.revisions) == (1, 1)
    assert plan.second_person == ("a letter is not sent as it was",)
    assert [(each.field, each.now) for each in plan.differences] == [
        ("postcode", "text, 7 characters"),
        ("surname", "not said"),
    ]
    assert "AA9" not in str(plan)
    waiting = begin(broker, plan)
    assert (waiting.state, offered(broker)) == (RunState.APPROVAL, [])
    done = await drive(broker, carrier, approve(broker, waiting))
    assert (done.state, done.delivered) == (RunState.DONE, 1)

    old, new = sorted(rows(broker.store, delivery, delivery.c.department == LIBRARIES), key=lambda row: row.revision)
    assert (old.standing, old.reason, old.outcome) == (Standing.CANCELLED, SUPERSEDED, None)
    assert (new.revision, new.id, new.standing) == (
        2,
        str(delivery_id(UUID(old.event_id), LIBRARIES, 2)),
        Standing.SETTLED,
    )
    letter = orjson.loads(new.letter)
    assert (letter["id"], letter["revision"], letter["data"]["postcode"]) == (new.id, 2, "AA9 9ZZ")
    assert "surname" not in letter["data"]
    assert carrier.keys == [old.id, new.id]
    assert broker.store.read_now(groups) == []
    said = " ".join(str(row.said) for row in rows(broker.store, audit))
    assert "AA9" not in said
    assert {"delivery.superseded", "delivery.revised"} <= {row.what for row in rows(broker.store, audit)}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"nino": "QQ123456C"}, "nino", "not_disclosed"),
        ({"person": "of-another"}, "person", "not_disclosed"),
        ({"QQ123456C": "x"}, "(a field)", "not_disclosed"),
        ({"notification": None}, "notification", "missing"),
        ({"postcode": ["x"]}, "postcode", "wrong_type"),
    ],
)
async def test_an_edit_changes_only_what_the_department_may_see_and_must_fit(
    sqlite_broker: Broker, carrier: ScriptedCarrier, changes: Mapping[str, Any], field: str, code: str
) -> None:
    failed = await fail(sqlite_broker, carrier, Refused(reason="postcode-unknown"))
    with pytest.raises(Invalid) as refused:
        await edit(sqlite_broker, failed.id, changes)
    (problem,) = refused.value.problems
    assert (problem.field, "QQ123456C" in str(refused.value)) == (field, False)
    assert problem.code == code


@pytest.mark.parametrize("heard", [[Unheard(reason="timed-out")], [Unheard(reason="timed-out"), Deferred(reason="x")]])
async def test_what_may_have_been_acted_on_is_not_sent_in_another_wording(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock, heard: list[Heard]
) -> None:
    broker = make_broker(broker.store, clock=clock, adapters=[libraries(CrashMode.RESEND)], carriers=broker.carriers)
    failed = await fail(broker, carrier, heard[0])
    for each in heard[1:]:
        clock.pass_by(2)
        await broker.store.write(lambda tx: ledger.offer_due(tx, clock(), broker.timing))
        await serve(broker, carrier, offered(broker), each)
    broker.store.write_now(
        lambda tx: tx.execute(update(delivery).values(standing=Standing.DEAD, reason="closed", due_at=None)).rowcount
    )
    plan = await edit(broker, failed.id, {"postcode": "AA9 9ZZ"})
    assert plan.goes_on == 0
    assert "nobody knows" in plan.skipped[0].because


async def test_after_a_new_adapter_what_failed_for_one_cause_is_sent_as_it_would_be_now(
    broker: Broker, carrier: ScriptedCarrier, clock: Clock
) -> None:
    failed = await fail(broker, carrier, Refused(reason="surname-not-wanted"))
    (group,) = broker.store.read_now(groups)
    newer = make_broker(
        broker.store, clock=clock, adapters=[mended(crash_mode=CrashMode.RESEND)], carriers=broker.carriers
    )
    as_it_was = await plan_all(newer, wanted=Wanted(group=group.id))
    assert (as_it_was.revisions, as_it_was.second_person) == (0, ())
    assert [each.field for each in as_it_was.differences] == ["postcode", "surname"]
    plan = await plan_all(newer, wanted=Wanted(group=group.id), now_sent=True)
    assert (plan.goes_on, plan.revisions) == (1, 1)
    done = await drive(newer, carrier, approve(newer, begin(newer, plan)))
    assert done.delivered == 1
    assert [set(body) for body in carrier.bodies[-1:]] == [{"notification"}]
    assert carrier.keys[-1] != failed.id


async def test_a_letter_that_would_be_the_same_keeps_its_id_under_a_new_adapter(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail(broker, carrier, Refused(reason="closed-account"))
    plan = await plan_all(broker, now_sent=True)
    assert (plan.goes_on, plan.revisions, plan.differences, plan.second_person) == (1, 0, (), ())
    await drive(broker, carrier, begin(broker, plan))
    assert carrier.keys == [failed.id, failed.id]


def test_a_letter_that_says_which_wording_it_is_says_so_of_the_new_one() -> None:
    letter = a_delivery(1).letter
    told = orjson.loads(as_revision(letter, id="other", revision=2, said={"revision": 1, "postcode": "AA9 9ZZ"}))
    assert (told["id"], told["revision"], told["data"]) == ("other", 2, {"revision": 2, "postcode": "AA9 9ZZ"})


async def test_the_same_letter_may_go_under_a_new_id_where_the_office_remembers_that_it_refused(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail(broker, carrier, Refused(reason="closed-account"))
    plan = await plan_all(broker, new_revision=True)
    assert (plan.revisions, plan.differences, bool(plan.second_person)) == (1, (), True)
    done = await drive(broker, carrier, approve(broker, begin(broker, plan)))
    assert (done.delivered, carrier.keys[0], len(set(carrier.keys))) == (1, failed.id, 2)
    assert carrier.bodies[0] == carrier.bodies[1]


async def test_what_was_told_and_is_no_longer_kept_is_replayed_as_it_was_but_not_written_anew(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    failed = await fail(broker, carrier, Refused(reason="closed-account"))
    broker.store.write_now(lambda tx: tx.execute(update(event).values(body=b"{}")).rowcount)
    anew = await plan_all(broker, now_sent=True)
    assert anew.goes_on == 0
    assert "no longer kept" in anew.skipped[0].because
    assert (await plan_all(broker)).goes_on == 1
    await drive(broker, carrier, begin(broker, await plan_all(broker)), Accepted(receipt="R-1"))
    assert carrier.keys == [failed.id, failed.id]


async def test_a_plan_says_what_it_leaves_and_why(broker: Broker, carrier: ScriptedCarrier, clock: Clock) -> None:
    failed = await fail(broker, carrier, Refused(reason="closed-account"))
    done = await fail(broker, carrier, Accepted(receipt="R-1"), key="two")
    ids = (failed.id, done.id, "no-such-id", "dead-letter-7")
    plan = await make_plan(Selection(ids=ids), ORDER, broker, keep=False)
    assert (plan.id, plan.looked_at, plan.goes_on) == (None, 4, 0)
    said = " | ".join(each.because for each in plan.skipped)
    for because in ("a later event", "answered since", "nothing fails", "no dead letter"):
        assert because in said

    other = await make_plan(Selection(ids=(failed.id,), only_department="parking"), ORDER, broker, keep=False)
    assert "not for this role" in other.skipped[0].because
    paused = {"department": LIBRARIES, "breaker": "closed", "paused_since": clock()}
    broker.store.write_now(lambda tx: tx.execute(department_state.insert(), paused).rowcount)
    held = await make_plan(Selection(ids=(failed.id,)), ORDER, broker, keep=False)
    assert held.skipped[0].because == "this department is paused: resume it first"
    nowhere = make_broker(broker.store, clock=clock, adapters=[])
    without = await make_plan(Selection(ids=(failed.id,)), ORDER, nowhere, keep=False)
    assert "no adapter" in without.skipped[0].because


async def test_a_dry_run_keeps_nothing_and_pages_of_items_hold_each_once(
    broker: Broker, carrier: ScriptedCarrier
) -> None:
    for key in ("one", "two", "three"):
        await fail(broker, carrier, Refused(reason="closed-account"), key)
    await make_plan(Selection(wanted=Wanted(department=LIBRARIES)), ORDER, broker, keep=False)
    assert broker.store.read_now(lambda tx: replay_runs.items(tx, "P-00000000")) == []
    plan = await plan_all(broker)
    pages = [
        broker.store.read_now(partial(replay_runs.items, plan_or_run=str(plan.id), after=after, most=2))
        for after in (-1, 1, 2)
    ]
    seen = [one.failure for page in pages for one in page]
    assert len(seen) == len(set(seen)) == 3
    left = broker.store.read_now(lambda tx: replay_runs.items(tx, str(plan.id), state=ItemState.SKIPPED))
    assert len(left) == 2, "later events of the same person have been told since"
