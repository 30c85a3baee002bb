"""The ledger under every history that a property test can think of, against a small model of what may be."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Row, delete

from broker import department_state, department_tables, joining, sweeper, tables
from broker.adapter import CrashMode
from broker.decision import Delivery
from broker.department_state import Pause
from broker.ledger import Claim
from broker.outcome import Accepted, Awaited, Deferred, Heard, NotHeld, Outcome, Referred, Refused, Unheard, facts_of
from broker.person import Person
from broker.ports import Broker
from broker.replays.replaying import Order, replay
from broker.standing import BLOCKING, Standing
from broker.store import Store
from schemas.outcome import OutcomeKind
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING, allotments, libraries, parking
from tests.broker.steps import a_delivery, answer, claim, hear, open_all
from tests.broker.worlds import ADA, BEN, LEASE, Clock, make_broker, rows

FINAL: list[Outcome] = [Accepted(receipt="R"), NotHeld(), Refused(reason="not-ours"), Referred(), Awaited(receipt="R")]
ANSWERS: list[Outcome] = [*FINAL, Deferred(reason="busy"), Deferred(reason="later", after=timedelta(seconds=30))]
SILENCES: list[Heard] = [Unheard(reason="no-answer-in-time")]
PROVISIONAL = {OutcomeKind.REFERRED, OutcomeKind.NEEDS_INFORMATION}
FOR_A_PERSON = {Standing.UNKNOWN, Standing.DEAD}
numbers = st.integers(0, 30)
Found: TypeAlias = Row[*tuple[Any, ...]]


def on_its_way(row: Found) -> bool:
    sent = row.standing in {Standing.SENDING, Standing.HANDED_OVER}
    return sent or (row.standing == Standing.WAITING and row.released)


class Lanes(RuleBasedStateMachine):
    """Two people, three departments, and whatever may happen to their deliveries."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.store, self.loop = store, loop
        self.clock = Clock()
        self.told: dict[str, Delivery] = {}
        self.in_hand: list[Claim] = []
        self.claimed: set[tuple[str, int, int]] = set()
        self.replays: dict[str, int] = {}
        self.before: dict[str, Found] = {}
        self.newest = 100
        #: Ben and Ada turned out to be one, and these were on their way for them then
        self.joined, self.at_once = False, set[str]()
        store.write_now(self._empty)

    @staticmethod
    def _empty(tx: Connection) -> None:
        for table in (
            department_tables.department_state,
            tables.delivery,
            tables.attempt,
            tables.outbox,
            tables.step,
            tables.audit,
        ):
            tx.execute(delete(table))

    @initialize(mode=st.sampled_from([CrashMode.RESEND, CrashMode.HOLD]), parks=st.sampled_from([(), (60.0, 300.0)]))
    def begin(self, mode: CrashMode, parks: tuple[float, ...]) -> None:
        departments = (libraries(mode), parking(), allotments())
        self.broker: Broker = replace(
            make_broker(self.store, clock=self.clock, adapters=departments), retry_waits=(1.0, 10.0), park_waits=parks
        )

    @rule(
        who=st.sampled_from([BEN, ADA]),
        department=st.sampled_from([LIBRARIES, LIBRARIES, PARKING, ALLOTMENTS]),
        missing=st.sampled_from([False, False, False, True]),
    )
    def a_notification_is_routed(self, who: Person, department: str, missing: bool) -> None:
        self.newest += 1
        self._open(a_delivery(self.newest, of=self._now(who), department=department, missing=missing))

    @rule(who=st.sampled_from([BEN, ADA]), department=st.sampled_from([LIBRARIES, PARKING]))
    def an_earlier_one_is_routed_late(self, who: Person, department: str) -> None:
        self._open(a_delivery(200 - self.newest - 1, of=self._now(who), department=department))
        self.newest += 1

    def _now(self, who: Person) -> Person:
        return ADA if self.joined else who

    @precondition(lambda self: not self.joined and self._both_have_something_open())
    @rule()
    def two_people_turn_out_to_be_one(self) -> None:
        self.joined = True
        sent = (Standing.SENDING, Standing.HANDED_OVER)
        self.at_once = {row.id for row in self.before.values() if row.standing in sent}
        self.store.write_now(lambda tx: joining.join(tx, ADA.id, [BEN.id], self.clock.at))

    def _open(self, told: Delivery) -> None:
        self.told[told.id] = told
        open_all(self.broker, told)

    def _both_have_something_open(self) -> bool:
        open_of = {(row.department, row.person) for row in self.before.values() if row.standing in BLOCKING}
        return len(open_of) > len({department for department, _ in open_of})

    @precondition(lambda self: self.told)
    @rule(n=numbers)
    def a_notification_is_routed_again(self, n: int) -> None:
        open_all(self.broker, self._one(n))

    @precondition(lambda self: self.told)
    @rule(n=numbers)
    def the_topic_brings_one(self, n: int) -> None:
        one = self._one(n)
        mine = claim(self.broker, one)
        if mine is not None:
            times = (mine.delivery_id, mine.attempts, self.replays.get(one.id, 0))
            assert times not in self.claimed, "claimed twice"
            self.claimed.add(times)
            self.in_hand.append(mine)

    @precondition(lambda self: self.in_hand)
    @rule(n=numbers, heard=st.sampled_from(ANSWERS + SILENCES))
    def the_back_office_answers_a_request(self, n: int, heard: Heard) -> None:
        """Also long after the lease has ended, and another request has been sent."""
        claimed = self.in_hand.pop(n % len(self.in_hand))
        self.loop.run_until_complete(answer(self.broker, claimed, heard))

    @precondition(lambda self: self.told)
    @rule(n=numbers, heard=st.sampled_from(ANSWERS))
    def the_back_office_answers_by_itself(self, n: int, heard: Outcome) -> None:
        self._hear(self._one(n), heard)

    def _hear(self, one: Delivery, heard: Outcome) -> None:
        facts = facts_of(heard, delivery=one.id, department=one.department, now=self.clock.at)
        assert self.loop.run_until_complete(hear(facts, self.broker, published=True)) is not None

    @rule()
    def the_process_dies(self) -> None:
        self.in_hand.clear()
        self.loop.run_until_complete(sweeper.take_over(self.broker, alone=False))

    @rule(seconds=st.sampled_from([1, 15, 130, 700]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_by(seconds)
        self.loop.run_until_complete(sweeper.sweep(self.broker))

    @rule(department=st.sampled_from([LIBRARIES, PARKING]), hours=st.sampled_from([None, 0.1]))
    def an_operator_pauses_a_department(self, department: str, hours: float | None) -> None:
        until = None if hours is None else self.clock.at + timedelta(hours=hours)
        wanted = Pause(actor="op", reason="work", until=until)
        self.store.write_now(lambda tx: department_state.pause(tx, department, wanted, self.clock.at))

    @rule(department=st.sampled_from([LIBRARIES, PARKING]))
    def an_operator_resumes_a_department(self, department: str) -> None:
        self._resume(department)

    def _resume(self, department: str) -> None:
        self.store.write_now(lambda tx: department_state.resume(tx, department, "op", "done", self.clock.at))

    @precondition(lambda self: any(row.standing in FOR_A_PERSON for row in self.before.values()))
    @rule(n=numbers)
    def an_operator_replays(self, n: int) -> None:
        failed = [row.id for row in self.before.values() if row.standing in FOR_A_PERSON]
        self._replay(failed[n % len(failed)])

    def _replay(self, one: str) -> None:
        report = self.loop.run_until_complete(replay([one], Order(actor="operator:sam", reason="checked"), self.broker))
        assert report.replayed == (one,)
        self.replays[one] = self.replays.get(one, 0) + 1

    def _one(self, n: int) -> Delivery:
        return list(self.told.values())[n % len(self.told)]

    @invariant()
    def every_delivery_is_in_its_place(self) -> None:
        if not hasattr(self, "broker"):
            return
        now = {row.id: row for row in rows(self.store, tables.delivery)}
        assert now.keys() == self.told.keys()
        for row in now.values():
            lane = [other for other in now.values() if self._lane(other) == self._lane(row)]
            self._stands_well(row, lane)
            self._was_offered_in_order(row, lane)
            self._keeps_its_answer(row)
        self.before = now

    def _lane(self, row: Found) -> tuple[str, str]:
        one_now = self.joined and row.standing in BLOCKING  # what was answered before stays as it was told
        return row.department, ADA.id if one_now else row.person

    def _stands_well(self, row: Found, lane: list[Found]) -> None:
        away = [one.id for one in lane if on_its_way(one)]
        assert len(away) <= 1 or self.at_once.issuperset(away), "two of one lane are on their way"
        assert (row.claimed_by is None) == (row.claimed_until is None) == (row.standing != Standing.SENDING)
        assert (row.settled_at is not None) == (row.standing == Standing.SETTLED)
        assert (row.outcome is not None) >= (row.standing in {Standing.SETTLED, Standing.AWAITED})
        if row.standing in {Standing.SETTLED, Standing.AWAITED} | FOR_A_PERSON:
            assert row.due_at is None
            return
        behind = [one for one in lane if one.id != row.id and one.standing in BLOCKING]
        behind = [one for one in behind if one.seq < row.seq or on_its_way(one)]
        moves_on = row.due_at is not None or row.claimed_until is not None or row.standing == Standing.HANDED_OVER
        assert moves_on or behind, f"{row.standing} and nothing will ever move it"

    def _was_offered_in_order(self, row: Found, lane: list[Found]) -> None:
        was = self.before.get(row.id)
        if not on_its_way(row) or (was is not None and on_its_way(was)):
            return
        ahead = [one for one in lane if one.seq < row.seq and one.standing in BLOCKING]
        assert not ahead, "offered before an earlier one of its lane"

    def _keeps_its_answer(self, row: Found) -> None:
        was = self.before.get(row.id)
        if was is not None and was.standing == Standing.SETTLED and was.outcome not in PROVISIONAL:
            assert (row.standing, row.outcome) == (was.standing, was.outcome), "a final answer has changed"

    def teardown(self) -> None:
        """Whatever happened, once every back office answers and operators do their part, all is answered."""
        if not self.told:
            return
        for department in (LIBRARIES, PARKING):
            self._resume(department)
        for _ in range(6 * len(self.told) + 6):
            self.clock.pass_by(LEASE.total_seconds() + 100)
            self.loop.run_until_complete(sweeper.sweep(self.broker))
            still = [row for row in rows(self.store, tables.delivery) if row.standing != Standing.SETTLED]
            if not still:
                return
            for row in still:
                self._bring_forward(row)
        raise AssertionError(f"left over: {[(row.seq, row.standing) for row in still]}")

    def _bring_forward(self, row: Found) -> None:
        one = self.told[row.id]
        if row.standing in FOR_A_PERSON:
            self._replay(row.id)
        elif row.standing in {Standing.HANDED_OVER, Standing.AWAITED}:
            self._hear(one, Accepted(receipt="R"))
        elif row.hand_over == "called" and (mine := claim(self.broker, one)) is not None:
            self.loop.run_until_complete(answer(self.broker, mine, Accepted(receipt="R")))


def test_lanes_keep_their_order_and_nothing_is_forgotten(store: Store) -> None:
    loop = asyncio.new_event_loop()
    made = cast("type[Lanes]", lambda: Lanes(store, loop))
    # The slower database sees fewer histories: what is particular to it is its own tests' matter.
    histories = 40 if store.sqlite_path else 15
    chosen = settings(
        max_examples=histories, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    try:
        run_state_machine_as_test(made, settings=chosen)
    finally:
        loop.close()
